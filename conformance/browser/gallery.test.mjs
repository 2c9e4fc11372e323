// The pages of managed login by themselves: that everything fits, and what their script does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { visit } from './chromium.mjs';
import { eachPage, gallery } from './gallery.mjs';

// lengthen makes every text longer, as a translation may be.
function lengthen() {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { parentElement: at, data } = texts.currentNode;
    if (!data.trim() || at.closest('script, style, noscript')) continue;
    texts.currentNode.data = `${data} ${'longer words'.repeat(9).slice(0, Math.ceil(data.trim().length * 0.4))}`;
  }
}

// unfit lists what is wider than the screen, lies over another control, or is too small to be touched.
function unfit() {
  const wrong = [];
  const rtl = document.documentElement.dir === 'rtl';
  if (document.documentElement.scrollWidth > innerWidth) wrong.push(`scrolls sideways by ${document.documentElement.scrollWidth - innerWidth}`);
  if (getComputedStyle(document.querySelector('h1')).direction !== (rtl ? 'rtl' : 'ltr')) wrong.push('the direction is not the language’s');
  const boxes = [...document.querySelectorAll('button, main input:not([type=hidden]), main a, summary')]
    .filter((e) => e.checkVisibility())
    .map((e) => ({ e, box: e.getBoundingClientRect() }));
  for (const { e, box } of boxes) {
    const name = `${e.localName} ${e.id || e.textContent}`;
    if (box.left < 0 || box.right > innerWidth) wrong.push(`${name} is cut off`);
    if (box.height < 40 || box.width < 40) wrong.push(`${name} is ${box.width} × ${box.height}`);
    for (const other of boxes) {
      const apart = box.right <= other.box.left || other.box.right <= box.left || box.bottom <= other.box.top || other.box.bottom <= box.top;
      if (other.e !== e && !apart && !other.e.closest('.password')) wrong.push(`${name} lies over ${other.e.localName} ${other.e.id}`);
    }
  }
  return wrong;
}

for (const [name, lang, viewport] of [
  ['small phone', 'de', { width: 320, height: 568 }],
  ['phone', 'ar', { width: 390, height: 844 }],
  ['desktop', 'ja', { width: 1280, height: 800 }],
  ['desktop at 200 %', 'ar', { width: 640, height: 400 }],
]) {
  test(`gallery: everything fits, ${name}, ${lang}, and in longer words`, async (t) => {
    const page = await visit(t, gallery, { viewport });
    const wrong = [];
    await eachPage(page, lang, async (at) => {
      wrong.push(...(await page.evaluate(unfit)).map((w) => `${at}: ${w}`));
      await page.evaluate(lengthen);
      wrong.push(...(await page.evaluate(unfit)).map((w) => `${at}, longer: ${w}`));
    });
    assert.deepEqual(wrong, []);
  });
}

// focused names what has the keyboard's focus, once the focus was found to be visible.
const focused = (page) =>
  page.evaluate(() => {
    const at = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(at);
    if (outlineStyle === 'none' || Number.parseFloat(outlineWidth) < 2) return `${at.id} without a visible focus`;
    return at.id || at.getAttribute('aria-label') || at.textContent.trim();
  });

test('gallery: the keyboard goes from top to bottom', async (t) => {
  const page = await visit(t, `${gallery}/sign-in-password?lang=en`);
  const order = [await focused(page)];
  for (let i = 0; i < 6; i++) {
    await page.keyboard.press('Tab');
    order.push(await focused(page));
  }
  const links = ['Forgot your password?', 'Create an account', 'Language: English'];
  assert.deepEqual(order, ['username', 'password', 'Show password', 'Sign in', ...links]);

  await page.goto(`${gallery}/choose?lang=en`);
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'Skip to the form');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'Not you?');
});

test('gallery: an error takes the focus to its field, which names it', async (t) => {
  const page = await visit(t, `${gallery}/code-wrong?lang=en`);
  assert.equal(await focused(page), 'code');
  const field = page.getByRole('textbox', { name: 'Code', description: 'This code is not right. Check it and try again.' });
  assert.equal(await field.getAttribute('aria-invalid'), 'true');
});

test('gallery: a password is shown and hidden, and its rules are met', async (t) => {
  const page = await visit(t, `${gallery}/sign-up?lang=en`);
  const password = page.getByLabel('Password', { exact: true });
  await password.fill('abc1');
  await page.getByRole('button', { name: 'Show password' }).click();
  assert.equal(await password.getAttribute('type'), 'text');
  await page.getByRole('button', { name: 'Hide password' }).click();
  assert.equal(await password.getAttribute('type'), 'password');
  assert.deepEqual(await page.locator('.rules .met').allTextContents(), ['A lower-case letter, Met', 'A number, Met']);
});

test('gallery: a code is pasted as it was sent', async (t) => {
  const page = await visit(t, `${gallery}/code?lang=en`, { permissions: ['clipboard-read', 'clipboard-write'] });
  await page.evaluate(() => navigator.clipboard.writeText(' 123 456 '));
  await page.keyboard.press('ControlOrMeta+V');
  assert.equal(await page.getByLabel('Code').inputValue(), '123456');
});

test('gallery: another code can be asked for when the time has passed', async (t) => {
  const page = await visit(t, 'about:blank');
  await page.clock.install();
  await page.goto(`${gallery}/confirm?lang=en`);
  const button = page.locator('button[name=resend]');
  assert.ok(await button.isDisabled());
  assert.equal(await button.textContent(), 'You can ask for a new code in 30 s');
  await page.clock.runFor(10_000);
  assert.equal(await button.textContent(), 'You can ask for a new code in 20 s');
  await page.clock.runFor(21_000);
  assert.ok(await button.isEnabled());
  assert.equal(await button.textContent(), 'Send a new code');
});

test('gallery: a form is posted once', async (t) => {
  const page = await visit(t, `${gallery}/password?lang=en`);
  let posts = 0;
  await page.route('**/password*', async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    posts++;
    await new Promise((resolve) => setTimeout(resolve, 500));
    await route.continue();
  });
  await page.getByLabel('Password', { exact: true }).fill('x');
  const busy = await page.evaluate(() => {
    const button = document.querySelector('button.primary');
    button.click();
    setTimeout(() => button.click(), 200); // while the first post waits for its answer
    return button.getAttribute('aria-disabled');
  });
  assert.equal(busy, 'true');
  await page.waitForLoadState();
  await page.waitForTimeout(800);
  assert.equal(posts, 1);
});
