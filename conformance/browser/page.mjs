// What an application's page holds: Amplify, and a way for the tests to call it by name. Answers leave as JSON.
import { Amplify } from 'aws-amplify';
import * as auth from 'aws-amplify/auth';

window.configure = (Cognito) => Amplify.configure({ Auth: { Cognito } });

window.call = async (name, input) => {
  try {
    return { answer: JSON.stringify(await auth[name](input)) };
  } catch (error) {
    return { error: { name: error.name, message: error.message, cause: String(error.underlyingError ?? '') } };
  }
};
