// Choice-based sign-in (USER_AUTH) and accounts without passwords, as an application with Amplify meets them.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { otherThan } from '../totp.mjs';
import { nextCode, password, unique } from '../world.mjs';
import { choicePool, invite, newPerson, phoneNumber, signedIn } from './world.mjs';

const both = { email: 'verified', phone_number: 'verified' };
const selection = 'CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION';
const incorrect = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' };
const wrongCode = { name: 'CodeMismatchException' };

// prefer is the options of a sign-in that prefers a factor, or none.
export const prefer = (preferredChallenge) => ({ authFlowType: 'USER_AUTH', preferredChallenge });

// choice registers the scenarios; open gives each an application.
export function choice(open) {
  let app;
  before(async () => {
    app = await choicePool({ client: { PreventUserExistenceErrors: 'ENABLED' } });
  });

  // offered begins a sign-in without preference and gives what can be chosen.
  const offered = async (amplify, username) => {
    const { isSignedIn, nextStep } = await amplify.signIn({ username, options: prefer() });
    assert.deepEqual([isSignedIn, nextStep.signInStep], [false, selection]);
    return nextStep.availableChallenges.sort();
  };

  for (const factor of ['PASSWORD', 'PASSWORD_SRP']) {
    test(`choice: ${factor} selected`, async (t) => {
      const amplify = await open(t, app);
      const { username } = await newPerson(app, 'pia', both);
      const all = ['EMAIL_OTP', 'PASSWORD', 'PASSWORD_SRP', 'SMS_OTP'];
      assert.deepEqual(await offered(amplify, username), all);
      const asked = await amplify.confirmSignIn({ challengeResponse: factor });
      assert.equal(asked.nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_PASSWORD');
      assert.deepEqual(await amplify.confirmSignIn({ challengeResponse: password }), signedIn);
    });

    test(`choice: ${factor} preferred`, async (t) => {
      const amplify = await open(t, app);
      const { username } = await newPerson(app, 'pam');
      const options = prefer(factor);
      await assert.rejects(amplify.signIn({ username, password: 'Wrong-Horse-9', options }), incorrect);
      assert.deepEqual(await amplify.signIn({ username, password, options }), signedIn);
      assert.equal((await amplify.getCurrentUser()).username, username);
    });
  }

  const otp = {
    EMAIL_OTP: { attribute: 'email', signInStep: 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE', deliveryMedium: 'EMAIL' },
    SMS_OTP: { attribute: 'phone_number', signInStep: 'CONFIRM_SIGN_IN_WITH_SMS_CODE', deliveryMedium: 'SMS' },
  };
  for (const [factor, { attribute, signInStep, deliveryMedium }] of Object.entries(otp)) {
    const masked = (to) => (deliveryMedium === 'SMS' ? `+*******${to.slice(-4)}` : `${to[0]}***@e***`);
    const confirm = async (amplify, { nextStep }, to) => {
      assert.deepEqual(nextStep, { signInStep, codeDeliveryDetails: { deliveryMedium, destination: masked(to) } });
      const code = await nextCode(to);
      assert.match(code, /^\d{8}$/);
      await assert.rejects(amplify.confirmSignIn({ challengeResponse: otherThan(code) }), wrongCode);
      assert.deepEqual(await amplify.confirmSignIn({ challengeResponse: code }), signedIn);
    };

    test(`choice: ${factor} selected`, async (t) => {
      const amplify = await open(t, app);
      const person = await newPerson(app, 'olga', both);
      await offered(amplify, person.username);
      await confirm(amplify, await amplify.confirmSignIn({ challengeResponse: factor }), person[attribute]);
    });

    test(`choice: ${factor} preferred`, async (t) => {
      const amplify = await open(t, app);
      const person = await newPerson(app, 'otto', both);
      const asked = await amplify.signIn({ username: person.username, options: prefer(factor) });
      await confirm(amplify, asked, person[attribute]);
    });
  }

  test('choice: a preference that the user cannot follow is answered with the choice', async (t) => {
    const amplify = await open(t, app);
    const { username } = await newPerson(app, 'nina');
    for (const factor of ['SMS_OTP', 'WEB_AUTHN']) {
      const { nextStep } = await amplify.signIn({ username, options: prefer(factor) });
      assert.equal(nextStep.signInStep, selection);
      assert.deepEqual(nextStep.availableChallenges.sort(), ['EMAIL_OTP', 'PASSWORD', 'PASSWORD_SRP']);
    }
  });

  test('choice: an invited user signs in by the temporary password alone', async (t) => {
    const amplify = await open(t, app);
    const invited = await invite(app, 'ilse', { email: `${unique('ilse')}@example.com`, email_verified: 'true' });
    assert.deepEqual(await offered(amplify, invited.username), ['PASSWORD', 'PASSWORD_SRP']);
    await amplify.confirmSignIn({ challengeResponse: 'PASSWORD_SRP' });
    const asked = await amplify.confirmSignIn({ challengeResponse: invited.password });
    assert.equal(asked.nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED');
    assert.deepEqual(await amplify.confirmSignIn({ challengeResponse: password }), signedIn);
  });

  test('choice: users who sign in by e-mail address', async (t) => {
    const byEmail = await choicePool({ pool: { UsernameAttributes: ['email'] } });
    const amplify = await open(t, byEmail);
    const { username } = await newPerson(byEmail, 'emma');
    assert.deepEqual(await amplify.signIn({ username, password, options: prefer('PASSWORD_SRP') }), signedIn);
    const { userId } = await amplify.getCurrentUser();
    await amplify.signOut();
    await offered(amplify, username);
    await amplify.confirmSignIn({ challengeResponse: 'PASSWORD_SRP' });
    assert.deepEqual(await amplify.confirmSignIn({ challengeResponse: password }), signedIn);
    await amplify.signOut();
    await amplify.signIn({ username, options: prefer('EMAIL_OTP') });
    assert.deepEqual(await amplify.confirmSignIn({ challengeResponse: await nextCode(username) }), signedIn);
    assert.equal((await amplify.getCurrentUser()).userId, userId);
  });

  test('choice: an unknown user is asked for a code like a user', async (t) => {
    const amplify = await open(t, app);
    const { nextStep } = await amplify.signIn({ username: unique('unknown'), options: prefer('EMAIL_OTP') });
    assert.equal(nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE');
    assert.match(nextStep.codeDeliveryDetails.destination, /^.\*\*\*@.\*\*\*$/);
    await assert.rejects(amplify.confirmSignIn({ challengeResponse: '12345678' }), wrongCode);
  });

  test('passwordless: sign up, confirm, sign in by code', async (t) => {
    const amplify = await open(t, app);
    const username = unique('pete');
    const email = `${username}@example.com`;
    const begun = await amplify.signUp({ username, options: { userAttributes: { email } } });
    assert.equal(begun.nextStep.signUpStep, 'CONFIRM_SIGN_UP');
    await amplify.confirmSignUp({ username, confirmationCode: await nextCode(email) });
    assert.deepEqual(await offered(amplify, username), ['EMAIL_OTP']);
    await amplify.confirmSignIn({ challengeResponse: 'EMAIL_OTP' });
    assert.deepEqual(await amplify.confirmSignIn({ challengeResponse: await nextCode(email) }), signedIn);
    assert.equal((await amplify.getCurrentUser()).userId, begun.userId);
  });

  test('passwordless: a code for signing in confirms the account and the phone number', async (t) => {
    const phones = await choicePool({ pool: { AutoVerifiedAttributes: ['phone_number'] } });
    const amplify = await open(t, phones);
    const username = unique('lena');
    const phone_number = phoneNumber();
    await amplify.signUp({ username, options: { userAttributes: { phone_number } } });
    await nextCode(phone_number);
    const asked = await amplify.signIn({ username, options: prefer('SMS_OTP') });
    assert.equal(asked.nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_SMS_CODE');
    assert.deepEqual(await amplify.confirmSignIn({ challengeResponse: await nextCode(phone_number) }), signedIn);
    assert.equal((await amplify.fetchUserAttributes()).phone_number_verified, 'true');
  });
}

// autoSignIn registers the scenarios in which a sign-up ends signed in. Amplify leaves a timer of three minutes behind
// each, so a page should run them, which can be closed.
export function autoSignIn(open) {
  const signUpWith = async (amplify, { password, autoSignIn }) => {
    const username = unique('auto');
    const email = `${username}@example.com`;
    const userAttributes = { email };
    const begun = await amplify.signUp({ username, password, options: { userAttributes, autoSignIn } });
    assert.equal(begun.nextStep.signUpStep, 'CONFIRM_SIGN_UP');
    const done = await amplify.confirmSignUp({ username, confirmationCode: await nextCode(email) });
    assert.equal(done.nextStep.signUpStep, 'COMPLETE_AUTO_SIGN_IN');
    assert.deepEqual(await amplify.autoSignIn(), signedIn);
    assert.equal((await amplify.getCurrentUser()).userId, begun.userId);
  };

  test('auto sign-in: with the password that was just chosen', async (t) => {
    const app = await choicePool();
    await signUpWith(await open(t, app), { password, autoSignIn: true });
  });

  test('auto sign-in: without a password, by the session of the confirmation', async (t) => {
    const app = await choicePool();
    await signUpWith(await open(t, app), { autoSignIn: { authFlowType: 'USER_AUTH' } });
    await signUpWith(await open(t, app), { password, autoSignIn: { authFlowType: 'USER_AUTH' } });
  });
}
