// openid-client pushes requests, waits as a device, and proves to hold the key of its tokens, in a pool that follows the standards.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { CreateUserPoolDomainCommand, GetUserCommand } from '@aws-sdk/client-cognito-identity-provider';
import * as openid from 'openid-client';
import { Visitor } from './visitor.mjs';
import { newApp, newPool, newUser, password, sdk, tlsEndpoint, unique } from './world.mjs';

const idp = sdk(tlsEndpoint);
const callback = 'https://app.example.com/callback';
const name = unique('gil');
let pool;
let config;

before(async () => {
  pool = await newPool(idp, { UserPoolTags: { 'cardea:standards': 'par device dpop' } });
  await idp.send(new CreateUserPoolDomainCommand({ UserPoolId: pool, Domain: unique('grants') }));
  await newUser(pool, name, idp);
  const app = await newApp(pool, idp, {
    AllowedOAuthFlowsUserPoolClient: true,
    AllowedOAuthFlows: ['code'],
    AllowedOAuthScopes: ['openid', 'email', 'aws.cognito.signin.user.admin'],
    CallbackURLs: [callback],
    SupportedIdentityProviders: ['COGNITO'],
  });
  config = await openid.discovery(new URL(`${tlsEndpoint}/${pool}`), app, undefined, openid.None());
});

const parameters = async (verifier) => ({
  redirect_uri: callback,
  scope: 'openid email aws.cognito.signin.user.admin',
  code_challenge: await openid.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
});

// signIn signs the user in for a request and gives the address that the browser is sent to.
const signIn = async (request) => {
  const visitor = new Visitor();
  assert.equal(await visitor.visit(request), null);
  const back = await visitor.submit({ username: name, password });
  assert(back, visitor.page);
  return back;
};

test('openid-client pushes an authorization request', async () => {
  const verifier = openid.randomPKCECodeVerifier();
  const request = await openid.buildAuthorizationUrlWithPAR(config, await parameters(verifier));
  assert.deepEqual([...request.searchParams.keys()].sort(), ['client_id', 'request_uri']);
  const answer = await openid.authorizationCodeGrant(config, await signIn(request), { pkceCodeVerifier: verifier });
  assert.equal(answer.claims().email, `${name}@example.com`);
  const wrong = openid.buildAuthorizationUrlWithPAR(config, { ...(await parameters(verifier)), scope: 'openid none' });
  await assert.rejects(wrong, { error: 'invalid_scope' });
});

// allow has the user answer for a device.
const allow = async (device, typed) => {
  const visitor = new Visitor();
  assert.equal(await visitor.visit(device.verification_uri_complete), null);
  assert.equal(await visitor.submit({ user_code: device.user_code }), null);
  assert.equal(await visitor.submit({ username: name, password }), null);
  assert.match(visitor.page, new RegExp(device.user_code));
  assert.equal(await visitor.submit(typed), null);
};

test('openid-client waits as a device until the user allows it', async () => {
  const device = await openid.initiateDeviceAuthorization(config, { scope: 'openid email' });
  const waiting = openid.pollDeviceAuthorizationGrant(config, device);
  await allow(device, {});
  const answer = await waiting;
  assert.equal(answer.claims().email, `${name}@example.com`);
  assert((await openid.refreshTokenGrant(config, answer.refresh_token)).access_token);
});

test('openid-client learns that the user has not allowed a device', async () => {
  const device = await openid.initiateDeviceAuthorization(config, { scope: 'openid' });
  await allow(device, { deny: 'yes' });
  await assert.rejects(openid.pollDeviceAuthorizationGrant(config, device), { error: 'access_denied' });
});

for (const alg of ['ES256', 'PS256', 'RS256', 'Ed25519']) {
  test(`openid-client proves to hold a key by ${alg}`, async () => {
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair(alg));
    const verifier = openid.randomPKCECodeVerifier();
    const request = await openid.buildAuthorizationUrlWithPAR(config, await parameters(verifier), { DPoP });
    const back = await signIn(request);
    const checks = { pkceCodeVerifier: verifier, idTokenExpected: true };
    await assert.rejects(openid.authorizationCodeGrant(config, back, checks), { error: 'invalid_grant' });
    const answer = await openid.authorizationCodeGrant(config, back, checks, undefined, { DPoP });
    assert.equal(answer.token_type, 'dpop');

    const { sub } = answer.claims();
    assert.equal((await openid.fetchUserInfo(config, answer.access_token, sub, { DPoP })).sub, sub);
    const refused = { code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE', status: 401 };
    await assert.rejects(openid.fetchUserInfo(config, answer.access_token, sub), refused);
    await assert.rejects(idp.send(new GetUserCommand({ AccessToken: answer.access_token })), { name: 'NotAuthorizedException' });
    await assert.rejects(openid.refreshTokenGrant(config, answer.refresh_token), { error: 'invalid_grant' });
    const later = await openid.refreshTokenGrant(config, answer.refresh_token, undefined, { DPoP });
    assert.equal(later.token_type, 'dpop');
  });
}
