// @aws-sdk v3 for the errors and shapes that its own middleware interprets.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  AdminListGroupsForUserCommand,
  CognitoIdentityProviderClient,
  CreateGroupCommand,
  DescribeUserPoolClientCommand,
  GetProvisionedLimitCommand,
  GetTokensFromRefreshTokenCommand,
  InitiateAuthCommand,
  InvalidParameterException,
  ListUsersCommand,
  NotAuthorizedException,
  RefreshTokenReuseException,
  ResourceNotFoundException,
  UpdateProvisionedLimitCommand,
  UpdateUserPoolClientCommand,
  paginateListUserPoolClients,
} from '@aws-sdk/client-cognito-identity-provider';
import { newApp, newPool, newUser, password, sdk, unique } from './world.mjs';

const idp = sdk();
let UserPoolId;

before(async () => {
  UserPoolId = await newPool();
});

const signIn = (ClientId, USERNAME) =>
  idp.send(
    new InitiateAuthCommand({
      ClientId,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME, PASSWORD: password },
    }),
  );

test('errors arrive as the SDK’s own classes', async () => {
  const ClientId = await newApp(UserPoolId);
  await assert.rejects(
    signIn('0123456789abcdefghijklmnop', 'unknown'),
    (error) =>
      error instanceof ResourceNotFoundException &&
      error.message === 'User pool client 0123456789abcdefghijklmnop does not exist.' &&
      typeof error.$metadata.requestId === 'string',
  );
  const name = unique('lee');
  await newUser(UserPoolId, name);
  await assert.rejects(
    idp.send(
      new InitiateAuthCommand({
        ClientId,
        AuthFlow: 'USER_PASSWORD_AUTH',
        AuthParameters: { USERNAME: name, PASSWORD: 'Wrong-Horse-9' },
      }),
    ),
    (error) => error instanceof NotAuthorizedException && error.message === 'Incorrect username or password.',
  );
});

test('a production server verifies signatures', async () => {
  const accessKeyId = process.env.CONFORMANCE_SIGNED_KEY;
  const client = (secretAccessKey) =>
    new CognitoIdentityProviderClient({
      endpoint: process.env.CONFORMANCE_SIGNED_ENDPOINT,
      region: 'us-east-1',
      maxAttempts: 1,
      credentials: { accessKeyId, secretAccessKey },
    });
  assert.match(await newPool(client(process.env.CONFORMANCE_SIGNED_SECRET)), /^us-east-1_[0-9A-Za-z]{9}$/);
  await assert.rejects(newPool(client('wrong')), { name: 'InvalidSignatureException' });
});

test('a rotated refresh token works once', async () => {
  const ClientId = await newApp(UserPoolId, idp, {
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
    RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 },
  });
  const name = unique('mia');
  await newUser(UserPoolId, name);
  const first = (await signIn(ClientId, name)).AuthenticationResult;
  const refresh = (RefreshToken) => idp.send(new GetTokensFromRefreshTokenCommand({ ClientId, RefreshToken }));
  const second = (await refresh(first.RefreshToken)).AuthenticationResult;
  assert.ok(second.RefreshToken);
  assert.notEqual(second.RefreshToken, first.RefreshToken);
  await assert.rejects(refresh(first.RefreshToken), (error) => error instanceof RefreshTokenReuseException);
  await assert.rejects(refresh(second.RefreshToken), (error) => error instanceof NotAuthorizedException);
});

test('updating a client replaces what is not sent', async () => {
  const ClientId = await newApp(UserPoolId, idp, { AccessTokenValidity: 5, TokenValidityUnits: { AccessToken: 'minutes' } });
  const before = (await idp.send(new DescribeUserPoolClientCommand({ UserPoolId, ClientId }))).UserPoolClient;
  assert.equal(before.AccessTokenValidity, 5);
  await idp.send(new UpdateUserPoolClientCommand({ UserPoolId, ClientId, ClientName: 'renamed' }));
  const after = (await idp.send(new DescribeUserPoolClientCommand({ UserPoolId, ClientId }))).UserPoolClient;
  assert.equal(after.ClientName, 'renamed');
  assert.equal(after.AccessTokenValidity, undefined);
  assert.equal(after.RefreshTokenValidity, 30);
  assert.ok(after.LastModifiedDate instanceof Date);
});

test('paginators walk every page', async () => {
  const own = await newPool();
  const made = new Set();
  for (let i = 0; i < 5; i++) made.add(await newApp(own));
  const seen = new Set();
  let pages = 0;
  for await (const page of paginateListUserPoolClients({ client: idp, pageSize: 2 }, { UserPoolId: own })) {
    pages++;
    for (const client of page.UserPoolClients) seen.add(client.ClientId);
  }
  assert.deepEqual(seen, made);
  assert.ok(pages >= 3);
});

test('users and groups can be listed', async () => {
  const own = await newPool();
  await newUser(own, 'nia');
  await idp.send(new CreateGroupCommand({ UserPoolId: own, GroupName: 'staff' }));
  const users = (await idp.send(new ListUsersCommand({ UserPoolId: own, AttributesToGet: ['email'] }))).Users;
  assert.deepEqual(users[0].Attributes, [{ Name: 'email', Value: 'nia@example.com' }]);
  const groups = await idp.send(new AdminListGroupsForUserCommand({ UserPoolId: own, Username: 'nia' }));
  assert.deepEqual(groups.Groups, []);
});

test('limits of request rates are told and set', async () => {
  const LimitDefinition = { LimitClass: 'API_CATEGORY', Attributes: { Category: 'UserResourceRead' } };
  const update = (RequestedLimitValue) =>
    idp.send(new UpdateProvisionedLimitCommand({ LimitDefinition, RequestedLimitValue }));
  const { Limit } = await idp.send(new GetProvisionedLimitCommand({ LimitDefinition }));
  assert.deepEqual(Limit, { LimitDefinition, ProvisionedLimitValue: 1_000_000, FreeLimitValue: 50 });
  assert.equal((await update(900_000)).Limit.ProvisionedLimitValue, 900_000);
  assert.equal((await idp.send(new GetProvisionedLimitCommand({ LimitDefinition }))).Limit.ProvisionedLimitValue, 900_000);
  assert.equal((await update(1_000_000)).Limit.ProvisionedLimitValue, 1_000_000);
  await assert.rejects(update(1), (error) => error instanceof InvalidParameterException);
});
