// amazon-cognito-identity-js with second factors and devices. It sends what Amplify does not: the code of an app under
// two names, and null for a missing device key.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuthenticationDetails, CognitoUser, CognitoUserPool } from 'amazon-cognito-identity-js';
import { mfaPool, newPerson } from './flows/world.mjs';
import { Totp, otherThan } from './totp.mjs';
import { endpoint, nextCode, password } from './world.mjs';

// LocalStorage answers null for what it does not hold, as browsers do.
class LocalStorage {
  #items = new Map();
  getItem = (key) => this.#items.get(key) ?? null;
  setItem = (key, value) => void this.#items.set(key, String(value));
  removeItem = (key) => void this.#items.delete(key);
}

function userOf({ userPoolId: UserPoolId, userPoolClientId: ClientId }, Username, Storage = new LocalStorage()) {
  const Pool = new CognitoUserPool({ UserPoolId, ClientId, endpoint, Storage });
  return new CognitoUser({ Username, Pool, Storage });
}

// step makes the call and gives the name of the callback that it ends in and what that was given.
const step = (call) =>
  new Promise((resolve, reject) => {
    const end = (name) => (...given) => resolve([name, ...given]);
    const names = ['onSuccess', 'mfaRequired', 'totpRequired', 'mfaSetup', 'selectMFAType', 'associateSecretCode'];
    const callbacks = Object.fromEntries(names.map((name) => [name, end(name)]));
    call({ ...callbacks, onFailure: reject });
  });

const signIn = (user) =>
  step((callbacks) =>
    user.authenticateUser(new AuthenticationDetails({ Username: user.getUsername(), Password: password }), callbacks),
  );

const sendCode = (user, code, type) => step((callbacks) => user.sendMFACode(code, callbacks, type));

// done fails unless the step ended signed in, and gives the session.
function done([name, session]) {
  assert.equal(name, 'onSuccess');
  assert.equal(session.isValid(), true);
  return session;
}

test('identity-js: TOTP set up during sign-in, then asked for', async () => {
  const app = await mfaPool('ON', ['totp']);
  const { username } = await newPerson(app, 'kim', {});
  const user = userOf(app, username);
  assert.equal((await signIn(user))[0], 'mfaSetup');
  const [, secret] = await step((callbacks) => user.associateSoftwareToken(callbacks));
  const totp = new Totp(secret);
  done(await step((callbacks) => user.verifySoftwareToken(totp.code(), 'phone', callbacks)));

  const again = userOf(app, username);
  assert.equal((await signIn(again))[0], 'totpRequired');
  await assert.rejects(sendCode(again, totp.wrong(), 'SOFTWARE_TOKEN_MFA'), { code: 'CodeMismatchException' });
  const session = done(await sendCode(again, totp.code(), 'SOFTWARE_TOKEN_MFA'));
  const renewed = await new Promise((resolve, reject) =>
    again.refreshSession(session.getRefreshToken(), (error, s) => (error ? reject(error) : resolve(s))),
  );
  assert.equal(renewed.isValid(), true);
});

test('identity-js: SMS, and a choice between SMS and TOTP', async () => {
  const app = await mfaPool('OPTIONAL', ['totp', 'sms']);
  const { username, phone_number } = await newPerson(app, 'kit', { phone_number: 'verified' });
  const user = userOf(app, username);
  done(await signIn(user));
  const [, secret] = await step((callbacks) => user.associateSoftwareToken(callbacks));
  const totp = new Totp(secret);
  const [verified] = await step((callbacks) => user.verifySoftwareToken(totp.code(), 'phone', callbacks));
  assert.equal(verified, 'onSuccess');
  const prefer = (sms, totp) =>
    new Promise((resolve, reject) =>
      user.setUserMfaPreference(sms, totp, (error, answer) => (error ? reject(error) : resolve(answer))),
    );
  assert.equal(await prefer({ Enabled: true, PreferredMfa: true }, null), 'SUCCESS');

  const texted = userOf(app, username);
  const [asked, , parameters] = await signIn(texted);
  assert.equal(asked, 'mfaRequired');
  assert.equal(parameters.CODE_DELIVERY_DESTINATION, `+*******${phone_number.slice(-4)}`);
  const code = await nextCode(phone_number);
  await assert.rejects(sendCode(texted, otherThan(code)), { code: 'CodeMismatchException' });
  done(await sendCode(texted, code));

  await prefer({ Enabled: true, PreferredMfa: false }, { Enabled: true, PreferredMfa: false });
  const choosing = userOf(app, username);
  const [select, , { MFAS_CAN_CHOOSE }] = await signIn(choosing);
  assert.equal(select, 'selectMFAType');
  assert.deepEqual(JSON.parse(MFAS_CAN_CHOOSE).sort(), ['SMS_MFA', 'SOFTWARE_TOKEN_MFA']);
  const [chosen] = await step((callbacks) => choosing.sendMFASelectionAnswer('SOFTWARE_TOKEN_MFA', callbacks));
  assert.equal(chosen, 'totpRequired');
  done(await sendCode(choosing, totp.code(), 'SOFTWARE_TOKEN_MFA'));
});

test('identity-js: a device is remembered by its user, and starts anew once forgotten', async () => {
  const DeviceConfiguration = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: true };
  const app = await mfaPool('ON', ['sms'], { pool: { DeviceConfiguration } });
  const { username, phone_number } = await newPerson(app, 'ken', { phone_number: 'verified' });
  const user = userOf(app, username);
  assert.equal((await signIn(user))[0], 'mfaRequired');
  const [name, , confirmationNecessary] = await sendCode(user, await nextCode(phone_number));
  assert.deepEqual([name, confirmationNecessary], ['onSuccess', true]);
  assert.equal((await step((callbacks) => user.setDeviceStatusRemembered(callbacks)))[1], 'SUCCESS');

  done(await signIn(user));
  const [, { Devices }] = await step((callbacks) => user.listDevices(60, null, callbacks));
  assert.equal(Devices.length, 1);
  await step((callbacks) => user.forgetSpecificDevice(Devices[0].DeviceKey, callbacks));
  assert.equal((await signIn(user))[0], 'mfaRequired');
  const [, , again] = await sendCode(user, await nextCode(phone_number));
  assert.equal(again, true);
});

test('identity-js: a refresh without a device sends null for its key', async () => {
  const app = await mfaPool('OPTIONAL', ['totp']);
  const { username } = await newPerson(app, 'kay');
  const user = userOf(app, username);
  const session = done(await signIn(user));
  const renewed = await new Promise((resolve, reject) =>
    user.refreshSession(session.getRefreshToken(), (error, s) => (error ? reject(error) : resolve(s))),
  );
  assert.equal(renewed.isValid(), true);
});
