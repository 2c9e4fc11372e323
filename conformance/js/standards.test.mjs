// openid-client meets a pool that follows the standards that Cognito does not.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { CreateResourceServerCommand, CreateUserPoolDomainCommand } from '@aws-sdk/client-cognito-identity-provider';
import * as openid from 'openid-client';
import { Visitor } from './visitor.mjs';
import { newApp, newPool, newUser, password, sdk, secretOf, tlsEndpoint, unique } from './world.mjs';

const idp = sdk(tlsEndpoint);
const callback = 'https://app.example.com/callback';
const goodbye = 'https://app.example.com/goodbye';
const name = unique('ola');
let issuer;
let pool;
let web;
let service;

// newClient makes a client with a secret, and finds the server by its metadata or by its OpenID configuration.
const newClient = async (settings) => {
  const id = await newApp(pool, idp, { GenerateSecret: true, AllowedOAuthFlowsUserPoolClient: true, ...settings });
  const secret = await secretOf(pool, id, idp);
  const find = (algorithm) => openid.discovery(issuer, id, undefined, openid.ClientSecretBasic(secret), { algorithm });
  return { id, config: await find('oauth2'), byOpenID: await find('oidc') };
};

before(async () => {
  pool = await newPool(idp, {
    UserPoolTags: { 'cardea:standards': 'metadata introspection strict form_post rp-logout token-exchange' },
  });
  issuer = new URL(`${tlsEndpoint}/${pool}`);
  await idp.send(new CreateUserPoolDomainCommand({ UserPoolId: pool, Domain: unique('standards') }));
  const Scopes = ['read', 'write'].map((ScopeName) => ({ ScopeName, ScopeDescription: ScopeName }));
  await idp.send(new CreateResourceServerCommand({ UserPoolId: pool, Identifier: 'api', Name: 'API', Scopes }));
  await newUser(pool, name, idp);
  web = await newClient({
    AllowedOAuthFlows: ['code'],
    AllowedOAuthScopes: ['openid', 'email', 'api/read', 'api/write'],
    CallbackURLs: [callback],
    LogoutURLs: [goodbye],
    SupportedIdentityProviders: ['COGNITO'],
  });
  service = await newClient({ AllowedOAuthFlows: ['client_credentials'], AllowedOAuthScopes: ['api/read'] });
});

// signIn signs the user in at the pages. It gives the visitor, the answer of the page and the checks of its code.
async function signIn(config, more = {}) {
  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [openid.randomState(), openid.randomNonce()];
  const request = openid.buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope: 'openid email api/read api/write',
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
    ...more,
  });
  const visitor = new Visitor();
  assert.equal(await visitor.visit(request), null);
  const back = await visitor.submit({ username: name, password });
  return { visitor, back, request, checks: { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true } };
}

const tokens = async () => {
  const { back, checks } = await signIn(web.byOpenID);
  return openid.authorizationCodeGrant(web.byOpenID, back, checks);
};

test('openid-client finds the server by its metadata', async () => {
  const found = web.config.serverMetadata();
  assert.deepEqual(found, web.byOpenID.serverMetadata());
  assert.equal(found.issuer, issuer.href);
  assert(found.supportsPKCE());
  assert.deepEqual(found.response_modes_supported, ['query', 'fragment', 'form_post']);
});

test('openid-client checks the issuer of an answer', async () => {
  const { back, checks } = await signIn(web.byOpenID);
  assert.equal(back.searchParams.get('iss'), issuer.href);
  const wrong = new URL(back);
  wrong.searchParams.set('iss', 'https://evil.example.com');
  await assert.rejects(openid.authorizationCodeGrant(web.byOpenID, wrong, checks));
  const answer = await openid.authorizationCodeGrant(web.byOpenID, back, checks);
  assert.equal(answer.scope, 'openid email api/read api/write');
  const shown = await openid.fetchUserInfo(web.byOpenID, answer.access_token, answer.claims().sub);
  assert.equal(shown.email_verified, true);
});

test('openid-client takes an answer that is posted', async () => {
  const { visitor, back, checks } = await signIn(web.byOpenID, { response_mode: 'form_post' });
  assert.equal(back, null);
  const [, action] = visitor.page.match(/<form method="post" action="([^"]*)"/);
  assert.equal(action, callback);
  const fields = [...visitor.page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
  const body = new URLSearchParams(fields.map(([, field, value]) => [field, value]));
  const answer = await openid.authorizationCodeGrant(web.byOpenID, new Request(callback, { method: 'POST', body }), checks);
  assert.equal(answer.claims()['cognito:username'], name);
});

test('openid-client asks what a token says', async () => {
  const answer = await tokens();
  const told = await openid.tokenIntrospection(service.config, answer.access_token);
  assert.deepEqual([told.active, told.username, told.client_id], [true, name, web.id]);
  assert.equal((await openid.tokenIntrospection(web.config, answer.refresh_token)).active, true);
  assert.deepEqual(await openid.tokenIntrospection(service.config, answer.refresh_token), { active: false });
  await openid.tokenRevocation(web.config, answer.refresh_token);
  assert.deepEqual(await openid.tokenIntrospection(service.config, answer.access_token), { active: false });
});

test('openid-client exchanges a token', async () => {
  const type = 'urn:ietf:params:oauth:token-type:access_token';
  const { access_token } = await tokens();
  const answer = await openid.genericGrantRequest(service.config, 'urn:ietf:params:oauth:grant-type:token-exchange', {
    subject_token: access_token,
    subject_token_type: type,
    audience: 'api',
  });
  assert.deepEqual([answer.issued_token_type, answer.scope, answer.refresh_token], [type, 'api/read', undefined]);
  const told = await openid.tokenIntrospection(web.config, answer.access_token);
  assert.deepEqual([told.active, told.aud, told.act], [true, 'api', { sub: service.id }]);
});

test('openid-client signs a user out', async () => {
  const { visitor, back, request, checks } = await signIn(web.byOpenID);
  const { id_token } = await openid.authorizationCodeGrant(web.byOpenID, back, checks);
  const quiet = new URL(request);
  quiet.searchParams.set('prompt', 'none');
  assert((await visitor.visit(quiet)).searchParams.has('code'));
  const end = openid.buildEndSessionUrl(web.byOpenID, {
    id_token_hint: id_token,
    post_logout_redirect_uri: goodbye,
    state: 'a b',
  });
  assert.equal((await visitor.visit(end)).href, `${goodbye}?state=a%20b`);
  assert.equal((await visitor.visit(quiet)).searchParams.get('error'), 'login_required');
});

test('a user is asked before an app without an ID token signs them out', async () => {
  const { visitor } = await signIn(web.byOpenID);
  const end = openid.buildEndSessionUrl(web.byOpenID, { post_logout_redirect_uri: goodbye });
  assert.equal(await visitor.visit(end), null);
  assert.match(visitor.page, /data-page="sign-out"/);
  assert.equal((await visitor.submit({})).href, goodbye);
});
