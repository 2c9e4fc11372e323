// The identity providers of other makers do what they should by themselves: the tests of federation rely on it.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { importPKCS8, SignJWT } from 'jose';
import saml from 'samlify';
import * as openid from '../js/openid.mjs';
import { callback, home, visit } from './chromium.mjs';
import { keyPair } from './peers/keypair.mjs';
import { decline, signIn } from './peers/oidc.mjs';
import { peers } from './peers/peers.mjs';
import * as samlify from './peers/samlify.mjs';
import * as simplesaml from './peers/simplesaml.mjs';

const insecure = { ignoreHTTPSErrors: true };

// back waits until the browser is at the app again, and gives the parameters that it brought.
async function back(page) {
  await page.waitForURL((url) => url.href.startsWith(home()));
  return new URL(page.url()).searchParams;
}

// ask goes to an address with parameters.
const ask = (t, address, query) => visit(t, `${address}?${new URLSearchParams(query)}`, insecure);

const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
const post = (address, fields) => fetch(address, { method: 'POST', body: new URLSearchParams(fields) }).then((r) => r.json());
const get = (address, token) => fetch(address, { headers: token && { Authorization: `Bearer ${token}` } }).then((r) => r.json());

test('peers: OpenID Connect, with other keys after a while', async (t) => {
  const { person, register, rotate, address } = peers.oidc;
  person('ana', { email: 'ana@example.com', email_verified: true });
  const client = await register(callback());
  for (let turn = 0; turn < 2; turn++) {
    const config = await openid.discovery(new URL(address), client.client_id, client.client_secret, openid.ClientSecretPost());
    const verifier = openid.randomPKCECodeVerifier();
    const expected = { expectedNonce: openid.randomNonce(), expectedState: openid.randomState(), pkceCodeVerifier: verifier };
    const page = await visit(t, openid.buildAuthorizationUrl(config, {
      redirect_uri: callback(),
      scope: 'openid email',
      nonce: expected.expectedNonce,
      state: expected.expectedState,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }).href, insecure);
    await signIn(page, 'ana');
    await back(page);
    const tokens = await openid.authorizationCodeGrant(config, new URL(page.url()), expected);
    assert.equal(tokens.claims().sub, 'ana');
    assert.equal((await openid.fetchUserInfo(config, tokens.access_token, 'ana')).email, 'ana@example.com');
    rotate();
  }
});

test('peers: Google, with its People API', async (t) => {
  const { person, register, address } = peers.google;
  person('1001', { email: 'g@example.com', email_verified: true, name: 'Gil Gee', given_name: 'Gil', picture: 'https://example.com/g.png' });
  const { client_id, client_secret } = await register(callback());
  const request = { client_id, redirect_uri: callback(), response_type: 'code' };
  const page = await ask(t, `${address}/auth`, { ...request, scope: 'openid email profile', nonce: 'n' });
  await signIn(page, '1001');
  const code = (await back(page)).get('code');
  const tokens = await post(`${address}/token`, { grant_type: 'authorization_code', client_id, client_secret, code, redirect_uri: callback() });
  const { sub, email, nonce } = claimsOf(tokens.id_token);
  assert.deepEqual({ sub, email, nonce }, { sub: '1001', email: 'g@example.com', nonce: 'n' });
  const found = await get(`${address}/v1/people/me?personFields=names`, tokens.access_token);
  assert.equal(found.names[0].displayName, 'Gil Gee');
  assert.equal(found.emailAddresses, undefined);
  assert.equal((await get(`${address}/v1/people/me?personFields=`, tokens.access_token)).error.status, 'INVALID_ARGUMENT');
});

test('peers: Apple, with a signed client secret, and a name at the first consent alone', async (t) => {
  const { person, register, address } = peers.apple;
  person('0001.a', { email: 'a@example.com', email_verified: 'true', name: { firstName: 'Ada', lastName: 'Apple' } });
  const { client_id, team_id, key_id, private_key } = await register(callback());
  const key = await importPKCS8(`-----BEGIN PRIVATE KEY-----\n${private_key}\n-----END PRIVATE KEY-----`, 'ES256');
  const secret = (audience) =>
    new SignJWT({}).setProtectedHeader({ alg: 'ES256', kid: key_id }).setIssuer(team_id).setSubject(client_id).setAudience(audience).setIssuedAt().setExpirationTime('5m').sign(key);
  const request = { client_id, redirect_uri: callback(), response_type: 'code', scope: 'email name' };
  assert.equal((await fetch(`${address}/auth/authorize?${new URLSearchParams(request)}`)).status, 400);

  for (const first of [true, false]) {
    const page = await ask(t, `${address}/auth/authorize`, { ...request, response_mode: 'form_post' });
    const posted = page.waitForRequest((r) => r.method() === 'POST' && r.url() === callback());
    await signIn(page, '0001.a');
    const answer = new URLSearchParams((await posted).postData());
    assert.equal(answer.get('user'), first ? '{"name":{"firstName":"Ada","lastName":"Apple"},"email":"a@example.com"}' : null);
    const grant = { grant_type: 'authorization_code', client_id, code: answer.get('code'), redirect_uri: callback() };
    const refused = await post(`${address}/auth/token`, { ...grant, client_secret: await secret('https://example.com') });
    assert.deepEqual(refused, { error: 'invalid_client' });
    const { id_token } = await post(`${address}/auth/token`, { ...grant, client_secret: await secret(address) });
    assert.equal(claimsOf(id_token).email, 'a@example.com');
    assert.equal(claimsOf(id_token).name, undefined);
  }
});

test('peers: Facebook, by GET, and declined', async (t) => {
  const { person, register, address } = peers.facebook;
  person('77', { name: 'Fay', email: 'f@example.com' });
  const client = await register(callback());
  const request = { client_id: client.client_id, redirect_uri: callback(), scope: 'public_profile,email', response_type: 'code', state: 's' };
  const page = await ask(t, `${address}/v17.0/dialog/oauth`, request);
  await signIn(page, '77');
  const code = (await back(page)).get('code');
  const redeem = () => get(`${address}/v17.0/oauth/access_token?${new URLSearchParams({ ...client, code, redirect_uri: callback() })}`);
  const { access_token, id_token } = await redeem();
  assert.equal(id_token, undefined);
  assert.deepEqual(await get(`${address}/v17.0/me?fields=name,email`, access_token), { id: '77', name: 'Fay', email: 'f@example.com' });
  assert.equal((await get(`${address}/v17.0/me?fields=shoe`, access_token)).error.type, 'OAuthException');
  assert.equal((await redeem()).error.type, 'OAuthException');

  const other = await ask(t, `${address}/v17.0/dialog/oauth`, request);
  await decline(other);
  assert.deepEqual(Object.fromEntries(await back(other)), {
    error: 'access_denied', error_code: '200', error_description: 'Permissions error', error_reason: 'user_denied', state: 's',
  });
});

test('peers: Amazon, which calls the subject user_id', async (t) => {
  const { person, register, address } = peers.amazon;
  person('amzn1.account.Z', { name: 'Ama', email: 'z@example.com', postal_code: '10115' });
  const { client_id, client_secret } = await register(callback());
  const page = await ask(t, `${address}/ap/oa`, { client_id, redirect_uri: callback(), response_type: 'code', scope: 'profile' });
  await signIn(page, 'amzn1.account.Z');
  const code = (await back(page)).get('code');
  const tokens = await post(`${address}/auth/o2/token`, { grant_type: 'authorization_code', client_id, client_secret, code, redirect_uri: callback() });
  const profile = await get(`${address}/user/profile`, tokens.access_token);
  assert.deepEqual(profile, { user_id: 'amzn1.account.Z', name: 'Ama', email: 'z@example.com' });
});

// A SAML service, by samlify, that signs its requests and wants its assertions encrypted.
const keys = keyPair('service');
const slo = () => `${callback()}?logout`;
const service = () =>
  saml.ServiceProvider({
    entityID: 'urn:service',
    privateKey: keys.key,
    encPrivateKey: keys.key,
    signingCert: keys.certificate,
    encryptCert: keys.certificate,
    authnRequestsSigned: true,
    wantAssertionsSigned: true,
    requestSignatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    assertionConsumerService: [{ Binding: saml.Constants.namespace.binding.post, Location: callback() }],
    singleLogoutService: [{ Binding: saml.Constants.namespace.binding.post, Location: slo() }],
  });

// exchange has a browser take a message to a provider, and gives what it posts to an address in answer.
async function exchange(page, message, address, act = async () => {}) {
  const posted = page.waitForRequest((r) => r.method() === 'POST' && r.url() === address);
  await page.goto(message);
  await act();
  const fields = Object.fromEntries(new URLSearchParams((await posted).postData()));
  await page.waitForURL((url) => url.href === address);
  return fields;
}

for (const [name, enter] of [['samlify', samlify.signIn], ['simplesaml', simplesaml.signIn]]) {
  test(`peers: ${name}, with signed requests, encrypted assertions and logout`, async (t) => {
    const peer = peers[name];
    await peer.start();
    peer.person('mia', { mail: 'mia@example.com' });
    peer.serve({ entity: 'urn:service', acs: callback(), slo: slo(), signed: keys.certificate, encrypted: keys.certificate });
    const sp = service();
    const metadata = (await peer.metadata()).replace(/ WantAuthnRequestsSigned="\w+"/, '').replace('IDPSSODescriptor ', '$&WantAuthnRequestsSigned="true" ');
    const idp = saml.IdentityProvider({ metadata, isAssertionEncrypted: true, messageSigningOrder: 'encrypt-then-sign', wantLogoutRequestSigned: true });
    const page = await visit(t, home(), insecure);

    const RelayState = randomBytes(8).toString('hex');
    const login = sp.createLoginRequest(idp, 'redirect', { relayState: RelayState });
    const given = await exchange(page, login.context, callback(), () => enter(page, 'mia'));
    assert.equal(given.RelayState, RelayState);
    const { extract, samlContent } = await sp.parseLoginResponse(idp, 'post', { body: given });
    assert.equal(extract.nameID, 'mia');
    assert.equal(extract.attributes.mail, 'mia@example.com');
    assert.match(samlContent, /Assertion/);

    const logout = sp.createLogoutRequest(idp, 'redirect', { logoutNameID: 'mia', sessionIndex: extract.sessionIndex.sessionIndex }, { relayState: RelayState });
    const ended = await exchange(page, logout.context, slo());
    assert.equal(ended.RelayState, RelayState);
    await sp.parseLogoutResponse(idp, 'post', { body: ended });
  });
}
