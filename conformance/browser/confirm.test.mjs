// The page that the links of CONFIRM_WITH_LINK lead to, as people use it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpoint, newApp, newPool, sdk, signUp, statusOf } from '../js/world.mjs';
import { visit } from './chromium.mjs';
import { contrasts } from './contrasts.mjs';

const idp = sdk();

// newLink signs a user up and gives the link in their mail, and a function that gives their status.
async function newLink() {
  const pool = await newPool(idp, { VerificationMessageTemplate: { DefaultEmailOption: 'CONFIRM_WITH_LINK' } });
  const to = await signUp(await newApp(pool, idp), 'ann', idp);
  const answer = await fetch(`${endpoint}/_cardea/inbox.json?to=${encodeURIComponent(to)}`);
  const { messages } = await answer.json();
  const link = messages.at(-1).body.match(/<a href="([^"]*)">Verify Email<\/a>/)[1].replaceAll('&amp;', '&');
  return { link, to, status: () => statusOf(pool, to.split('@')[0], idp) };
}

const screens = [
  { name: 'phone', viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
  { name: 'small phone', viewport: { width: 320, height: 568 }, isMobile: true, colorScheme: 'dark' },
  { name: 'desktop', viewport: { width: 1280, height: 800 } },
  { name: 'dark desktop', viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
  { name: 'desktop at 200 %', viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 },
];

// looksRight checks what can be measured of a page. CONFORMANCE_SCREENSHOTS may name a folder, for the rest.
async function looksRight(page, name) {
  assert.deepEqual(await page.evaluate(contrasts, 2), [], name);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name}: it scrolls sideways`);
  for (const button of await page.getByRole('button').all()) {
    assert.ok((await button.boundingBox()).height >= 44, `${name}: the button is too low`);
  }
  if (process.env.CONFORMANCE_SCREENSHOTS) {
    await page.screenshot({ path: `${process.env.CONFORMANCE_SCREENSHOTS}/${name.replaceAll(/\W+/g, '-')}.png` });
  }
}

test('confirm: one press confirms, on each screen', async (t) => {
  for (const { name, ...options } of screens) {
    const { link, status } = await newLink();
    const page = await visit(t, link, options);
    assert.equal(await page.title(), 'Confirm this account? · app');
    await looksRight(page, `${name} asks`);
    assert.equal(await status(), 'UNCONFIRMED');
    await page.getByRole('button', { name: 'Confirm', exact: true }).click();
    await page.getByRole('heading', { name: 'Your account is confirmed' }).waitFor();
    assert.equal(page.url(), `${endpoint}/confirmUser`, 'the code is in the address');
    await looksRight(page, `${name} confirmed`);
    assert.equal(await status(), 'CONFIRMED');
  }
});

test('confirm: without JavaScript', async (t) => {
  const { link, status } = await newLink();
  const page = await visit(t, link, { javaScriptEnabled: false });
  await page.getByRole('button', { name: 'Confirm', exact: true }).click();
  await page.getByRole('heading', { name: 'Your account is confirmed' }).waitFor();
  assert.equal(await status(), 'CONFIRMED');
});

test('confirm: by the keyboard, with a focus that can be seen', async (t) => {
  const { link, status } = await newLink();
  const page = await visit(t, link);
  for (const focused of ['skip', 'Confirm']) {
    await page.keyboard.press('Tab');
    assert.match(await page.evaluate(() => document.activeElement.className + document.activeElement.textContent), new RegExp(focused));
  }
  const button = page.getByRole('button', { name: 'Confirm', exact: true });
  assert.ok(await button.evaluate((element) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return element === document.activeElement && outlineStyle !== 'none' && outlineWidth !== '0px';
  }));
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Your account is confirmed' }).waitFor();
  assert.equal(await status(), 'CONFIRMED');
});

test('confirm: a browser that opens the page, waits and reloads confirms nobody', async (t) => {
  const { link, status } = await newLink();
  const page = await visit(t, 'about:blank');
  const sent = [];
  page.on('request', (request) => sent.push(`${request.method()} ${new URL(request.url()).pathname}`));
  const problems = [];
  page.on('console', (message) => problems.push(message.text()));
  await page.goto(link);
  await page.reload();
  await page.waitForTimeout(1000);
  assert.deepEqual(sent, ['GET /confirmUser', 'GET /confirmUser']);
  assert.deepEqual(problems, []);
  assert.equal(await status(), 'UNCONFIRMED');
});

test('confirm: a link that was used says so without a code, and the inbox leads to the page', async (t) => {
  const { link, to } = await newLink();
  const inbox = await visit(t, `${endpoint}/_cardea/inbox?to=${encodeURIComponent(to)}`);
  const opened = inbox.context().waitForEvent('page');
  await inbox.frameLocator('iframe').getByRole('link', { name: 'Verify Email' }).click();
  const page = await opened;
  await page.getByRole('button', { name: 'Confirm', exact: true }).click();
  await page.getByRole('heading', { name: 'Your account is confirmed' }).waitFor();
  for (const { name, ...options } of screens.slice(1)) {
    const again = await visit(t, link, options);
    await again.getByRole('button', { name: 'Confirm', exact: true }).click();
    await again.getByRole('heading', { name: 'This link cannot be used' }).waitFor();
    assert.doesNotMatch(await again.content(), /confirmation_code/);
    await looksRight(again, `${name} used`);
  }
});
