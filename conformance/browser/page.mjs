// What an application's page holds: Amplify, and a way for the tests to call it by name; and oidc-client-ts. Answers leave as JSON.
import { Amplify } from 'aws-amplify';
import * as auth from 'aws-amplify/auth';
import 'aws-amplify/auth/enable-oauth-listener';
import { Hub } from 'aws-amplify/utils';
import { UserManager } from 'oidc-client-ts';

// What Amplify has told of: {event, data}.
window.seen = [];
Hub.listen('auth', ({ payload: { event, data } }) => window.seen.push({ event, data }));

window.configure = (Cognito) => Amplify.configure({ Auth: { Cognito } });

window.call = async (name, input) => {
  try {
    return { answer: JSON.stringify(await auth[name](input)) };
  } catch (error) {
    return { error: { name: error.name, message: error.message, cause: String(error.underlyingError ?? '') } };
  }
};

window.manage = (settings) => {
  window.manager = new UserManager(settings);
};

// In its own frame the page only hands over what it was answered.
if (window.parent !== window) new UserManager({ authority: '-', client_id: '-', redirect_uri: '-' }).signinSilentCallback();
