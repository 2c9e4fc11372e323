// A server whose tokens bear AWS's issuer, for back ends that use CognitoJwtVerifier: only where it reads the key set is
// changed.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { InitiateAuthCommand } from '@aws-sdk/client-cognito-identity-provider';
import { CognitoJwtVerifier } from 'aws-jwt-verify';
import { SimpleJwksCache } from 'aws-jwt-verify/jwk';
import { tokensFrom } from './visitor.mjs';
import { issuerEndpoint, newApp, newDomain, newPool, newUser, password, sdk, unique } from './world.mjs';

const idp = sdk(issuerEndpoint);
const aws = 'https://cognito-idp.us-east-1.amazonaws.com';
let pool;
let app;
let tokens;

before(async () => {
  pool = await newPool(idp);
  app = await newApp(pool, idp);
  const name = unique('ida');
  await newUser(pool, name, idp);
  const answer = await idp.send(
    new InitiateAuthCommand({
      ClientId: app,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: name, PASSWORD: password },
    }),
  );
  tokens = answer.AuthenticationResult;
});

const keySet = async (url) => (await fetch(url)).arrayBuffer();

test('CognitoJwtVerifier verifies by key sets that are fetched from the server instead of AWS', async () => {
  const fetched = [];
  const fetcher = {
    fetch: (url) => {
      fetched.push(url);
      return keySet(url.replace(aws, issuerEndpoint));
    },
  };
  const verifier = CognitoJwtVerifier.create(
    { userPoolId: pool, clientId: app, tokenUse: 'id' },
    { jwksCache: new SimpleJwksCache({ fetcher }) },
  );
  const payload = await verifier.verify(tokens.IdToken);
  assert.equal(payload.iss, `${aws}/${pool}`);
  assert.deepEqual(fetched, [`${aws}/${pool}/.well-known/jwks.json`]);
});

test('CognitoJwtVerifier verifies by a key set that it is given', async () => {
  const verifier = CognitoJwtVerifier.create({ userPoolId: pool, clientId: app, tokenUse: 'access' });
  verifier.cacheJwks(await (await fetch(`${issuerEndpoint}/${pool}/.well-known/jwks.json`)).json());
  assert.equal((await verifier.verify(tokens.AccessToken)).client_id, app);
});

test('the discovery document names the issuer, and a key set that can be reached', async () => {
  const document = await (await fetch(`${issuerEndpoint}/${pool}/.well-known/openid-configuration`)).json();
  assert.equal(document.issuer, `${aws}/${pool}`);
  assert.equal(document.jwks_uri, `${issuerEndpoint}/${pool}/.well-known/jwks.json`);
});

test('CognitoJwtVerifier verifies what the pages give', async () => {
  const { byPath } = await newDomain(pool, idp, issuerEndpoint);
  const name = unique('ivo');
  await newUser(pool, name, idp);
  const callback = 'https://app.example.com/callback';
  const client = await newApp(pool, idp, {
    AllowedOAuthFlowsUserPoolClient: true,
    AllowedOAuthFlows: ['code'],
    AllowedOAuthScopes: ['openid', 'email'],
    CallbackURLs: [callback],
    SupportedIdentityProviders: ['COGNITO'],
  });
  const given = await tokensFrom(byPath, { client, callback, scope: 'openid email', username: name, password });
  const jwksCache = new SimpleJwksCache({ fetcher: { fetch: (url) => keySet(url.replace(aws, issuerEndpoint)) } });
  const verify = (tokenUse, token, more) => CognitoJwtVerifier.create({ userPoolId: pool, tokenUse, clientId: client, ...more }, { jwksCache }).verify(token);
  assert.equal((await verify('id', given.id_token)).email, `${name}@example.com`);
  assert.equal((await verify('access', given.access_token, { scope: 'email' })).username, name);
  await assert.rejects(verify('access', given.access_token, { scope: 'profile' }), /Scope not allowed/);
});
