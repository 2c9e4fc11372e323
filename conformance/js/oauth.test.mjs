// openid-client, certified by the OpenID Foundation, finds the endpoints by discovery and checks every answer.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  CreateResourceServerCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolDomainCommand,
  GetClientTokenCommand,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { JwtVerifier } from 'aws-jwt-verify';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { Visitor } from './visitor.mjs';
import { newApp, newPool, newUser, password, sdk, secretOf, tlsEndpoint, unique } from './world.mjs';

const idp = sdk(tlsEndpoint);
const scopes = ['api/read', 'api/write'];
let issuer;
let pool;
let machine;

before(async () => {
  pool = await newPool(idp);
  issuer = `${tlsEndpoint}/${pool}`;
  await idp.send(new CreateUserPoolDomainCommand({ UserPoolId: pool, Domain: unique('openid') }));
  const Scopes = ['read', 'write'].map((ScopeName) => ({ ScopeName, ScopeDescription: ScopeName }));
  await idp.send(new CreateResourceServerCommand({ UserPoolId: pool, Identifier: 'api', Name: 'API', Scopes }));
  const answer = await idp.send(
    new CreateUserPoolClientCommand({
      UserPoolId: pool,
      ClientName: 'machine',
      GenerateSecret: true,
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthFlows: ['client_credentials'],
      AllowedOAuthScopes: scopes,
    }),
  );
  machine = answer.UserPoolClient;
});

const discover = (id, authentication) => openid.discovery(new URL(issuer), id, undefined, authentication);

for (const [name, method] of [['basic', openid.ClientSecretBasic], ['post', openid.ClientSecretPost]]) {
  test(`openid-client gets a token for a client by ${name}`, async () => {
    const config = await discover(machine.ClientId, method(machine.ClientSecret));
    const answer = await openid.clientCredentialsGrant(config, { scope: 'api/read' });
    assert.equal(answer.expires_in, 3600);
    const payload = await JwtVerifier.create({ issuer, audience: null, scope: 'api/read' }).verify(answer.access_token);
    assert.equal(payload.sub, machine.ClientId);
    assert.equal(payload.scope, 'api/read');
  });
}

test('openid-client understands refusals', async () => {
  const wrong = await discover(machine.ClientId, openid.ClientSecretPost('wrong'));
  await assert.rejects(openid.clientCredentialsGrant(wrong), { error: 'invalid_client', status: 400 });
  const basic = await discover(machine.ClientId, openid.ClientSecretBasic('wrong'));
  await assert.rejects(openid.clientCredentialsGrant(basic), { code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE', status: 401 });
  const right = await discover(machine.ClientId, openid.ClientSecretPost(machine.ClientSecret));
  await assert.rejects(openid.clientCredentialsGrant(right, { scope: 'api/none' }), { error: 'invalid_scope' });
});

test('openid-client refreshes and revokes', async () => {
  const name = unique('oli');
  const app = await newApp(pool, idp);
  await newUser(pool, name, idp);
  const signedIn = await idp.send(
    new InitiateAuthCommand({
      ClientId: app,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: name, PASSWORD: password },
    }),
  );
  const refresh = signedIn.AuthenticationResult.RefreshToken;
  const config = await discover(app, openid.None());
  const answer = await openid.refreshTokenGrant(config, refresh);
  assert.equal(answer.claims()['cognito:username'], name);
  await openid.tokenRevocation(config, refresh);
  await assert.rejects(openid.refreshTokenGrant(config, refresh), { error: 'invalid_grant' });
  await assert.rejects(openid.tokenRevocation(config, signedIn.AuthenticationResult.AccessToken), { error: 'unsupported_token_type' });
});

const callback = 'https://app.example.com/callback';

// webApp makes an app whose users sign in at the pages.
const webApp = (settings) =>
  newApp(pool, idp, {
    AllowedOAuthFlowsUserPoolClient: true,
    AllowedOAuthFlows: ['code'],
    AllowedOAuthScopes: ['openid', 'email', 'profile'],
    CallbackURLs: [callback],
    SupportedIdentityProviders: ['COGNITO'],
    ...settings,
  });

test('openid-client signs a user in at the pages', async () => {
  const name = unique('ona');
  await newUser(pool, name, idp);
  const app = await webApp();
  const config = await discover(app, openid.None());
  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [openid.randomState(), openid.randomNonce()];
  const request = openid.buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope: 'openid email',
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
  });
  const visitor = new Visitor();
  assert.equal(await visitor.visit(request), null);
  const back = await visitor.submit({ username: name, password });
  assert(back, visitor.page);

  const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true, maxAge: 60 };
  const answer = await openid.authorizationCodeGrant(config, back, checks);
  const verified = await JwtVerifier.create({ issuer, audience: app }).verify(answer.id_token);
  assert.deepEqual([verified.token_use, verified.sub], ['id', answer.claims().sub]);
  await JwtVerifier.create({ issuer, audience: null, scope: 'email' }).verify(answer.access_token);
  assert.equal(answer.claims().email, `${name}@example.com`);
  const info = await openid.fetchUserInfo(config, answer.access_token, answer.claims().sub);
  assert.equal(info.email_verified, 'true');
  await assert.rejects(openid.authorizationCodeGrant(config, back, checks), { error: 'invalid_grant' });
  const later = await openid.refreshTokenGrant(config, answer.refresh_token);
  assert.equal(later.claims().sub, answer.claims().sub);
});

test('openid-client takes the answer of the implicit grant', async () => {
  const name = unique('ida');
  await newUser(pool, name, idp);
  const app = await webApp({ AllowedOAuthFlows: ['implicit'] });
  const config = await discover(app, openid.None());
  assert(config.serverMetadata().response_types_supported.includes('token'));
  openid.useIdTokenResponseType(config);
  const [expectedState, nonce] = [openid.randomState(), openid.randomNonce()];
  const request = openid.buildAuthorizationUrl(config, { redirect_uri: callback, scope: 'openid email', state: expectedState, nonce });
  request.searchParams.set('response_type', 'token'); // Cognito's name for it
  const visitor = new Visitor();
  assert.equal(await visitor.visit(request), null);
  const back = await visitor.submit({ username: name, password });
  assert(back, visitor.page);
  assert.equal(back.search, '');

  const claims = await openid.implicitAuthentication(config, back, nonce, { expectedState, maxAge: 60 });
  assert.equal(claims.email, `${name}@example.com`);
  const answer = new URLSearchParams(back.hash.slice(1));
  assert.equal(answer.get('refresh_token'), null);
  const info = await openid.fetchUserInfo(config, answer.get('access_token'), claims.sub);
  assert.equal(info.email, `${name}@example.com`);
});

test('oauth4webapi signs a user in at the pages, refreshes, asks who they are, and revokes', async () => {
  const name = unique('web');
  await newUser(pool, name, idp);
  const client = { client_id: await webApp({ GenerateSecret: true }) };
  const proof = oauth.ClientSecretBasic(await secretOf(pool, client.client_id, idp));
  const address = new URL(issuer);
  const server = await oauth.processDiscoveryResponse(address, await oauth.discoveryRequest(address));
  const [verifier, state, nonce] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState(), oauth.generateRandomNonce()];
  const request = new URL(server.authorization_endpoint);
  request.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: callback,
    response_type: 'code',
    scope: 'openid email',
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  const visitor = new Visitor();
  assert.equal(await visitor.visit(request), null);
  const back = oauth.validateAuthResponse(server, client, await visitor.submit({ username: name, password }), state);

  const redeem = () => oauth.authorizationCodeGrantRequest(server, client, proof, back, callback, verifier);
  const first = await oauth.processAuthorizationCodeResponse(server, client, await redeem(), { expectedNonce: nonce, requireIdToken: true });
  const { sub } = oauth.getValidatedIdTokenClaims(first);
  const refreshed = await oauth.refreshTokenGrantRequest(server, client, proof, first.refresh_token);
  const later = await oauth.processRefreshTokenResponse(server, client, refreshed);
  assert.equal(oauth.getValidatedIdTokenClaims(later).sub, sub);
  const info = await oauth.userInfoRequest(server, client, later.access_token);
  assert.equal((await oauth.processUserInfoResponse(server, client, sub, info)).email, `${name}@example.com`);
  await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, proof, first.refresh_token));
  const refused = await oauth.refreshTokenGrantRequest(server, client, proof, first.refresh_token);
  await assert.rejects(oauth.processRefreshTokenResponse(server, client, refused), { error: 'invalid_grant' });
});

test('openid-client registers itself, openly and with an access token', async () => {
  const open = await newPool(idp, { DcrConfiguration: { EnableStatus: 'Enabled', OpenDcrEnabled: true } });
  await idp.send(new CreateUserPoolDomainCommand({ UserPoolId: open, Domain: unique('register') }));
  const callback = 'https://app.example.com/callback';
  const metadata = { client_name: 'Shop', redirect_uris: [callback], token_endpoint_auth_method: 'client_secret_post' };
  const config = await openid.dynamicClientRegistration(new URL(`${tlsEndpoint}/${open}`), metadata);
  assert(config.clientMetadata().client_secret);

  const name = unique('reg');
  await newUser(open, name, idp);
  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const request = openid.buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope: 'openid',
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  });
  const visitor = new Visitor();
  await visitor.visit(request);
  assert.match(visitor.page, /Shop \(app\.example\.com\)/);
  const back = await visitor.submit({ username: name, password });
  assert(back, visitor.page);
  const answer = await openid.authorizationCodeGrant(config, back, { pkceCodeVerifier, idTokenExpected: true });
  assert.equal(answer.claims()['cognito:username'], name);

  const bad = { redirect_uris: ['javascript:alert(1)'] };
  await assert.rejects(openid.dynamicClientRegistration(new URL(`${tlsEndpoint}/${open}`), bad), { error: 'invalid_redirect_uri' });

  const closed = await newPool(idp, { DcrConfiguration: { EnableStatus: 'Enabled' } });
  await idp.send(new CreateUserPoolDomainCommand({ UserPoolId: closed, Domain: unique('register') }));
  const server = new URL(`${tlsEndpoint}/${closed}`);
  const made = await idp.send(
    new CreateUserPoolClientCommand({
      UserPoolId: closed,
      ClientName: 'registrar',
      GenerateSecret: true,
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthFlows: ['client_credentials'],
      AllowedOAuthScopes: ['aws.cognito/dcr/register'],
    }),
  );
  const { ClientId, ClientSecret } = made.UserPoolClient;
  const registrar = await openid.discovery(server, ClientId, undefined, openid.ClientSecretPost(ClientSecret));
  const { access_token: initialAccessToken } = await openid.clientCredentialsGrant(registrar);
  const authenticated = await openid.dynamicClientRegistration(server, metadata, undefined, { initialAccessToken });
  assert(authenticated.clientMetadata().client_id);
  await assert.rejects(openid.dynamicClientRegistration(server, metadata), { status: 401 });
});

test('userInfo refuses a token without openid as openid-client expects', async () => {
  const config = await discover(machine.ClientId, openid.ClientSecretPost(machine.ClientSecret));
  const { access_token: token } = await openid.clientCredentialsGrant(config);
  const refused = { code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE', status: 401 };
  await assert.rejects(openid.fetchUserInfo(config, token, machine.ClientId), refused);
});

test('the SDK gets a token for a client through the API', async () => {
  const answer = await idp.send(
    new GetClientTokenCommand({ ClientId: machine.ClientId, Secret: machine.ClientSecret, Scopes: ['api/write'] }),
  );
  const payload = await JwtVerifier.create({ issuer, audience: null }).verify(answer.ClientAuthenticationResult.AccessToken);
  assert.equal(payload.scope, 'api/write');
});
