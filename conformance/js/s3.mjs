// An identity pool whose users have a folder each in a bucket, as AWS's guides and Terraform's examples make it.
import {
  CognitoIdentityClient,
  CreateIdentityPoolCommand,
  SetIdentityPoolRolesCommand,
} from '@aws-sdk/client-cognito-identity';
import { CognitoIdentityProviderClient, InitiateAuthCommand } from '@aws-sdk/client-cognito-identity-provider';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { S3Client } from '@aws-sdk/client-s3';
import { fromCognitoIdentityPool } from '@aws-sdk/credential-providers';
import { newApp, newPool, newUser, password, required, sdk, unique } from './world.mjs';

export const region = 'us-east-1';

// storages are the servers that conformance/run has started, each with two ways to its objects.
export const storages = JSON.parse(required('CONFORMANCE_STORAGE'));

const pair = ([accessKeyId, secretAccessKey]) => ({ accessKeyId, secretAccessKey });

// at is a client of a server, for its administrator.
const at = (Client, storage) =>
  new Client({ endpoint: storage.server, region, credentials: pair(storage.key), maxAttempts: 1 });

// trust lets identities of a pool assume a role, the guests or those who have signed in.
const trust = (identityPool, amr) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: 'cognito-identity.amazonaws.com' },
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: { 'cognito-identity.amazonaws.com:aud': identityPool },
        'ForAnyValue:StringLike': { 'cognito-identity.amazonaws.com:amr': amr },
      },
    },
  ],
});

// own lets everyone do as they like with their own folder, and list it.
const own = (bucket) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      Resource: `arn:aws:s3:::${bucket}/private/\${cognito-identity.amazonaws.com:sub}/*`,
    },
    {
      Effect: 'Allow',
      Action: 's3:ListBucket',
      Resource: `arn:aws:s3:::${bucket}`,
      Condition: { StringLike: { 's3:prefix': ['private/${cognito-identity.amazonaws.com:sub}/*'] } },
    },
  ],
});

const publicOnly = (bucket) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::${bucket}/public/*` }],
});

// newApplication makes the pools, the roles and two users, alice and bob.
export async function newApplication(storage, bucket) {
  const users = at(CognitoIdentityProviderClient, storage);
  const userPoolId = await newPool(users);
  const userPoolClientId = await newApp(userPoolId, users);
  for (const name of ['alice', 'bob']) await newUser(userPoolId, name, users);

  const identities = at(CognitoIdentityClient, storage);
  const { IdentityPoolId } = await identities.send(
    new CreateIdentityPoolCommand({
      IdentityPoolName: 'conformance',
      AllowUnauthenticatedIdentities: true,
      CognitoIdentityProviders: [
        { ProviderName: `cognito-idp.${region}.amazonaws.com/${userPoolId}`, ClientId: userPoolClientId },
      ],
    }),
  );
  const iam = at(IAMClient, storage);
  const role = async (amr, policy) => {
    const RoleName = unique(amr);
    const { Role } = await iam.send(
      new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: JSON.stringify(trust(IdentityPoolId, amr)) }),
    );
    await iam.send(
      new PutRolePolicyCommand({ RoleName, PolicyName: 'storage', PolicyDocument: JSON.stringify(policy) }),
    );
    return Role.Arn;
  };
  await identities.send(
    new SetIdentityPoolRolesCommand({
      IdentityPoolId,
      Roles: {
        authenticated: await role('authenticated', own(bucket)),
        unauthenticated: await role('unauthenticated', publicOnly(bucket)),
      },
    }),
  );
  return { userPoolId, userPoolClientId, identityPoolId: IdentityPoolId };
}

// visit gives somebody's credentials provider, and their identity: a user's who signs in by password, or a guest's.
export async function visit({ server: endpoint }, app, username) {
  const logins = {};
  if (username) {
    const { AuthenticationResult } = await sdk(endpoint).send(
      new InitiateAuthCommand({
        AuthFlow: 'USER_PASSWORD_AUTH',
        ClientId: app.userPoolClientId,
        AuthParameters: { USERNAME: username, PASSWORD: password },
      }),
    );
    logins[`cognito-idp.${region}.amazonaws.com/${app.userPoolId}`] = AuthenticationResult.IdToken;
  }
  const provider = fromCognitoIdentityPool({
    identityPoolId: app.identityPoolId,
    logins: username ? logins : undefined,
    clientConfig: { endpoint, region, maxAttempts: 1 },
  });
  const { identityId } = await provider();
  return { provider, identityId };
}

// root is the owner of all buckets.
export const root = (storage) => s3(storage.gateway, pair(storage.root));

export const s3 = (endpoint, credentials) =>
  new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 });
