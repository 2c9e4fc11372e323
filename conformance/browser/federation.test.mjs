// Sign-ins through identity providers of every kind, from the app and back to it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callback } from './chromium.mjs';
import { choose, federated, go, kinds, newPerson, userOf } from './federation.mjs';
import { claimsOf, request, token, tokens } from './shop.mjs';

const scope = 'openid email profile aws.cognito.signin.user.admin';

// signedOut ends the visitor's session at the pool's pages.
async function signedOut(page, { byHost, client }) {
  await page.goto(`${byHost}/logout?${new URLSearchParams({ client_id: client, logout_uri: callback() })}`);
  await page.waitForURL((url) => url.href.startsWith(callback()));
}

const about = async (base, access) => (await fetch(`${base}/oauth2/userInfo`, { headers: { Authorization: `Bearer ${access}` } })).json();

for (const kind of Object.values(kinds)) {
  test(`federation: ${kind.type} ${kind.name}, twice, refreshed and signed out`, async (t) => {
    const world = await federated(kind);
    const { pool, client, byHost, byPath } = world;
    const { subject, expected, again } = newPerson(kind);
    const asked = request(byHost, client, { scope, nonce: 'n-1' });
    const page = await go(t, asked.address);
    await choose(page, kind);
    await kind.signIn(page, subject);
    const first = await tokens(page, { ...asked, base: byPath });

    const username = `${kind.name}_${subject}`;
    const user = await userOf(pool, username);
    assert.equal(user.UserStatus, 'EXTERNAL_PROVIDER');
    for (const [name, value] of Object.entries(expected)) assert.equal(user.attributes[name], value, name);
    const [identity, ...others] = JSON.parse(user.attributes.identities);
    assert.deepEqual(others, []);
    const { userId, providerName, providerType, issuer } = identity;
    assert.deepEqual({ userId, providerName, providerType }, { userId: subject, providerName: kind.name, providerType: kind.type });
    assert.equal(issuer, kind.issuer?.() ?? null);

    assert.equal(first.claims['cognito:username'], username);
    assert.equal(first.claims.email, expected.email);
    assert.equal(first.claims.nonce, 'n-1');
    assert.deepEqual(first.claims['cognito:groups'], [`${pool}_${kind.name}`]);
    assert.equal(first.claims.identities[0].userId, subject);
    const info = await about(byPath, first.access_token);
    assert.equal(info.sub, first.claims.sub);
    assert.equal(info.email, expected.email);
    const refreshed = await token(byPath, { grant_type: 'refresh_token', client_id: client, refresh_token: first.refresh_token });
    assert.equal(claimsOf(refreshed.id_token).sub, first.claims.sub);

    await signedOut(page, world);
    const changed = again({ name: 'Maria', email: `other-${expected.email}` });
    if (kind.keeps) changed[kind.keeps] = expected[kind.keeps];
    const second = request(byHost, client, { scope, identity_provider: kind.name, ...kind.again });
    await page.goto(second.address); // the provider still knows them
    if (kind.asksAgain) await kind.signIn(page, subject);
    const { claims } = await tokens(page, { ...second, base: byPath });
    assert.equal(claims.sub, first.claims.sub);
    const { attributes } = await userOf(pool, username);
    for (const [name, value] of Object.entries(changed)) assert.equal(attributes[name], value, name);
  });
}

for (const kind of Object.values(kinds).filter(({ decline }) => decline)) {
  test(`federation: ${kind.type} ${kind.name}, declined, and chosen again`, async (t) => {
    const { client, byHost, byPath } = await federated(kind);
    const { subject } = newPerson(kind);
    const asked = request(byHost, client);
    const page = await go(t, asked.address);
    await choose(page, kind);
    await kind.decline(page);
    await page.waitForURL((url) => url.href.startsWith(callback()));
    const answer = new URL(page.url()).searchParams;
    assert.equal(answer.get('error'), kind.declined, page.url());
    assert.equal(answer.get('state'), asked.state);
    await page.goto(asked.address);
    await choose(page, kind);
    await kind.signIn(page, subject);
    await tokens(page, { ...asked, base: byPath });
  });
}
