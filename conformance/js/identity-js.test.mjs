// amazon-cognito-identity-js, the library that applications older than Amplify v6 still carry.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { AuthenticationDetails, CognitoUser, CognitoUserAttribute, CognitoUserPool } from 'amazon-cognito-identity-js';
import { codeFor, endpoint, newApp, newPool, newUser, password, unique } from './world.mjs';

let Pool;

before(async () => {
  const UserPoolId = await newPool();
  Pool = new CognitoUserPool({ UserPoolId, ClientId: await newApp(UserPoolId), endpoint });
});

const promised = (call) =>
  new Promise((resolve, reject) => call((error, answer) => (error ? reject(error) : resolve(answer))));

const signIn = (user, Password = password) =>
  new Promise((onSuccess, onFailure) =>
    user.authenticateUser(new AuthenticationDetails({ Username: user.getUsername(), Password }), {
      onSuccess,
      onFailure,
      newPasswordRequired: () => onFailure(new Error('newPasswordRequired')),
    }),
  );

const userNamed = (Username) => new CognitoUser({ Username, Pool });

test('sign up, confirm and sign in by SRP', async () => {
  const name = unique('ida');
  const email = `${name}@example.com`;
  const attributes = [new CognitoUserAttribute({ Name: 'email', Value: email })];
  const { user, userConfirmed } = await promised((done) => Pool.signUp(name, password, attributes, [], done));
  assert.equal(userConfirmed, false);
  const code = await codeFor(email);
  assert.equal(await promised((done) => user.confirmRegistration(code, true, done)), 'SUCCESS');
  const session = await signIn(user);
  assert.equal(session.isValid(), true);
  assert.equal(session.getIdToken().payload.email, email);
});

test('refresh, attributes, change of password and global sign-out', async () => {
  const name = unique('joe');
  await newUser(Pool.getUserPoolId(), name);
  const user = userNamed(name);
  const session = await signIn(user);

  const renewed = await promised((done) => user.refreshSession(session.getRefreshToken(), done));
  assert.notEqual(renewed.getAccessToken().getJwtToken(), session.getAccessToken().getJwtToken());

  const attributes = await promised((done) => user.getUserAttributes(done));
  assert.equal(attributes.find((a) => a.getName() === 'email').getValue(), `${name}@example.com`);

  await promised((done) => user.changePassword(password, 'Another-Horse-8', done));
  await new Promise((onSuccess, onFailure) => user.globalSignOut({ onSuccess, onFailure }));
  await assert.rejects(signIn(userNamed(name)), { code: 'NotAuthorizedException' });
  assert.equal((await signIn(userNamed(name), 'Another-Horse-8')).isValid(), true);
});

test('a forgotten password is reset by code', async () => {
  const name = unique('kay');
  await newUser(Pool.getUserPoolId(), name);
  const user = userNamed(name);
  await new Promise((onSuccess, onFailure) => user.forgotPassword({ onSuccess, onFailure }));
  const code = await codeFor(`${name}@example.com`);
  await new Promise((onSuccess, onFailure) =>
    user.confirmPassword(code, 'Another-Horse-8', { onSuccess, onFailure }),
  );
  assert.equal((await signIn(userNamed(name), 'Another-Horse-8')).isValid(), true);
});

test('an unknown user is not told apart from a wrong password where the client asks so', async () => {
  const UserPoolId = Pool.getUserPoolId();
  const ClientId = await newApp(UserPoolId, undefined, { PreventUserExistenceErrors: 'ENABLED' });
  const hiding = new CognitoUserPool({ UserPoolId, ClientId, endpoint });
  const unknown = new CognitoUser({ Username: unique('unknown'), Pool: hiding });
  await assert.rejects(signIn(unknown), {
    code: 'NotAuthorizedException',
    message: 'Incorrect username or password.',
  });
});
