// The user's own pages at a pool's domain, against the real server: what they change, and what that ends elsewhere.
import { AxeBuilder } from '@axe-core/playwright';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setMfa } from '../js/flows/world.mjs';
import { Totp } from '../js/totp.mjs';
import { attributeOf, nextCode, password, unique } from '../js/world.mjs';
import { authenticator, visit } from './chromium.mjs';
import { call, request, shop, signIn, tokens } from './shop.mjs';

const wcag = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const fresh = 'Another-Horse-7';

const own = ({ byHost, client }, path = '') => `${byHost}/account${path}?client_id=${client}&lang=en`;

const seen = new Set();

// at waits for a page by its heading. Axe looks at each page once, in a browser that runs scripts.
async function at(page, heading, scripts = true) {
  await page.getByRole('heading', { name: heading, exact: true }).waitFor();
  if (!scripts || seen.has(heading)) return;
  seen.add(heading);
  const { passes, violations } = await new AxeBuilder({ page }).setLegacyMode().withTags(wcag).analyze();
  assert.ok(passes.length > 0, `${heading} was not looked at`);
  assert.deepEqual(violations.map((v) => `${heading}: ${v.help}: ${v.nodes.map((n) => n.html).join(' ')}`), []);
}

const press = (page, name) => page.getByRole('button', { name, exact: true }).click();
const follow = (page, name) => page.getByRole('link', { name }).click();
const says = (page, text) => page.getByText(text, { exact: true }).waitFor();

// enter opens one of the user's own pages in a browser of its own, which is led through the sign-in and back.
async function enter(t, world, { path = '', ...options } = {}) {
  const page = await visit(t, own(world, path), options);
  assert.equal(new URL(page.url()).pathname, '/login');
  await signIn(page, world.username, password);
  return page;
}

const verifies = {
  AutoVerifiedAttributes: ['email'],
  UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] },
};

for (const javaScriptEnabled of [true, false]) {
  test(`own pages: name, address and password, JavaScript ${javaScriptEnabled}`, async (t) => {
    const world = await shop(verifies);
    const attribute = (name) => attributeOf(world.pool, world.username, name);
    const other = await enter(t, world);
    const page = await enter(t, world, { javaScriptEnabled });
    const shows = (heading) => at(page, heading, javaScriptEnabled);
    await shows('Your account');
    assert.equal(new URL(page.url()).pathname, '/account');

    await follow(page, /^Personal details/);
    await shows('Personal details');
    await page.fill('[name=name]', 'Ana María');
    await press(page, 'Save');
    await says(page, 'Your changes were saved.');
    assert.equal(await attribute('name'), 'Ana María');

    const mail = `${unique('new')}@example.com`;
    await follow(page, /^Email address/);
    await shows('Email address');
    await page.getByLabel('Change to').fill(mail);
    await press(page, 'Save');
    await shows('Enter the code');
    await page.fill('[name=code]', '000000');
    await press(page, 'Confirm');
    await says(page, 'This code is not right. Check it and try again.');
    assert.equal(await attribute('email'), world.mail);
    await page.fill('[name=code]', await nextCode(mail));
    await press(page, 'Confirm');
    await says(page, 'Thank you. It is confirmed.');
    assert.deepEqual([await attribute('email'), await attribute('email_verified')], [mail, 'true']);

    await follow(page, /^Password/);
    await shows('Change your password');
    await page.fill('[name=current]', 'Wrong-Horse-1');
    await page.fill('[name=password]', fresh);
    await press(page, 'Save');
    await says(page, 'This is not your current password.');
    await page.fill('[name=current]', password);
    await page.fill('[name=password]', fresh);
    await press(page, 'Save');
    await says(page, 'Your password was changed.');
    await other.goto(own(world));
    await at(other, 'Sign in');
    await page.goto(own(world));
    await shows('Your account');
  });
}

test('own pages: an authenticator app is set up, and asked for from then on', async (t) => {
  const world = await shop();
  await setMfa({ userPoolId: world.pool }, { MfaConfiguration: 'OPTIONAL', SoftwareTokenMfaConfiguration: { Enabled: true } });
  const page = await enter(t, world, { path: '/second-step' });
  await at(page, 'Second step');
  await press(page, 'Authenticator app: Set up');
  await at(page, 'Add an authenticator app');
  assert.ok(await page.getByAltText('QR code with the key below').evaluate((image) => image.complete && image.naturalWidth > 0));
  const app = new Totp((await page.locator('.key code').textContent()).replaceAll(/\s/g, ''));
  await page.fill('[name=code]', app.wrong());
  await press(page, 'Confirm');
  await says(page, 'This code is not right. Check it and try again.');
  await page.fill('[name=code]', app.code());
  await press(page, 'Confirm');
  await says(page, 'Your second step was changed.');

  const again = await enter(t, world);
  await again.getByRole('heading', { name: 'Enter the code' }).waitFor();
  await again.fill('[name=code]', app.code());
  await press(again, 'Continue');
  await at(again, 'Your account');
  await page.goto(own(world, '/second-step'));
  await press(page, 'Authenticator app: Turn off');
  await says(page, 'Your second step was changed.');
  await at(await enter(t, world), 'Your account');
});

test('own pages: a passkey is added, signed in with, and removed', async (t) => {
  const Policies = { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } };
  const world = await shop({ Policies }, {}, { ManagedLoginVersion: 2 });
  const page = await visit(t, own(world));
  const device = await authenticator(await page.context().newCDPSession(page));
  await page.getByLabel('User name').fill(world.username);
  await press(page, 'Continue');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await press(page, 'Sign in');
  await follow(page, /^Passkeys/);
  await at(page, 'Passkeys');
  await says(page, 'You have no passkeys yet.');
  await follow(page, 'Add a passkey');
  await at(page, 'Add a passkey');
  await press(page, 'Create a passkey');
  await at(page, 'Passkeys');
  assert.equal(new URL(page.url()).pathname, '/account/passkeys');
  assert.equal((await device.credentials()).length, 1);

  await follow(page, 'Add a passkey');
  await press(page, 'Create a passkey');
  await says(page, 'This device already has a passkey for this account.');
  await press(page, 'Cancel');
  await at(page, 'Passkeys');
  const remove = page.locator('.rows summary');
  assert.equal(await remove.count(), 1);
  await remove.click();
  await press(page, 'Yes, remove');
  await says(page, 'The passkey was removed.');
  await says(page, 'You have no passkeys yet.');
});

test('own pages: sessions elsewhere are listed and ended, and all at once', async (t) => {
  const world = await shop();
  const first = request(world.byHost, world.client);
  const other = await visit(t, first.address);
  await signIn(other, world.username, password);
  const { access_token: AccessToken } = await tokens(other, { ...first, base: world.byPath });
  const page = await enter(t, world);
  const list = async () => {
    await follow(page, /^Where you are signed in/);
    await at(page, 'Where you are signed in');
  };
  await list();
  const rows = page.locator('.rows li');
  assert.equal(await rows.count(), 3, 'two browsers, and the way to end all');
  await rows.getByText('This browser').waitFor();
  assert.match(await rows.filter({ hasNotText: 'This browser' }).first().textContent(), /Shop/);
  await rows.getByRole('button', { name: /Sign out$/ }).click();
  await says(page, 'You are signed out there.');
  assert.equal(await rows.count(), 2);
  await other.goto(own(world));
  await at(other, 'Sign in');
  await assert.rejects(call('GetUser', { AccessToken }), /NotAuthorizedException/);

  await signIn(other, world.username, password);
  await at(other, 'Your account');
  const second = request(world.byHost, world.client);
  await page.goto(second.address);
  const { access_token } = await tokens(page, { ...second, base: world.byPath });
  await call('GetUser', { AccessToken: access_token });
  await page.goto(own(world, '/sessions'));
  await page.locator('.rows summary').click();
  await press(page, 'Yes, sign out everywhere');
  await at(page, 'You are signed out');
  await assert.rejects(call('GetUser', { AccessToken: access_token }), /NotAuthorizedException/);
  for (const browser of [page, other]) {
    await browser.goto(own(world));
    await at(browser, 'Sign in');
  }
});
