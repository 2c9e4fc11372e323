// amazon-cognito-identity-js with sign-ins that functions decide.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuthenticationDetails, CognitoUser, CognitoUserPool } from 'amazon-cognito-identity-js';
import { customPool, sum } from './flows/custom.mjs';
import { newPerson } from './flows/world.mjs';
import { endpoint, password } from './world.mjs';

// step makes the call and gives the parameters of the challenge, or the session, that it ends in.
const step = (call) =>
  new Promise((resolve, reject) => call({ onSuccess: resolve, customChallenge: resolve, onFailure: reject }));

for (const [first, begin] of [
  ['nothing', (user, details) => (callbacks) => user.initiateAuth(details, callbacks)],
  ['the password', (user, details) => (callbacks) => user.authenticateUser(details, callbacks)],
]) {
  test(`identity-js: custom challenges after ${first}`, async () => {
    const { userPoolId: UserPoolId, userPoolClientId: ClientId } = await customPool();
    const { username: Username } = await newPerson({ userPoolId: UserPoolId }, 'uma');
    const user = new CognitoUser({ Username, Pool: new CognitoUserPool({ UserPoolId, ClientId, endpoint }) });
    user.setAuthenticationFlowType('CUSTOM_AUTH');
    let ended = await step(begin(user, new AuthenticationDetails({ Username, Password: password })));
    for (let n = 1; n <= 2; n++) {
      assert.deepEqual([ended.number, ended.USERNAME], [String(n), Username]);
      const { question } = ended;
      ended = await step((callbacks) => user.sendCustomChallengeAnswer(sum(question), callbacks));
    }
    assert.equal(ended.isValid(), true);
  });
}
