// Sign-ins that functions of the pool decide (CUSTOM_AUTH), as an application with Amplify meets them. The functions are
// conformance/functions/sums.mjs.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { newApp, newPool, nextCode, password } from '../world.mjs';
import { idp, newPerson, preferMfa, setMfa, signedIn, texts } from './world.mjs';
import { settings } from '../amplify.mjs';

const incorrect = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' };

// arn is that of a function that conformance/run has named.
const arn = (name) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

// customPool makes a pool whose functions ask sums, and gives an application of it.
export async function customPool(client = {}) {
  const UserPoolId = await newPool(idp, {
    ...texts,
    LambdaConfig: {
      DefineAuthChallenge: arn('sums-define'),
      CreateAuthChallenge: arn('sums-create'),
      VerifyAuthChallengeResponse: arn('sums-verify'),
    },
  });
  const ExplicitAuthFlows = ['ALLOW_CUSTOM_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'];
  return settings(UserPoolId, await newApp(UserPoolId, idp, { ExplicitAuthFlows, ...client }));
}

// sum is the answer to what was asked.
export const sum = (question) => String(question.split('+').reduce((a, b) => a + Number(b), 0));

// custom registers the scenarios; open gives each an application.
export function custom(open) {
  let app;
  before(async () => {
    app = await customPool({ PreventUserExistenceErrors: 'ENABLED' });
  });
  const without = { authFlowType: 'CUSTOM_WITHOUT_SRP' };
  const withSRP = { authFlowType: 'CUSTOM_WITH_SRP' };

  // asked checks that a sum is asked for, and gives it.
  const asked = ({ isSignedIn, nextStep }, number) => {
    assert.deepEqual([isSignedIn, nextStep.signInStep], [false, 'CONFIRM_SIGN_IN_WITH_CUSTOM_CHALLENGE']);
    assert.equal(nextStep.additionalInfo.number, String(number));
    return nextStep.additionalInfo.question;
  };
  const answer = (amplify, question) => amplify.confirmSignIn({ challengeResponse: sum(question) });

  test('custom: without a password', async (t) => {
    const amplify = await open(t, app);
    const { username } = await newPerson(app, 'quinn');
    let step = await amplify.signIn({ username, options: without });
    step = await answer(amplify, asked(step, 1));
    asked(step, 2);
    step = await amplify.confirmSignIn({ challengeResponse: 'no idea' });
    assert.deepEqual(await answer(amplify, asked(step, 3)), signedIn);
    assert.equal((await amplify.getCurrentUser()).username, username);
    const { tokens } = await amplify.fetchAuthSession({ forceRefresh: true });
    assert.equal(tokens.accessToken.payload.username, username);
  });

  test('custom: after the password', async (t) => {
    const amplify = await open(t, app);
    const { username } = await newPerson(app, 'rae');
    await assert.rejects(amplify.signIn({ username, password: 'Wrong-Horse-9', options: withSRP }), incorrect);
    let step = await amplify.signIn({ username, password, options: withSRP });
    step = await answer(amplify, asked(step, 1));
    assert.deepEqual(await answer(amplify, asked(step, 2)), signedIn);
  });

  test('custom: after the password and a code', async (t) => {
    const amplify = await open(t, app);
    await setMfa(app, { MfaConfiguration: 'OPTIONAL', SmsMfaConfiguration: texts });
    const person = await newPerson(app, 'sam', { phone_number: 'verified' });
    await preferMfa(app, person, { SMSMfaSettings: { Enabled: true, PreferredMfa: true } });
    const { username } = person;
    let step = await amplify.signIn({ username, password, options: withSRP });
    assert.equal(step.nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_SMS_CODE');
    step = await amplify.confirmSignIn({ challengeResponse: await nextCode(person.phone_number) });
    step = await answer(amplify, asked(step, 1));
    assert.deepEqual(await answer(amplify, asked(step, 2)), signedIn);
  });

  test('custom: three wrong answers, and a name that nobody has', async (t) => {
    const amplify = await open(t, app);
    const { username } = await newPerson(app, 'tess');
    for (const who of [username, `${username}-unknown`]) {
      asked(await amplify.signIn({ username: who, options: without }), 1);
      asked(await amplify.confirmSignIn({ challengeResponse: 'no idea' }), 2);
      asked(await amplify.confirmSignIn({ challengeResponse: 'no idea' }), 3);
      await assert.rejects(amplify.confirmSignIn({ challengeResponse: 'no idea' }), incorrect);
    }
    let step = await amplify.signIn({ username: `${username}-unknown`, options: without });
    step = await answer(amplify, asked(step, 1));
    await assert.rejects(answer(amplify, asked(step, 2)), incorrect);
  });
}
