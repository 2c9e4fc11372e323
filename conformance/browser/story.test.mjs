// A user's whole story at the pages: an account, a forgotten password, a second step, single sign-on, and the way out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mail, setMfa } from '../js/flows/world.mjs';
import { endpoint, nextCode, password, unique } from '../js/world.mjs';
import { Totp } from '../js/totp.mjs';
import { callback, visit } from './chromium.mjs';
import { claimsOf, newShopApp, request, shop, signIn, token, tokens } from './shop.mjs';

const another = 'Another-Horse-10';
const at = (page, name) => page.waitForSelector(`[data-page=${name}]`);

test('story: signed up, recovered, with a second step, at two apps, and signed out', async (t) => {
  const app = await shop(mail);
  await setMfa({ userPoolId: app.pool }, { MfaConfiguration: 'ON', SoftwareTokenMfaConfiguration: { Enabled: true } });
  const username = unique('newcomer');
  const address = `${username}@example.com`;
  const asked = request(app.byHost, app.client, { lang: 'en' });
  const page = await visit(t, asked.address);

  await page.click('text=Create an account');
  await page.fill('[name=username]', username);
  await page.fill('[name=email]', address);
  await page.fill('[name=password]', password);
  await page.click('button.primary');
  await at(page, 'confirm');
  await page.fill('[name=code]', await nextCode(address));
  await page.click('button.primary');

  await at(page, 'sign-in');
  await page.click('text=Forgot your password?');
  await at(page, 'forgot');
  await page.fill('[name=username]', username);
  await page.click('button.primary');
  await at(page, 'reset');
  await page.fill('[name=code]', await nextCode(address));
  await page.fill('[name=password]', another);
  await page.click('button.primary');

  await at(page, 'sign-in');
  await signIn(page, username, password);
  await page.getByText('The name or the password is not right.').waitFor();
  await signIn(page, username, another);
  await at(page, 'set-up');
  await page.click('#card form button');
  await at(page, 'authenticator');
  const key = (await page.locator('code').first().textContent()).replaceAll(/\s/g, '');
  const device = new Totp(key);
  await page.fill('[name=code]', device.code());
  await page.click('button.primary');
  const first = await tokens(page, { ...asked, base: app.byPath });
  assert.equal(first.claims['cognito:username'], username);

  // The other app's users are signed in already, since the same time.
  const second = request(app.byHost, await newShopApp(app.pool));
  await page.goto(second.address);
  const { claims } = await tokens(page, { ...second, base: app.byPath });
  assert.equal(claims.auth_time, first.claims.auth_time);
  const later = await token(app.byPath, { grant_type: 'refresh_token', client_id: app.client, refresh_token: first.refresh_token });
  assert.equal(claimsOf(later.id_token).sub, first.claims.sub);

  await page.goto(`${app.byHost}/logout?${new URLSearchParams({ client_id: app.client, logout_uri: callback() })}`);
  assert.equal(page.url(), callback());
  await page.goto(request(app.byHost, app.client).address);
  await at(page, 'sign-in');
  await signIn(page, username, another);
  await at(page, 'code');
});
