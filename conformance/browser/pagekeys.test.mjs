// Passkeys at the pages of a pool's domain: made there, offered after a sign-up, and signed in with from the field of the name.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpoint, newApp, newDomain, newPool, newUser, nextCode, password, sdk, unique } from '../js/world.mjs';
import { authenticator, callback, visit } from './chromium.mjs';

const idp = sdk();

// shop is an app whose users may sign in with a passkey, which is for the host of the pool's pages.
async function shop(more = {}) {
  const Policies = { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } };
  const pool = await newPool(idp, { Policies, ...more });
  const { byHost } = await newDomain(pool, idp, endpoint, { ManagedLoginVersion: 2 });
  const client = await newApp(pool, idp, {
    ClientName: 'Shop',
    AllowedOAuthFlows: ['code'],
    AllowedOAuthFlowsUserPoolClient: true,
    AllowedOAuthScopes: ['openid'],
    CallbackURLs: [callback()],
    SupportedIdentityProviders: ['COGNITO'],
    ExplicitAuthFlows: ['ALLOW_USER_AUTH'],
  });
  const username = unique('ana');
  await newUser(pool, username, idp);
  const address = (path, query = {}) =>
    `${byHost}${path}?${new URLSearchParams({ client_id: client, redirect_uri: callback(), lang: 'en', ...query })}`;
  const request = (query) => address('/oauth2/authorize', { response_type: 'code', scope: 'openid', ...query });
  return { username, address, request, host: new URL(byHost).hostname };
}

// start opens an address in a browser with an authenticator.
async function start(t, address) {
  const page = await visit(t, address);
  return { page, device: await authenticator(await page.context().newCDPSession(page)) };
}

async function typePassword(page, username) {
  await page.getByLabel('User name').fill(username);
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

// back waits until the browser is at the app, and gives what the app was told.
async function back(page) {
  await page.waitForURL((url) => url.href.startsWith(callback()));
  return new URL(page.url()).searchParams;
}

// enrolled is a browser whose user has made a passkey at the pages.
async function enrolled(t, { address, username }) {
  const opened = await start(t, address('/passkeys/add', { state: 's1' }));
  await typePassword(opened.page, username);
  await opened.page.getByRole('heading', { name: 'Add a passkey' }).waitFor();
  await opened.page.getByRole('button', { name: 'Create a passkey' }).click();
  const told = await back(opened.page);
  assert.deepEqual([...told], [['state', 's1']]);
  return opened;
}

test('page keys: made at the pages, for the host of the domain', async (t) => {
  const own = await shop();
  const { page, device } = await enrolled(t, own);
  const [kept, ...more] = await device.credentials();
  assert.deepEqual([kept.rpId, kept.isResidentCredential, more.length], [own.host, true, 0]);

  await page.goto(own.address('/passkeys/add', { state: 's3' }));
  await page.getByRole('button', { name: 'Create a passkey' }).click();
  await page.getByText('This device already has a passkey for this account.').waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await back(page);
  assert.equal((await device.credentials()).length, 1);
});

test('page keys: the browser offers them in the field of the name', async (t) => {
  const own = await shop();
  const { page } = await enrolled(t, own);
  await page.context().clearCookies();
  await page.goto(own.request({ state: 's2' }), { waitUntil: 'commit' }); // the authenticator picks the passkey by itself
  const told = await back(page);
  assert.equal(told.get('state'), 's2');
  assert.ok(told.get('code'));
});

test('page keys: a button asks for them, and again after the user has cancelled', async (t) => {
  const own = await shop();
  const { page, device } = await enrolled(t, own);
  await page.context().clearCookies();
  await page.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = async () => false;
  });
  await page.goto(own.request());
  await device.verifiesUser(false);
  const button = page.getByRole('button', { name: 'Sign in with a passkey' });
  await button.click();
  await page.waitForTimeout(500);
  assert.ok(page.url().includes('/login?'), page.url());
  await device.verifiesUser(true);
  await button.click();
  assert.ok((await back(page)).get('code'));
});

test('page keys: what is offered is renewed before its time is over', async (t) => {
  const own = await shop();
  const { page } = await enrolled(t, own);
  await page.context().clearCookies();
  await page.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = async () => false;
  });
  await page.clock.install();
  await page.goto(own.request());
  const shown = () => page.evaluate(() => ({ ...document.querySelector('[data-offer]').dataset, sealed: document.querySelector('[name=ceremony]').value }));
  const first = await shown();
  assert.equal(first.renew, '225');
  await page.getByLabel('User name').fill('typed meanwhile');
  await page.clock.fastForward(230_000);
  await page.waitForFunction((old) => document.querySelector('[name=ceremony]').value !== old, first.sealed);
  const second = await shown();
  assert.notEqual(JSON.parse(second.offer).challenge, JSON.parse(first.offer).challenge);
  assert.equal(await page.getByLabel('User name').inputValue(), 'typed meanwhile');
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  assert.ok((await back(page)).get('code'));
});

for (const takes of [true, false]) {
  test(`page keys: offered after a sign-up, ${takes ? 'taken' : 'skipped'}`, async (t) => {
    const own = await shop({ AutoVerifiedAttributes: ['email'] });
    const { page, device } = await start(t, own.request());
    const [name, mail] = [unique('eva'), `${unique('eva')}@example.com`];
    await page.getByRole('link', { name: 'Create an account' }).click();
    await page.getByLabel('User name').fill(name);
    await page.getByLabel('Email address').fill(mail);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByLabel('Code', { exact: true }).fill(await nextCode(mail));
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.getByText('Your account is confirmed.').waitFor();
    await typePassword(page, name);
    await page.getByRole('heading', { name: 'Sign in faster next time' }).waitFor();
    await page.getByRole('button', { name: takes ? 'Create a passkey' : 'Not now' }).click();
    assert.ok((await back(page)).get('code'));
    assert.equal((await device.credentials()).length, takes ? 1 : 0);
  });
}

test('page keys: without JavaScript the pages say so, and lead on', async (t) => {
  const own = await shop();
  const page = await visit(t, own.address('/passkeys/add', { state: 's4' }), { javaScriptEnabled: false });
  assert.ok(!(await page.getByRole('button', { name: 'Sign in with a passkey' }).isVisible()));
  await typePassword(page, own.username);
  await page.locator('noscript p').waitFor();
  await page.getByRole('button', { name: 'Create a passkey' }).click();
  await page.getByText('That did not work.').waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await back(page);
});
