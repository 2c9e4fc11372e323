// Sign-ins that begin at a SAML provider, answers that come twice, other keys, and single logout.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operate } from '../js/world.mjs';
import { callback } from './chromium.mjs';
import { choose, entityOf, federated, go, kinds, newPerson } from './federation.mjs';
import { claimsOf, idp, request, token, tokens } from './shop.mjs';

const kind = kinds.samlify;

// relayOf is what a provider that begins a sign-in says of the app.
const relayOf = (client, name = kind.name) =>
  new URLSearchParams({ identity_provider: name, client_id: client, redirect_uri: callback(), response_type: 'code', scope: 'openid email' }).toString();

// redeemed waits until the browser is at the app, and redeems the code of a sign-in that the app has not asked for.
async function redeemed(page, { client, byPath }) {
  await page.waitForURL((url) => url.href.startsWith(callback()));
  const code = new URL(page.url()).searchParams.get('code');
  const { id_token } = await token(byPath, { grant_type: 'authorization_code', client_id: client, redirect_uri: callback(), code });
  return claimsOf(id_token);
}

test('federation: a sign-in that begins at the provider, where that is allowed', async (t) => {
  const world = await federated(kind, { details: { IDPInit: 'true' } });
  const { subject, expected } = newPerson(kind);
  const address = kind.peer.begin(entityOf(world.pool), relayOf(world.client), subject);
  const page = await go(t, 'about:blank');
  const posted = page.waitForRequest((r) => r.method() === 'POST' && r.url().startsWith(world.byHost));
  await page.goto(address);
  const form = new URLSearchParams((await posted).postData());
  assert.equal((await redeemed(page, world)).email, expected.email);

  const other = await go(t, 'about:blank'); // of somebody who has got hold of the answer
  const fields = [...form].map(([name, value]) => `<input name="${name}" value="${value.replaceAll('"', '&quot;')}">`);
  await other.setContent(`<form method="post" action="${world.byHost}/saml2/idpresponse">${fields.join('')}<button>Send</button></form>`);
  await other.click('button');
  await other.waitForURL((url) => url.href.startsWith(callback()));
  assert.equal(new URL(other.url()).searchParams.get('error'), 'invalid_request', other.url());
});

test('federation: a sign-in that begins at the provider is refused by default', async (t) => {
  const { pool, client, byHost } = await federated(kind);
  const { subject } = newPerson(kind);
  const page = await go(t, kind.peer.begin(entityOf(pool), relayOf(client), subject));
  await page.waitForURL((url) => url.href.startsWith(byHost) || url.href.startsWith(callback()));
  assert.equal(new URL(page.url()).searchParams.get('code'), null, page.url());
});

test('federation: a SAML provider with another key is believed once its metadata say so', async (t) => {
  const { pool, client, byHost, byPath, provider } = await federated(kind);
  const { subject } = newPerson(kind);
  const enter = async () => {
    const asked = request(byHost, client, { identity_provider: kind.name });
    const page = await go(t, asked.address);
    await kind.signIn(page, subject);
    await page.waitForURL((url) => url.href.startsWith(callback()));
    return { page, asked };
  };
  kind.peer.rotate();
  const { page } = await enter();
  assert.equal(new URL(page.url()).searchParams.get('error'), 'invalid_request', page.url());
  const { MetadataURL } = provider.ProviderDetails;
  await operate('UpdateIdentityProvider', { UserPoolId: pool, ProviderName: kind.name, ProviderDetails: { MetadataURL } }, idp);
  const later = await enter();
  await tokens(later.page, { ...later.asked, base: byPath });
});

// leave signs out at the pool's pages.
async function leave(page, { byHost, client }) {
  await page.goto(`${byHost}/logout?${new URLSearchParams({ client_id: client, logout_uri: callback() })}`);
  await page.waitForURL((url) => url.href.startsWith(callback()));
}

for (const one of [kinds.samlify, kinds.simplesaml]) {
  test(`federation: who signs out is signed out at ${one.name}, too`, async (t) => {
    const world = await federated(one, { details: { IDPSignout: 'true' } });
    const { subject } = newPerson(one);
    const asked = request(world.byHost, world.client, { identity_provider: one.name });
    const page = await go(t, asked.address);
    await one.signIn(page, subject);
    await tokens(page, { ...asked, base: world.byPath });
    await leave(page, world);
    assert.ok(!one.peer.knows?.(subject));
    const later = request(world.byHost, world.client, { identity_provider: one.name });
    await page.goto(later.address);
    await one.signIn(page, subject); // they are asked again, here and there
    await tokens(page, { ...later, base: world.byPath });
  });
}

test('federation: who signs out at the provider is signed out here, too', async (t) => {
  const { pool, client, byHost, byPath } = await federated(kind, { details: { IDPSignout: 'true' } });
  const { subject } = newPerson(kind);
  const enter = async (page) => {
    const asked = request(byHost, client);
    await page.goto(asked.address);
    return asked;
  };
  const page = await go(t, 'about:blank');
  const first = await enter(page);
  await choose(page, kind);
  await kind.signIn(page, subject);
  await tokens(page, { ...first, base: byPath });
  await tokens(page, { ...(await enter(page)), base: byPath }); // without being asked anything
  await page.goto(kind.peer.bye(entityOf(pool), subject));
  await page.getByText('signed out everywhere').waitFor();
  await enter(page);
  await page.getByRole('button', { name: `Continue with ${kind.title}` }).waitFor();
});
