// What a newcomer does with the address that a development server prints: the demo app, from a new account to its tokens.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpoint, nextCode, unique } from '../js/world.mjs';
import { visit } from './chromium.mjs';

test('demo: a newcomer makes an account, reads the code in the inbox, and sees the tokens', async (t) => {
  const page = await visit(t, `${endpoint}/_cardea/demo`);
  const name = unique('newcomer');
  const mail = `${name}@example.com`;
  const password = 'Correct-Horse-9';

  await page.click('#sign-in');
  await page.click('text=Create an account');
  await page.fill('[name=username]', name);
  await page.fill('[name=email]', mail);
  await page.fill('[name=password]', password);
  await page.click('button.primary');
  await page.waitForSelector('[data-page=confirm]');
  await page.fill('[name=code]', await nextCode(mail));
  await page.click('button.primary');

  await page.waitForSelector('[data-page=sign-in]');
  assert.equal(await page.inputValue('[name=username]'), name);
  await page.fill('[name=password]', password);
  await page.click('button.primary');
  await page.waitForSelector('#in:not([hidden])');
  assert.equal(await page.textContent('#name'), mail);
  const claims = JSON.parse(await page.textContent('#id-token'));
  assert.equal(claims['cognito:username'], name);
  assert.equal(claims.email_verified, true);

  // Signed out at the app is signed out at the pages: they ask for the password again.
  await page.click('#sign-out');
  await page.waitForSelector('#out:not([hidden])');
  await page.click('#sign-in');
  await page.waitForSelector('[data-page=sign-in]');
});
