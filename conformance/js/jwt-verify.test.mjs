// aws-jwt-verify fetches the key set by itself, insists on https, and checks what a back end must check.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { InitiateAuthCommand } from '@aws-sdk/client-cognito-identity-provider';
import { JwtVerifier } from 'aws-jwt-verify';
import { newApp, newPool, newUser, password, sdk, tlsEndpoint, unique } from './world.mjs';

const idp = sdk(tlsEndpoint);
let issuer;
let app;
let tokens;

before(async () => {
  const pool = await newPool(idp);
  app = await newApp(pool, idp);
  const name = unique('oli');
  await newUser(pool, name, idp);
  issuer = `${tlsEndpoint}/${pool}`;
  const answer = await idp.send(
    new InitiateAuthCommand({
      ClientId: app,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: name, PASSWORD: password },
    }),
  );
  tokens = answer.AuthenticationResult;
});

test('the ID token verifies for this issuer and client', async () => {
  const payload = await JwtVerifier.create({ issuer, audience: app }).verify(tokens.IdToken);
  assert.equal(payload.token_use, 'id');
  assert.equal(payload.iss, issuer);
});

test('the access token verifies and names the client', async () => {
  const payload = await JwtVerifier.create({ issuer, audience: null }).verify(tokens.AccessToken);
  assert.equal(payload.client_id, app);
  assert.equal(payload.token_use, 'access');
});

test('a token for another client does not verify', async () => {
  await assert.rejects(JwtVerifier.create({ issuer, audience: 'another' }).verify(tokens.IdToken));
});

test('a changed token does not verify', async () => {
  const [header, payload, signature] = tokens.IdToken.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url'));
  claims['cognito:username'] = 'somebody-else';
  const forged = [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
  await assert.rejects(JwtVerifier.create({ issuer, audience: app }).verify(forged));
});

test('the discovery document names the issuer and the key set', async () => {
  const document = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  assert.equal(document.issuer, issuer);
  assert.equal(document.jwks_uri, `${issuer}/.well-known/jwks.json`);
  assert.deepEqual(document.id_token_signing_alg_values_supported, ['RS256']);
});
