// Passkeys, with Amplify in Chromium and a virtual authenticator.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { prefer } from '../js/flows/choice.mjs';
import { withTotp } from '../js/flows/mfa.mjs';
import { Totp } from '../js/totp.mjs';
import { choicePool, newPerson, preferMfa, setMfa, signedIn } from '../js/flows/world.mjs';
import { endpoint, newApp, newPool, password, sdk } from '../js/world.mjs';
import { settings } from '../js/amplify.mjs';
import { open } from './chromium.mjs';

const selection = 'CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION';
const byPasskey = prefer('WEB_AUTHN');

let app;

before(async () => {
  app = await choicePool();
});

// holder opens an application in which a new person has signed in and registered a passkey.
async function holder(t, name) {
  const amplify = await open(t, app);
  const { username } = await newPerson(app, name);
  await amplify.signIn({ username, password });
  await amplify.associateWebAuthnCredential();
  return { amplify, username };
}

// answers collects what a page sends to RespondToAuthChallenge.
function answers(page) {
  const bodies = [];
  page.on('request', (request) => {
    if (request.headers()['x-amz-target']?.endsWith('.RespondToAuthChallenge')) bodies.push(request.postData());
  });
  return bodies;
}

const send = (operation, body) =>
  fetch(endpoint, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-amz-json-1.1',
      'X-Amz-Target': `AWSCognitoIdentityProviderService.${operation}`,
    },
    body,
  });

test('passkey: registered, listed, signed in with, deleted', async (t) => {
  const { amplify, username } = await holder(t, 'paz');
  const { credentials } = await amplify.listWebAuthnCredentials();
  const [kept] = await amplify.authenticator.credentials();
  assert.equal(credentials.length, 1);
  const [credential] = credentials;
  const id = Buffer.from(kept.credentialId, 'base64').toString('base64url');
  assert.deepEqual([credential.credentialId, credential.relyingPartyId], [id, 'localhost']);
  assert.deepEqual([kept.rpId, kept.isResidentCredential], ['localhost', true]);
  assert.deepEqual(credential.authenticatorTransports, ['internal']);
  assert.equal(credential.authenticatorAttachment, 'platform');
  assert.ok(credential.friendlyCredentialName);
  const age = Date.now() - Date.parse(credential.createdAt);
  assert.ok(Math.abs(age) < 60_000, `created ${age} ms ago`);
  await amplify.signOut();

  assert.deepEqual(await amplify.signIn({ username, options: byPasskey }), signedIn);
  assert.equal((await amplify.getCurrentUser()).username, username);
  assert.equal((await amplify.fetchUserAttributes()).email, `${username}@example.com`);
  await amplify.deleteWebAuthnCredential({ credentialId: credential.credentialId });
  assert.deepEqual((await amplify.listWebAuthnCredentials()).credentials, []);
  await amplify.signOut();

  const { nextStep } = await amplify.signIn({ username, options: byPasskey });
  assert.equal(nextStep.signInStep, selection);
  assert.ok(!nextStep.availableChallenges.includes('WEB_AUTHN'));
});

test('passkey: selected among the first factors', async (t) => {
  const { amplify, username } = await holder(t, 'pip');
  await amplify.signOut();
  const { nextStep } = await amplify.signIn({ username, options: prefer() });
  assert.equal(nextStep.signInStep, selection);
  assert.deepEqual(nextStep.availableChallenges.sort(), ['EMAIL_OTP', 'PASSWORD', 'PASSWORD_SRP', 'WEB_AUTHN']);
  assert.deepEqual(await amplify.confirmSignIn({ challengeResponse: 'WEB_AUTHN' }), signedIn);
});

test('passkey: a user who cancels can try again, or choose the password instead', async (t) => {
  const { amplify, username } = await holder(t, 'pat');
  const cancel = async () => {
    await amplify.signOut();
    await amplify.signIn({ username, options: prefer() });
    await amplify.authenticator.verifiesUser(false);
    await assert.rejects(amplify.confirmSignIn({ challengeResponse: 'WEB_AUTHN' }));
    await amplify.authenticator.verifiesUser(true);
  };
  await cancel();
  assert.deepEqual(await amplify.confirmSignIn({ challengeResponse: 'WEB_AUTHN' }), signedIn);
  await cancel();
  const { nextStep } = await amplify.confirmSignIn({ challengeResponse: 'PASSWORD_SRP' });
  assert.equal(nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_PASSWORD');
  assert.deepEqual(await amplify.confirmSignIn({ challengeResponse: password }), signedIn);
});

test('passkey: an authenticator that holds one refuses another', async (t) => {
  const { amplify } = await holder(t, 'ped');
  await assert.rejects(amplify.associateWebAuthnCredential(), { name: 'PasskeyAlreadyExists' });
  assert.equal((await amplify.listWebAuthnCredentials()).credentials.length, 1);
});

test('passkey: each device has its own, and each signs in', async (t) => {
  const { amplify: home, username } = await holder(t, 'pru');
  const work = await open(t, app);
  await work.signIn({ username, password });
  await work.associateWebAuthnCredential();
  assert.equal((await work.listWebAuthnCredentials()).credentials.length, 2);
  const first = await work.listWebAuthnCredentials({ pageSize: 1 });
  const second = await work.listWebAuthnCredentials({ pageSize: 1, nextToken: first.nextToken });
  assert.notEqual(second.credentials[0].credentialId, first.credentials[0].credentialId);
  assert.equal(second.nextToken, undefined);
  for (const device of [home, work]) {
    await device.signOut();
    assert.deepEqual(await device.signIn({ username, options: byPasskey }), signedIn);
  }
});

test('passkey: another person’s does not sign in', async (t) => {
  const { amplify: theirs } = await holder(t, 'per');
  const { amplify: mine, username } = await holder(t, 'pol');
  const [foreign] = await theirs.authenticator.credentials();
  await mine.signOut();
  await mine.page.route(endpoint + '/', async (route) => {
    const response = await route.fetch();
    const answer = await response.json();
    if (answer.ChallengeName === 'WEB_AUTHN') {
      const options = JSON.parse(answer.ChallengeParameters.CREDENTIAL_REQUEST_OPTIONS);
      const id = Buffer.from(foreign.credentialId, 'base64').toString('base64url');
      options.allowCredentials = [{ type: 'public-key', id }];
      answer.ChallengeParameters.CREDENTIAL_REQUEST_OPTIONS = JSON.stringify(options);
    }
    await route.fulfill({ response, json: answer });
  });
  await mine.authenticator.add(foreign);
  await assert.rejects(mine.signIn({ username, options: byPasskey }), { name: 'NotAuthorizedException' });
});

test('passkey: an assertion works once', async (t) => {
  const { amplify, username } = await holder(t, 'pia');
  await amplify.signOut();
  const sent = answers(amplify.page);
  assert.deepEqual(await amplify.signIn({ username, options: byPasskey }), signedIn);
  const replay = await send('RespondToAuthChallenge', sent.at(-1));
  assert.equal(replay.status, 400);
  assert.match((await replay.json()).__type, /NotAuthorizedException/);
});

test('passkey: replaces the second factor where it verifies the user', async (t) => {
  const strong = await choicePool({
    pool: { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } } },
    passkeys: { UserVerification: 'required', FactorConfiguration: 'MULTI_FACTOR_WITH_USER_VERIFICATION' },
  });
  await setMfa(strong, { MfaConfiguration: 'ON', SoftwareTokenMfaConfiguration: { Enabled: true } });
  const amplify = await open(t, strong);
  const { username } = await newPerson(strong, 'pax', {});
  const { nextStep } = await amplify.signIn({ username, password });
  assert.equal(nextStep.signInStep, 'CONTINUE_SIGN_IN_WITH_TOTP_SETUP');
  const totp = new Totp(nextStep.totpSetupDetails.sharedSecret);
  assert.deepEqual(await amplify.confirmSignIn({ challengeResponse: totp.code() }), signedIn);
  await amplify.associateWebAuthnCredential();
  await amplify.signOut();
  assert.deepEqual(await amplify.signIn({ username, options: byPasskey }), signedIn);
  await amplify.signOut();
  const byPassword = await amplify.signIn({ username, password });
  assert.equal(byPassword.nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_TOTP_CODE');
});

test('passkey: offered to a user with a second factor who lets it replace both', async (t) => {
  const strong = await choicePool({
    passkeys: { UserVerification: 'required', FactorConfiguration: 'MULTI_FACTOR_WITH_USER_VERIFICATION' },
  });
  await setMfa(strong, { MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration: { Enabled: true } });
  const amplify = await open(t, strong);
  const person = await newPerson(strong, 'pom');
  const { username } = person;
  await amplify.signIn({ username, password });
  await withTotp(amplify);
  await amplify.updateMFAPreference({ totp: 'PREFERRED' });
  await amplify.associateWebAuthnCredential();

  const offered = async () => {
    await amplify.signOut();
    const { nextStep } = await amplify.signIn({ username, options: prefer() });
    return nextStep.availableChallenges.sort();
  };
  assert.deepEqual(await offered(), ['PASSWORD', 'PASSWORD_SRP']);
  await preferMfa(strong, person, { WebAuthnMfaSettings: { Enabled: true } });
  assert.deepEqual(await offered(), ['PASSWORD', 'PASSWORD_SRP', 'WEB_AUTHN']);
  assert.deepEqual(await amplify.confirmSignIn({ challengeResponse: 'WEB_AUTHN' }), signedIn);
});

test('passkey: refused where the pool has none', async (t) => {
  const refusal = async (pool) => {
    const app = settings(pool, await newApp(pool));
    const amplify = await open(t, app);
    const { username } = await newPerson(app, 'pug');
    await amplify.signIn({ username, password });
    return amplify.associateWebAuthnCredential();
  };
  await assert.rejects(refusal(await newPool()), { name: 'WebAuthnNotEnabledException' });
  const Policies = { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } };
  await assert.rejects(refusal(await newPool(sdk(), { Policies })), { name: 'WebAuthnConfigurationMissingException' });
});
