// What goes another way than to a button and back: who is sent where, links, failures of providers, and answers that others have got
// hold of.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newApp, newDomain, newPool, newUser, operate, password, sdk, secretOf, tlsEndpoint, unique } from '../js/world.mjs';
import { callback } from './chromium.mjs';
import { choose, connect, federated, go, kinds, newPerson, userOf } from './federation.mjs';
import { login } from './peers/oidc.mjs';
import { peers } from './peers/peers.mjs';
import { idp, newShopApp, request, shop, signIn, tokens } from './shop.mjs';

// answer waits until the browser is back at the app, and gives what it has brought.
async function answer(page) {
  await page.waitForURL((url) => url.href.startsWith(callback()));
  return Object.fromEntries(new URL(page.url()).searchParams);
}

// answerFor signs a person in at oidc-provider, and gives the address that it sends the browser to, which does not go there.
async function answerFor(page, name) {
  await login(page, name);
  const { request } = page.context();
  let sent = await request.post(await page.locator('form').getAttribute('action'), { form: { prompt: 'consent' }, maxRedirects: 0 });
  for (;;) {
    const { location } = sent.headers();
    if (location.includes('/oauth2/idpresponse')) return location;
    sent = await request.get(location, { maxRedirects: 0 });
  }
}

test('federation: visitors are routed by identifier and by address, and wishes are passed on', async (t) => {
  const domain = `${unique('corp')}.example`;
  const kind = kinds.oidc;
  const { client, byHost } = await federated(kind, {
    provider: { IdpIdentifiers: [domain, 'staff'] },
    client: { SupportedIdentityProviders: ['COGNITO', kind.name] },
  });
  const page = await go(t, request(byHost, client, { idp_identifier: 'staff', prompt: 'login', login_hint: 'mia@example.com' }).address);
  await page.waitForSelector('[name=login]');
  const { prompt, login_hint, nonce, state, code_challenge_method } = kind.peer.asked();
  assert.deepEqual({ prompt, login_hint, code_challenge_method }, { prompt: 'login', login_hint: 'mia@example.com', code_challenge_method: 'S256' });
  assert.ok(nonce.length >= 20 && state.length >= 32 && state.length <= 80);

  await page.goto(request(byHost, client).address);
  await page.getByLabel('User name').fill(`mia@${domain.toUpperCase()}`);
  await page.locator('button.primary').click();
  await page.waitForSelector('[name=login]');
  assert.equal(kind.peer.asked().login_hint.toLowerCase(), `mia@${domain}`);
});

test('federation: a provider that fails is told of, and another way works', async (t) => {
  const kind = kinds.oidc;
  const at = kind.peer.address;
  const dead = { authorize_url: `${at}/auth`, token_url: 'https://127.0.0.1:9/token', attributes_url: `${at}/me`, jwks_uri: `${at}/jwks` };
  const { client, byHost, byPath, username } = await federated(kind, { details: dead, client: { SupportedIdentityProviders: ['COGNITO', kind.name] } });
  const { subject } = newPerson(kind);
  const asked = request(byHost, client);
  const page = await go(t, asked.address);
  await choose(page, kind);
  await kind.signIn(page, subject);
  const { error, error_description, state } = await answer(page);
  assert.deepEqual({ error, state }, { error: 'invalid_request', state: asked.state });
  assert.match(error_description, /^Partner Error/);
  await page.goto(asked.address);
  await signIn(page, username, password);
  await tokens(page, { ...asked, base: byPath });
});

test('federation: a provider whose keys change', async (t) => {
  const kind = { ...kinds.oidc, peer: peers.rotating, register: ({ byHost }) => peers.rotating.register(`${byHost}/oauth2/idpresponse`) };
  const { client, byHost, byPath } = await federated(kind, { details: { oidc_issuer: peers.rotating.address } });
  const subs = new Set();
  for (let turn = 0; turn < 2; turn++) {
    const asked = request(byHost, client, { identity_provider: kind.name });
    const page = await go(t, asked.address);
    await kind.signIn(page, 'mia');
    subs.add((await tokens(page, { ...asked, base: byPath })).claims.sub);
    kind.peer.rotate();
  }
  assert.equal(subs.size, 1);
});

test('federation: an answer is good for its own browser, and once', async (t) => {
  const kind = kinds.oidc;
  const { client, byHost, byPath } = await federated(kind);
  const { subject } = newPerson(kind);
  const asked = request(byHost, client, { identity_provider: kind.name });
  const page = await go(t, asked.address);
  const taken = await answerFor(page, subject);

  const other = await go(t, taken);
  assert.ok(other.url().startsWith(byHost), other.url());
  const begun = await go(t, request(byHost, client, { identity_provider: kind.name }).address); // another's own trip does not help
  const swapped = new URL(taken);
  swapped.searchParams.set('state', new URL(await answerFor(begun, newPerson(kind).subject)).searchParams.get('state'));
  await begun.goto(swapped.href);
  assert.equal(new URL(begun.url()).searchParams.get('error'), 'invalid_request', begun.url());

  await page.goto(taken);
  await tokens(page, { ...asked, base: byPath });
  await page.goto(taken);
  assert.ok(page.url().startsWith(byHost), page.url());
});

test('federation: an account that was linked before the first sign-in, and unlinked', async (t) => {
  const kind = kinds.google;
  const { pool, client, byHost, byPath, username } = await federated(kind, { client: { SupportedIdentityProviders: ['COGNITO', kind.name] } });
  const local = await userOf(pool, username);
  const { subject } = newPerson(kind);
  const identity = { ProviderName: kind.name, ProviderAttributeName: 'Cognito_Subject', ProviderAttributeValue: subject };
  const link = { UserPoolId: pool, DestinationUser: { ProviderName: 'Cognito', ProviderAttributeValue: username }, SourceUser: identity };
  await operate('AdminLinkProviderForUser', link, idp);

  const enter = async () => {
    const asked = request(byHost, client, { identity_provider: kind.name });
    const page = await go(t, asked.address);
    await kind.signIn(page, subject);
    return (await tokens(page, { ...asked, base: byPath })).claims;
  };
  const linked = await enter();
  assert.equal(linked.sub, local.attributes.sub);
  assert.equal(linked['cognito:username'], username);
  assert.equal(linked.identities[0].userId, subject);
  await operate('AdminDisableProviderForUser', { UserPoolId: pool, User: identity }, idp);
  const unlinked = await enter();
  assert.notEqual(unlinked.sub, local.attributes.sub);
  assert.equal(unlinked['cognito:username'], `${kind.name}_${subject}`);
});

test('federation: one pool is the provider of another', async (t) => {
  const distant = sdk(tlsEndpoint);
  const upstream = await newPool(distant);
  await newDomain(upstream, distant, tlsEndpoint);
  const username = unique('ana');
  await newUser(upstream, username, distant);
  const world = await shop();
  const app = await newApp(upstream, distant, {
    GenerateSecret: true,
    AllowedOAuthFlows: ['code'],
    AllowedOAuthFlowsUserPoolClient: true,
    AllowedOAuthScopes: ['openid', 'email', 'profile'],
    CallbackURLs: [`${world.byPath}/oauth2/idpresponse`],
    SupportedIdentityProviders: ['COGNITO'],
  });
  const kind = { ...kinds.oidc, name: 'Upstream', title: 'Upstream', register: undefined, mapping: { email: 'email', email_verified: 'email_verified' } };
  await connect(world, kind, {
    details: { client_id: app, client_secret: await secretOf(upstream, app, distant), oidc_issuer: `${tlsEndpoint}/${upstream}`, authorize_scopes: 'openid email' },
  });
  const client = await newShopApp(world.pool, { SupportedIdentityProviders: [kind.name] });
  const asked = request(world.byPath, client); // by path: an app of Cognito's is called back by https, or at the machine itself
  const page = await go(t, asked.address);
  await choose(page, kind);
  await page.waitForURL((url) => url.port === new URL(tlsEndpoint).port);
  await signIn(page, username, password);
  const { claims } = await tokens(page, asked);
  assert.equal(claims.email, `${username}@example.com`);
  assert.equal(claims.email_verified, true);
  assert.match(claims['cognito:username'], /^Upstream_/);
});

test('federation: an account with the same verified address is linked by signing in to it', async (t) => {
  const kind = kinds.google;
  const { pool, client, byHost, byPath, username, mail } = await federated(kind, {
    pool: { UserPoolTags: { 'cardea:link': 'verified-email' } },
    client: { SupportedIdentityProviders: ['COGNITO', kind.name] },
  });
  const { subject } = newPerson(kind, { email: mail });
  const { attributes } = await userOf(pool, username);
  const asked = request(byHost, client, { identity_provider: kind.name });
  const page = await go(t, asked.address);
  await kind.signIn(page, subject);
  await signIn(page, username, password);
  const { claims } = await tokens(page, { ...asked, base: byPath });
  assert.equal(claims.sub, attributes.sub);
  assert.equal(claims.identities[0].userId, subject);

  const later = await go(t, asked.address); // the provider is enough from now on
  await kind.signIn(later, subject);
  assert.equal((await tokens(later, { ...asked, base: byPath })).claims.sub, attributes.sub);
});
