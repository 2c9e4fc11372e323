// An account from sign-up to sign-out, and what only a browser has: a page that can be loaded anew.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { settings } from '../js/amplify.mjs';
import { newApp, newPool, nextCode, password, unique } from '../js/world.mjs';
import { open } from './chromium.mjs';

let pool;
let app;

before(async () => {
  pool = await newPool();
  app = settings(pool, await newApp(pool));
});

test('sign up, confirm, sign in by SRP, stay signed in over a reload, sign out', async (t) => {
  const amplify = await open(t, app);
  const username = unique('ana');
  const email = `${username}@example.com`;
  const begun = await amplify.signUp({ username, password, options: { userAttributes: { email } } });
  assert.equal(begun.nextStep.signUpStep, 'CONFIRM_SIGN_UP');
  const done = await amplify.confirmSignUp({ username, confirmationCode: await nextCode(email) });
  assert.equal(done.isSignUpComplete, true);

  await assert.rejects(amplify.signIn({ username, password: 'Wrong-Horse-9' }), {
    name: 'NotAuthorizedException',
    message: 'Incorrect username or password.',
  });
  const answer = await amplify.signIn({ username, password });
  assert.deepEqual(answer, { isSignedIn: true, nextStep: { signInStep: 'DONE' } });

  await amplify.load();
  const me = await amplify.getCurrentUser();
  assert.deepEqual([me.username, me.userId], [username, begun.userId]);
  assert.equal((await amplify.fetchUserAttributes()).email_verified, 'true');
  const before = (await amplify.fetchAuthSession()).tokens.accessToken.payload;
  const after = (await amplify.fetchAuthSession({ forceRefresh: true })).tokens.accessToken.payload;
  assert.equal(after.origin_jti, before.origin_jti);
  assert.notEqual(after.jti, before.jti);

  await amplify.signOut();
  await amplify.load();
  await assert.rejects(amplify.getCurrentUser(), { name: 'UserUnAuthenticatedException' });
});
