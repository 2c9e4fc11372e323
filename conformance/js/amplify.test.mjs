// aws-amplify v6 as an application uses it: it signs in by SRP and keeps its own tokens.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Amplify } from 'aws-amplify';
import {
  confirmResetPassword,
  confirmSignIn,
  confirmSignUp,
  confirmUserAttribute,
  fetchAuthSession,
  fetchUserAttributes,
  getCurrentUser,
  resendSignUpCode,
  resetPassword,
  sendUserAttributeVerificationCode,
  signIn,
  signOut,
  signUp,
  updatePassword,
  updateUserAttributes,
} from 'aws-amplify/auth';
import { AdminCreateUserCommand } from '@aws-sdk/client-cognito-identity-provider';
import { codeFor, endpoint, newApp, newPool, newUser, password, sdk, unique } from './world.mjs';

let pool;

before(async () => {
  pool = await newPool();
  const app = await newApp(pool);
  Amplify.configure({
    Auth: { Cognito: { userPoolId: pool, userPoolClientId: app, userPoolEndpoint: endpoint } },
  });
});

async function signedIn(name) {
  await newUser(pool, name);
  const answer = await signIn({ username: name, password });
  assert.equal(answer.isSignedIn, true);
}

test('sign up, confirm, sign in, who am I', async () => {
  const name = unique('ana');
  const email = `${name}@example.com`;
  const begun = await signUp({ username: name, password, options: { userAttributes: { email, name: 'Ana' } } });
  assert.equal(begun.isSignUpComplete, false);
  assert.equal(begun.nextStep.signUpStep, 'CONFIRM_SIGN_UP');
  assert.equal(begun.nextStep.codeDeliveryDetails.destination, 'a***@e***');

  const waiting = await signIn({ username: name, password });
  assert.equal(waiting.nextStep.signInStep, 'CONFIRM_SIGN_UP');

  const first = await codeFor(email);
  await resendSignUpCode({ username: name });
  const second = await codeFor(email);
  if (first !== second) {
    await assert.rejects(confirmSignUp({ username: name, confirmationCode: first }), { name: 'CodeMismatchException' });
  }
  const done = await confirmSignUp({ username: name, confirmationCode: second });
  assert.equal(done.isSignUpComplete, true);

  const answer = await signIn({ username: name, password });
  assert.equal(answer.isSignedIn, true);
  const me = await getCurrentUser();
  assert.equal(me.username, name);
  assert.equal(me.userId, begun.userId);
  const attributes = await fetchUserAttributes();
  assert.deepEqual(attributes, { sub: begun.userId, email, email_verified: 'true', name: 'Ana' });
  await signOut();
  await assert.rejects(getCurrentUser(), { name: 'UserUnAuthenticatedException' });
});

test('a forced refresh gives new tokens of the same session', async () => {
  await signedIn(unique('ben'));
  const before = (await fetchAuthSession()).tokens;
  const after = (await fetchAuthSession({ forceRefresh: true })).tokens;
  assert.notEqual(after.accessToken.payload.jti, before.accessToken.payload.jti);
  assert.equal(after.accessToken.payload.origin_jti, before.accessToken.payload.origin_jti);
  await signOut();
});

test('a wrong password is refused', async () => {
  const name = unique('cam');
  await newUser(pool, name);
  await assert.rejects(signIn({ username: name, password: 'Wrong-Horse-9' }), {
    name: 'NotAuthorizedException',
    message: 'Incorrect username or password.',
  });
});

test('the password can be changed', async () => {
  const name = unique('dee');
  await signedIn(name);
  await updatePassword({ oldPassword: password, newPassword: 'Another-Horse-8' });
  await signOut();
  await assert.rejects(signIn({ username: name, password }), { name: 'NotAuthorizedException' });
  assert.equal((await signIn({ username: name, password: 'Another-Horse-8' })).isSignedIn, true);
  await signOut();
});

test('a forgotten password is reset by code', async () => {
  const name = unique('eva');
  await newUser(pool, name);
  const begun = await resetPassword({ username: name });
  assert.equal(begun.nextStep.resetPasswordStep, 'CONFIRM_RESET_PASSWORD_WITH_CODE');
  const confirmationCode = await codeFor(`${name}@example.com`);
  await confirmResetPassword({ username: name, confirmationCode, newPassword: 'Another-Horse-8' });
  await assert.rejects(
    confirmResetPassword({ username: name, confirmationCode, newPassword: 'Third-Horse-77' }),
    { name: 'ExpiredCodeException' },
  );
  assert.equal((await signIn({ username: name, password: 'Another-Horse-8' })).isSignedIn, true);
  await signOut();
});

test('an invited user must set a new password', async () => {
  const name = unique('fay');
  await sdk().send(
    new AdminCreateUserCommand({
      UserPoolId: pool,
      Username: name,
      TemporaryPassword: 'Temporary-1',
      MessageAction: 'SUPPRESS',
    }),
  );
  const answer = await signIn({ username: name, password: 'Temporary-1' });
  assert.equal(answer.nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED');
  const done = await confirmSignIn({ challengeResponse: password });
  assert.equal(done.isSignedIn, true);
  await signOut();
});

test('a changed address is verified by code', async () => {
  const name = unique('gus');
  await signedIn(name);
  const email = `${unique('new')}@example.org`;
  const changed = await updateUserAttributes({ userAttributes: { email } });
  assert.equal(changed.email.nextStep.updateAttributeStep, 'CONFIRM_ATTRIBUTE_WITH_CODE');
  assert.equal((await fetchUserAttributes()).email_verified, 'false');
  await sendUserAttributeVerificationCode({ userAttributeKey: 'email' });
  await confirmUserAttribute({ userAttributeKey: 'email', confirmationCode: await codeFor(email) });
  assert.equal((await fetchUserAttributes()).email_verified, 'true');
  await signOut();
});

test('a local sign-out revokes this session, a global one every session', async () => {
  const name = unique('hal');
  await signedIn(name);
  const here = (await fetchAuthSession()).tokens;
  await signOut();
  assert.equal((await fetchAuthSession()).tokens, undefined);
  assert.match(await getUserRefusal(here.accessToken.toString()), /Access Token has been revoked/);

  await signIn({ username: name, password });
  const elsewhere = (await fetchAuthSession()).tokens;
  await signOut({ global: true });
  assert.match(await getUserRefusal(elsewhere.accessToken.toString()), /Access Token has been revoked/);
});

async function getUserRefusal(AccessToken) {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-amz-json-1.1',
      'X-Amz-Target': 'AWSCognitoIdentityProviderService.GetUser',
    },
    body: JSON.stringify({ AccessToken }),
  });
  assert.equal(answer.status, 400);
  return (await answer.json()).message;
}
