// Second factors with Amplify in Chromium, and a page that is loaded anew between the password and the code.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mfa } from '../js/flows/mfa.mjs';
import { mfaPool, newPerson, signedIn } from '../js/flows/world.mjs';
import { nextCode, password } from '../js/world.mjs';
import { open } from './chromium.mjs';

mfa(open);

test('SMS: the code can be entered after a reload', async (t) => {
  const app = await mfaPool('ON', ['sms']);
  const amplify = await open(t, app);
  const { username, phone_number } = await newPerson(app, 'rae', { phone_number: 'unverified' });
  const { nextStep } = await amplify.signIn({ username, password });
  assert.equal(nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_SMS_CODE');
  await amplify.load();
  assert.deepEqual(await amplify.confirmSignIn({ challengeResponse: await nextCode(phone_number) }), signedIn);
  assert.equal((await amplify.fetchUserAttributes()).phone_number_verified, 'true');
});
