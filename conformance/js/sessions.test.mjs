// Sessions and first factors through @aws-sdk v3, which knows the operations of 2026 that boto3 does not know yet.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  AdminDeleteSoftwareTokenCommand,
  AdminGetUserAuthFactorsCommand,
  AdminListUserSessionsCommand,
  AdminRevokeUserSessionCommand,
  AssociateSoftwareTokenCommand,
  GetUserAuthFactorsCommand,
  GetUserCommand,
  GetUserPoolSessionConfigurationCommand,
  InitiateAuthCommand,
  ListUserSessionsCommand,
  RevokeUserSessionCommand,
  SetUserPoolSessionConfigurationCommand,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { settings } from './amplify.mjs';
import { choicePool, mfaPool, newPerson, idp } from './flows/world.mjs';
import { Totp } from './totp.mjs';
import { newApp, newPool, password } from './world.mjs';

let app;

before(async () => {
  const pool = await newPool();
  app = settings(pool, await newApp(pool));
});

const signIn = ({ userPoolClientId: ClientId }, { username: USERNAME }) =>
  idp.send(
    new InitiateAuthCommand({
      ClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME, PASSWORD: password },
    }),
  );

const tokens = async (app, person) => (await signIn(app, person)).AuthenticationResult;

const listFor = async ({ userPoolId: UserPoolId }, { username: Username }) =>
  (await idp.send(new AdminListUserSessionsCommand({ UserPoolId, Username }))).Sessions;

const mine = async ({ AccessToken }) => (await idp.send(new ListUserSessionsCommand({ AccessToken }))).Sessions;

const works = ({ AccessToken }) => idp.send(new GetUserCommand({ AccessToken }));

const revoked = (token) =>
  assert.rejects(works(token), { name: 'NotAuthorizedException', message: 'Access Token has been revoked' });

const track = (UserPoolId, UserSessionTracking, MaxPerUser) =>
  idp.send(
    new SetUserPoolSessionConfigurationCommand({ UserPoolId, UserSessionTracking, TokenSession: { MaxPerUser } }),
  );

async function trackedApp(MaxPerUser) {
  const pool = await newPool();
  const set = await track(pool, 'ENABLED', MaxPerUser);
  const shown = await idp.send(new GetUserPoolSessionConfigurationCommand({ UserPoolId: pool }));
  for (const answer of [set, shown]) {
    assert.equal(answer.UserPoolId, pool);
    assert.equal(answer.UserSessionTracking, 'ENABLED');
    assert.deepEqual(answer.TokenSession, { MaxPerUser });
  }
  return settings(pool, await newApp(pool));
}

test('sessions are listed to the user and to the administrator', async () => {
  const tracked = await trackedApp(20);
  const person = await newPerson(tracked, 'ses');
  assert.deepEqual(await listFor(tracked, person), []);
  const [first, second] = [await tokens(tracked, person), await tokens(tracked, person)];
  const [all, own] = [await listFor(tracked, person), await mine(second)];
  assert.deepEqual(own.map((s) => s.SessionId).sort(), all.map((s) => s.SessionId).sort());
  assert.equal(own.length, 2);
  for (const session of own) {
    assert.match(session.SessionId, /^tkn[a-z0-9]{25}$/);
    assert.equal(session.SessionType, 'TOKEN');
    assert.equal(session.ClientId, tracked.userPoolClientId);
    assert.equal(session.LastIPAddress, '127.0.0.1');
    assert.ok(Math.abs(Date.now() - session.CreateDate.getTime()) < 60_000);
    assert.ok(session.LastActiveDate >= session.CreateDate);
  }
  const current = (sessions) => sessions.filter((s) => s.IsCurrentSession).map((s) => s.SessionId);
  const [a, b] = [current(await mine(first)), current(own)];
  assert.deepEqual([a.length, b.length], [1, 1]);
  assert.notEqual(a[0], b[0]);
});

test('a revoked session is over at once, others go on', async () => {
  const tracked = await trackedApp(20);
  const person = await newPerson(tracked, 'rev');
  const [first, second, third] = [
    await tokens(tracked, person),
    await tokens(tracked, person),
    await tokens(tracked, person),
  ];
  const id = async (token) => (await mine(token)).find((s) => s.IsCurrentSession).SessionId;

  const { AccessToken } = second;
  await idp.send(new RevokeUserSessionCommand({ AccessToken, SessionId: await id(first) }));
  await revoked(first);
  await works(second);
  const { userPoolId: UserPoolId } = tracked;
  const SessionId = await id(third);
  await idp.send(new AdminRevokeUserSessionCommand({ UserPoolId, Username: person.username, SessionId }));
  await revoked(third);
  await works(second);
  assert.equal((await listFor(tracked, person)).length, 1);
});

test('one user cannot revoke a session of another', async () => {
  const tracked = await trackedApp(20);
  const [ann, bob] = [await newPerson(tracked, 'ann'), await newPerson(tracked, 'bob')];
  const [hers, his] = [await tokens(tracked, ann), await tokens(tracked, bob)];
  const [{ SessionId }] = await mine(his);
  await assert.rejects(idp.send(new RevokeUserSessionCommand({ AccessToken: hers.AccessToken, SessionId })), {
    name: 'ResourceNotFoundException',
  });
  await works(his);
});

test('a user has no more sessions than the pool allows: the least recently used ends', async () => {
  const tracked = await trackedApp(2);
  const person = await newPerson(tracked, 'max');
  const [first, second] = [await tokens(tracked, person), await tokens(tracked, person)];
  const third = await tokens(tracked, person);
  assert.equal((await listFor(tracked, person)).length, 2);
  await revoked(first);
  await works(second);
  await works(third);
});

test('a pool that does not track sessions says so', async () => {
  const person = await newPerson(app, 'off');
  const token = await tokens(app, person);
  const { UserSessionTracking } = await idp.send(
    new GetUserPoolSessionConfigurationCommand({ UserPoolId: app.userPoolId }),
  );
  assert.notEqual(UserSessionTracking, 'ENABLED');
  const refusal = { name: 'InvalidParameterException' };
  await assert.rejects(listFor(app, person), refusal);
  await assert.rejects(mine(token), refusal);
});

test('first factors are listed to the user and to the administrator', async () => {
  const choosing = await choicePool({ client: { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_USER_AUTH'] } });
  const person = await newPerson(choosing, 'fac', { email: 'verified', phone_number: 'verified' });
  const { AccessToken } = await tokens(choosing, person);
  const { userPoolId: UserPoolId } = choosing;
  for (const command of [
    new GetUserAuthFactorsCommand({ AccessToken }),
    new AdminGetUserAuthFactorsCommand({ UserPoolId, Username: person.username }),
  ]) {
    const answer = await idp.send(command);
    assert.equal(answer.Username, person.username);
    assert.deepEqual(answer.ConfiguredUserAuthFactors.sort(), ['EMAIL_OTP', 'PASSWORD', 'SMS_OTP']);
  }
});

test('an administrator takes a lost authenticator app away', async () => {
  const demanding = await mfaPool('ON', ['totp']);
  const { userPoolId: UserPoolId } = demanding;
  const person = await newPerson(demanding, 'los', {});
  const challenge = await signIn(demanding, person);
  const { Session, SecretCode } = await idp.send(new AssociateSoftwareTokenCommand({ Session: challenge.Session }));
  await idp.send(new VerifySoftwareTokenCommand({ Session, UserCode: new Totp(SecretCode).code() }));
  assert.equal((await signIn(demanding, person)).ChallengeName, 'SOFTWARE_TOKEN_MFA');
  await idp.send(new AdminDeleteSoftwareTokenCommand({ UserPoolId, Username: person.username }));
  assert.equal((await signIn(demanding, person)).ChallengeName, 'MFA_SETUP');
});
