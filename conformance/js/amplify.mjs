// Amplify's functions as the shared scenarios call them, in this process and in a browser alike: inputs and answers are
// plain JSON, and errors have Amplify's name and message.
import { Amplify } from 'aws-amplify';
import * as auth from 'aws-amplify/auth';
import { cognitoUserPoolsTokenProvider } from 'aws-amplify/auth/cognito';
import { endpoint } from './world.mjs';

// settings is the configuration of an application.
export const settings = (userPoolId, userPoolClientId) => ({
  userPoolId,
  userPoolClientId,
  userPoolEndpoint: endpoint,
});

// client turns call(name, input), which gives {answer} or {error}, into an object with each of Amplify's functions.
export const client = (call, extras = {}) =>
  new Proxy(extras, {
    get: (target, name) => {
      if (name in target || !(name in auth)) return target[name];
      return async (input) => {
        const { answer, error } = await call(name, input);
        if (!error) return answer === undefined ? undefined : JSON.parse(answer);
        throw Object.assign(new Error(error.message), error);
      };
    },
  });

// open gives an application with a storage of its own. Amplify knows one application at a time in a process, so each call
// makes this one the current one.
export async function open(t, cognito) {
  const storage = new Storage();
  const call = async (name, input) => {
    Amplify.configure({ Auth: { Cognito: cognito } });
    cognitoUserPoolsTokenProvider.setKeyValueStorage(storage);
    try {
      return { answer: JSON.stringify(await auth[name](input)) };
    } catch ({ name, message }) {
      return { error: { name, message } };
    }
  };
  return client(call);
}

// Amplify names a device after the browser that it runs in.
globalThis.navigator ??= { userAgent: 'Node.js' };

class Storage extends Map {
  getItem = async (key) => this.get(key) ?? null;
  setItem = async (key, value) => void this.set(key, value);
  removeItem = async (key) => void this.delete(key);
}
