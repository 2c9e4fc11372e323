// Second factors as an application with Amplify meets them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Totp, otherThan } from '../totp.mjs';
import { nextCode, password, unique } from '../world.mjs';
import { choicePool, invite, mfaPool, newPerson, setMfa, signedIn } from './world.mjs';

const wrongCode = { name: 'CodeMismatchException' };

// withTotp sets up an authenticator app for the signed-in user.
export async function withTotp(amplify) {
  const { sharedSecret } = await amplify.setUpTOTP();
  assert.match(sharedSecret, /^[A-Z2-7]{32,}$/);
  const totp = new Totp(sharedSecret);
  await amplify.verifyTOTPSetup({ code: totp.code() });
  return totp;
}

// mfa registers the scenarios; open gives each an application.
export function mfa(open) {
  test('TOTP: set up, signed in with, each code once, turned off', async (t) => {
    const app = await mfaPool('OPTIONAL', ['totp']);
    const amplify = await open(t, app);
    const { username } = await newPerson(app, 'tia');
    assert.deepEqual(await amplify.signIn({ username, password }), signedIn);
    assert.deepEqual(await amplify.fetchMFAPreference(), {});
    await assert.rejects(amplify.updateMFAPreference({ totp: 'PREFERRED' }), {
      name: 'InvalidParameterException',
      message: 'User has not verified software token mfa',
    });

    const { sharedSecret } = await amplify.setUpTOTP();
    const totp = new Totp(sharedSecret);
    await assert.rejects(amplify.verifyTOTPSetup({ code: totp.wrong() }), {
      name: 'EnableSoftwareTokenMFAException',
      message: 'Code mismatch',
    });
    await amplify.verifyTOTPSetup({ code: totp.code(), options: { friendlyDeviceName: 'phone' } });
    await amplify.updateMFAPreference({ totp: 'PREFERRED' });
    assert.deepEqual(await amplify.fetchMFAPreference(), { preferred: 'TOTP', enabled: ['TOTP'] });
    await amplify.signOut();

    const asked = await amplify.signIn({ username, password });
    assert.deepEqual(asked.nextStep, { signInStep: 'CONFIRM_SIGN_IN_WITH_TOTP_CODE' });
    await assert.rejects(amplify.confirmSignIn({ challengeResponse: totp.wrong() }), wrongCode);
    assert.deepEqual(await amplify.confirmSignIn({ challengeResponse: totp.code() }), signedIn);
    await amplify.updateMFAPreference({ totp: 'DISABLED' });
    assert.deepEqual(await amplify.fetchMFAPreference(), {});
    await amplify.signOut();
    assert.deepEqual(await amplify.signIn({ username, password }), signedIn);

    await amplify.updateMFAPreference({ totp: 'ENABLED' });
    await amplify.signOut();
    const again = await amplify.signIn({ username, password });
    assert.equal(again.nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_TOTP_CODE');
    await assert.rejects(amplify.confirmSignIn({ challengeResponse: totp.used() }), {
      name: 'ExpiredCodeException',
      message: 'Your software token has already been used once.',
    });
  });

  test('TOTP: set up during sign-in where the pool demands it', async (t) => {
    const app = await mfaPool('ON', ['totp']);
    const amplify = await open(t, app);
    const { username } = await newPerson(app, 'tom');
    const asked = await amplify.signIn({ username, password });
    assert.equal(asked.isSignedIn, false);
    assert.equal(asked.nextStep.signInStep, 'CONTINUE_SIGN_IN_WITH_TOTP_SETUP');
    const totp = new Totp(asked.nextStep.totpSetupDetails.sharedSecret);
    await assert.rejects(amplify.confirmSignIn({ challengeResponse: totp.wrong() }), {
      name: 'EnableSoftwareTokenMFAException',
    });
    const options = { friendlyDeviceName: 'phone' };
    assert.deepEqual(await amplify.confirmSignIn({ challengeResponse: totp.code(), options }), signedIn);
    await amplify.signOut();

    const next = await amplify.signIn({ username, password });
    assert.equal(next.nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_TOTP_CODE');
    assert.deepEqual(await amplify.confirmSignIn({ challengeResponse: totp.code() }), signedIn);
  });

  test('TOTP: set up by an invited user after the new password', async (t) => {
    const app = await mfaPool('ON', ['totp']);
    const amplify = await open(t, app);
    const invited = await invite(app, 'ivy');
    const asked = await amplify.signIn(invited);
    assert.equal(asked.nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED');
    const next = await amplify.confirmSignIn({ challengeResponse: password });
    assert.equal(next.nextStep.signInStep, 'CONTINUE_SIGN_IN_WITH_TOTP_SETUP');
    const totp = new Totp(next.nextStep.totpSetupDetails.sharedSecret);
    assert.deepEqual(await amplify.confirmSignIn({ challengeResponse: totp.code() }), signedIn);
  });

  test('SMS: chosen, sent at each sign-in, a wrong code may be corrected', async (t) => {
    const app = await mfaPool('OPTIONAL', ['sms']);
    const amplify = await open(t, app);
    const { username, phone_number } = await newPerson(app, 'sam', { phone_number: 'verified' });
    assert.deepEqual(await amplify.signIn({ username, password }), signedIn);
    await amplify.updateMFAPreference({ sms: 'PREFERRED' });
    assert.deepEqual(await amplify.fetchMFAPreference(), { preferred: 'SMS', enabled: ['SMS'] });
    await amplify.signOut();

    const asked = await amplify.signIn({ username, password });
    assert.deepEqual(asked.nextStep, {
      signInStep: 'CONFIRM_SIGN_IN_WITH_SMS_CODE',
      codeDeliveryDetails: { deliveryMedium: 'SMS', destination: `+*******${phone_number.slice(-4)}` },
    });
    const code = await nextCode(phone_number);
    assert.match(code, /^\d{6}$/);
    await assert.rejects(amplify.confirmSignIn({ challengeResponse: otherThan(code) }), wrongCode);
    assert.deepEqual(await amplify.confirmSignIn({ challengeResponse: code }), signedIn);
  });

  test('e-mail: where the pool demands it, and the address is verified by it', async (t) => {
    const app = await mfaPool('ON', ['email']);
    const amplify = await open(t, app);
    const { username, email } = await newPerson(app, 'eva', { email: 'unverified' });
    const asked = await amplify.signIn({ username, password });
    assert.deepEqual(asked.nextStep, {
      signInStep: 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE',
      codeDeliveryDetails: { deliveryMedium: 'EMAIL', destination: 'e***@e***' },
    });
    const code = await nextCode(email);
    await assert.rejects(amplify.confirmSignIn({ challengeResponse: otherThan(code) }), wrongCode);
    assert.deepEqual(await amplify.confirmSignIn({ challengeResponse: code }), signedIn);
    assert.equal((await amplify.fetchUserAttributes()).email_verified, 'true');
  });

  test('selection: each second factor that the user has can be chosen', async (t) => {
    const app = await mfaPool('OPTIONAL', ['totp', 'sms', 'email']);
    const amplify = await open(t, app);
    const { username, email, phone_number } = await newPerson(app, 'mel', {
      email: 'verified',
      phone_number: 'verified',
    });
    await amplify.signIn({ username, password });
    const totp = await withTotp(amplify);
    await amplify.updateMFAPreference({ totp: 'ENABLED', sms: 'ENABLED', email: 'ENABLED' });
    const { preferred, enabled } = await amplify.fetchMFAPreference();
    assert.deepEqual([preferred, enabled.sort()], [undefined, ['EMAIL', 'SMS', 'TOTP']]);

    const choose = async (challengeResponse, signInStep) => {
      await amplify.signOut();
      const { nextStep } = await amplify.signIn({ username, password });
      assert.equal(nextStep.signInStep, 'CONTINUE_SIGN_IN_WITH_MFA_SELECTION');
      assert.deepEqual(nextStep.allowedMFATypes.sort(), ['EMAIL', 'SMS', 'TOTP']);
      const chosen = await amplify.confirmSignIn({ challengeResponse });
      assert.equal(chosen.nextStep.signInStep, signInStep);
    };
    const confirm = async (challengeResponse) =>
      assert.deepEqual(await amplify.confirmSignIn({ challengeResponse }), signedIn);

    await choose('TOTP', 'CONFIRM_SIGN_IN_WITH_TOTP_CODE');
    await confirm(totp.code());
    await choose('SMS', 'CONFIRM_SIGN_IN_WITH_SMS_CODE');
    await confirm(await nextCode(phone_number));
    await choose('EMAIL', 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE');
    await confirm(await nextCode(email));

    await amplify.updateMFAPreference({ email: 'PREFERRED' });
    assert.equal((await amplify.fetchMFAPreference()).preferred, 'EMAIL');
    await amplify.updateMFAPreference({ email: 'NOT_PREFERRED', sms: 'PREFERRED' });
    assert.equal((await amplify.fetchMFAPreference()).preferred, 'SMS');
    await amplify.signOut();
    const { nextStep } = await amplify.signIn({ username, password });
    assert.equal(nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_SMS_CODE');
  });

  test('selection: of the factors that can be set up during sign-in', async (t) => {
    const app = await mfaPool('ON', ['totp', 'email']);
    const amplify = await open(t, app);
    const begin = async (name, challengeResponse) => {
      const { username } = await newPerson(app, name, {});
      const { nextStep } = await amplify.signIn({ username, password });
      assert.equal(nextStep.signInStep, 'CONTINUE_SIGN_IN_WITH_MFA_SETUP_SELECTION');
      assert.deepEqual(nextStep.allowedMFATypes.sort(), ['EMAIL', 'TOTP']);
      return amplify.confirmSignIn({ challengeResponse });
    };

    const app1 = await begin('una', 'TOTP');
    assert.equal(app1.nextStep.signInStep, 'CONTINUE_SIGN_IN_WITH_TOTP_SETUP');
    const totp = new Totp(app1.nextStep.totpSetupDetails.sharedSecret);
    assert.deepEqual(await amplify.confirmSignIn({ challengeResponse: totp.code() }), signedIn);
    await amplify.signOut();

    const mail1 = await begin('uma', 'EMAIL');
    assert.equal(mail1.nextStep.signInStep, 'CONTINUE_SIGN_IN_WITH_EMAIL_SETUP');
    const email = `${unique('uma')}@example.com`;
    const sent = await amplify.confirmSignIn({ challengeResponse: email });
    assert.equal(sent.nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE');
    assert.deepEqual(await amplify.confirmSignIn({ challengeResponse: await nextCode(email) }), signedIn);
    const attributes = await amplify.fetchUserAttributes();
    assert.deepEqual([attributes.email, attributes.email_verified], [email, 'true']);
  });

  test('choice-based sign-in: a user with a second factor is offered passwords alone', async (t) => {
    const app = await choicePool();
    await setMfa(app, { MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration: { Enabled: true } });
    const amplify = await open(t, app);
    const { username } = await newPerson(app, 'cho');
    await amplify.signIn({ username, password });
    const totp = await withTotp(amplify);
    await amplify.updateMFAPreference({ totp: 'PREFERRED' });
    await amplify.signOut();

    const options = { authFlowType: 'USER_AUTH' };
    const { nextStep } = await amplify.signIn({ username, options });
    assert.equal(nextStep.signInStep, 'CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION');
    assert.deepEqual(nextStep.availableChallenges.sort(), ['PASSWORD', 'PASSWORD_SRP']);
    await amplify.confirmSignIn({ challengeResponse: 'PASSWORD' });
    const asked = await amplify.confirmSignIn({ challengeResponse: password });
    assert.equal(asked.nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_TOTP_CODE');
    assert.deepEqual(await amplify.confirmSignIn({ challengeResponse: totp.code() }), signedIn);
  });
}
