// A pool, a client and confirmed users for each suite, made through the AWS SDK for JavaScript.
import * as commands from '@aws-sdk/client-cognito-identity-provider';
import {
  AdminCreateUserCommand,
  AdminGetUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  CreateUserPoolDomainCommand,
  DescribeUserPoolClientCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { randomBytes } from 'node:crypto';

export const password = 'Correct-Horse-9';
export const endpoint = required('CONFORMANCE_ENDPOINT');
export const tlsEndpoint = required('CONFORMANCE_TLS_ENDPOINT');
export const issuerEndpoint = required('CONFORMANCE_ISSUER_ENDPOINT');

export function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run conformance/run`);
  return value;
}

export const sdk = (url = endpoint) =>
  new CognitoIdentityProviderClient({ endpoint: url, region: 'us-east-1', maxAttempts: 1 });

export const unique = (name) => `${name}-${randomBytes(4).toString('hex')}`;

export async function newPool(client = sdk(), settings = {}) {
  const answer = await client.send(
    new CreateUserPoolCommand({ PoolName: 'conformance', AutoVerifiedAttributes: ['email'], ...settings }),
  );
  return answer.UserPool.Id;
}

export async function newApp(UserPoolId, client = sdk(), settings = {}) {
  const answer = await client.send(
    new CreateUserPoolClientCommand({
      UserPoolId,
      ClientName: 'app',
      ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
      ...settings,
    }),
  );
  return answer.UserPoolClient.ClientId;
}

// secretOf is the secret of a client that has one.
export async function secretOf(UserPoolId, ClientId, client = sdk()) {
  return (await client.send(new DescribeUserPoolClientCommand({ UserPoolId, ClientId }))).UserPoolClient.ClientSecret;
}

// newDomain gives a pool a domain, and the address of its pages by host name and by path.
export async function newDomain(UserPoolId, client = sdk(), url = endpoint, more = {}) {
  const Domain = unique('shop');
  await client.send(new CreateUserPoolDomainCommand({ UserPoolId, Domain, ...more }));
  const { protocol, port } = new URL(url);
  return { byHost: `${protocol}//${Domain}.auth.us-east-1.localhost:${port}`, byPath: `${url}/_domains/${Domain}` };
}

export async function newUser(UserPoolId, Username, client = sdk()) {
  await client.send(
    new AdminCreateUserCommand({
      UserPoolId,
      Username,
      MessageAction: 'SUPPRESS',
      UserAttributes: [
        { Name: 'email', Value: `${Username}@example.com` },
        { Name: 'email_verified', Value: 'true' },
      ],
    }),
  );
  await client.send(
    new AdminSetUserPasswordCommand({ UserPoolId, Username, Password: password, Permanent: true }),
  );
}

export async function statusOf(UserPoolId, Username, client = sdk()) {
  return (await client.send(new AdminGetUserCommand({ UserPoolId, Username }))).UserStatus;
}

// attributeOf is an attribute of a user's, as the pool has it.
export async function attributeOf(UserPoolId, Username, name, client = sdk()) {
  const { UserAttributes } = await client.send(new AdminGetUserCommand({ UserPoolId, Username }));
  return UserAttributes.find(({ Name }) => Name === name)?.Value;
}

// signUp signs up a user, who gets a code by mail, and gives the address.
export async function signUp(ClientId, name, client = sdk()) {
  const Username = unique(name);
  const email = `${Username}@example.com`;
  const UserAttributes = [{ Name: 'email', Value: email }];
  await client.send(new SignUpCommand({ ClientId, Username, Password: password, UserAttributes }));
  return email;
}

export async function codeFor(to, url = endpoint) {
  for (let tries = 0; tries < 100; tries++) {
    const answer = await fetch(`${url}/_cardea/inbox.json?to=${encodeURIComponent(to)}`);
    const { messages } = await answer.json();
    if (messages.length > 0) return messages.at(-1).code;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no message for ${to}`);
}

const read = new Map();

// nextCode waits for the first message to an address that it has not given before, and gives its code.
export async function nextCode(to) {
  const number = read.get(to) ?? 0;
  for (let tries = 0; tries < 200; tries++) {
    const answer = await fetch(`${endpoint}/_cardea/inbox.json?to=${encodeURIComponent(to)}`);
    const { messages } = await answer.json();
    if (messages.length > number) {
      read.set(to, number + 1);
      return messages[number].code;
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`no message ${number + 1} for ${to}`);
}

// operate calls an operation by its name.
export const operate = (operation, input, client = sdk()) => client.send(new commands[`${operation}Command`](input));
