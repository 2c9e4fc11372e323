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
    const least = e.closest('.legal') ? 24 : 40; // links in a sentence are as high as its lines
    if (box.height < least || box.width < least) wrong.push(`${name} is ${box.width} × ${box.height}`);
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
    const before = button.offsetWidth;
    button.click();
    setTimeout(() => button.click(), 200); // while the first post waits for its answer
    return [button.getAttribute('aria-disabled'), button.offsetWidth - before];
  });
  assert.deepEqual(busy, ['true', 0]);
  await page.waitForLoadState();
  await page.waitForTimeout(800);
  assert.equal(posts, 1);
});

// places are where the parts of a page are that its visitor looks at.
function places() {
  const parts = [...document.querySelectorAll('h1, label, main input:not([type=hidden]), button.primary')];
  return parts.map((e) => `${e.localName} ${e.id} ${e.getBoundingClientRect().top}`);
}

for (const [name, viewport] of [
  ['phone', { width: 390, height: 844 }],
  ['desktop', { width: 1280, height: 800 }],
]) {
  test(`gallery: an error of one line moves nothing, ${name}`, async (t) => {
    const page = await visit(t, gallery, { viewport });
    for (const [before, after] of [
      ['sign-in-password', 'sign-in-wrong'],
      ['sign-in-password', 'sign-in-empty'],
      ['sign-up', 'sign-up-empty'],
    ]) {
      await page.goto(`${gallery}/${before}?lang=en`);
      const were = await page.evaluate(places);
      await page.goto(`${gallery}/${after}?lang=en`);
      assert.ok(await page.locator('.error').first().isVisible());
      assert.deepEqual(await page.evaluate(places), were, after);
    }
  });
}

test('gallery: titles say where one is; whoever signs in is named and can be changed', async (t) => {
  const page = await visit(t, `${gallery}/sign-in?lang=en`);
  assert.equal(await page.title(), 'Sign in · Acme');
  for (const step of ['choose', 'password', 'passkey', 'code', 'code-app', 'second-factor', 'set-up', 'authenticator', 'new-password', 'confirm', 'reset']) {
    await page.goto(`${gallery}/${step}?lang=en`);
    assert.ok(await page.getByText('ana@example.com').isVisible(), step);
    assert.ok(await page.getByRole('link', { name: 'Not you?' }).isVisible(), step);
  }
});

test('gallery: no page is a dead end', async (t) => {
  const page = await visit(t, gallery);
  await eachPage(page, 'en', async (at) => {
    if (/^(confirm-link|device-(allowed|denied))/.test(at)) return; // it goes on elsewhere, and the page says so
    const ways = page.locator('main a, main button').filter({ visible: true });
    assert.ok((await ways.count()) > 0, at);
  });
  await page.goto(`${gallery}/sign-in?lang=en`);
  await page.goto(`${gallery}/error-client?lang=en`);
  await page.getByRole('button', { name: 'Back' }).click();
  await page.waitForURL('**/sign-in?lang=en');
});

// What the colours of a style, as custom properties, are seen on: the page, the element, and the property; behind a colon, what the
// mouse does.
const seen = [
  ['page', 'sign-in', 'body', 'background-color'],
  ['card', 'sign-in', 'main', 'background-color'],
  ['line', 'sign-in', 'main', 'border-top-color'],
  ['text', 'sign-in', 'h1', 'color'],
  ['lead', 'sign-in', '.lead', 'color'],
  ['body', 'sign-in', '.more', 'color'],
  ['page-text', 'sign-in', '.brand', 'color'],
  ['page-body', 'sign-in', 'summary', 'color'],
  ['label', 'sign-in', 'label', 'color'],
  ['hint', 'sign-up', '.rules', 'color'],
  ['pending', 'sign-up', '.rules li', 'border-top-color', '::before'],
  ['link', 'sign-in', '.more a', 'color'],
  ['link-hover', 'sign-in', '.more a:hover', 'color'],
  ['divider', 'password', '.account', 'border-top-color'],
  ['divider', 'sign-in-providers', '.or', 'border-top-color', '::before'],
  ['field', 'sign-in-password', '#password', 'background-color'],
  ['field-line', 'sign-in-password', '#password', 'border-top-color'],
  ['field-text', 'sign-in-password', '#password', 'color'],
  ['field-link', 'sign-in-password', '.password button', 'color'],
  ['focus', 'sign-in', '#username', 'outline-color'],
  ['error', 'sign-in-wrong', '.error', 'color'],
  ['alert', 'sign-in-locked', '.alert', 'background-color'],
  ['alert-line', 'sign-in-locked', '.alert', 'border-top-color'],
  ['alert-text', 'sign-in-locked', '.alert', 'color'],
  ['done', 'sign-in-confirmed', '.notice', 'background-color'],
  ['done-line', 'sign-in-confirmed', '.notice', 'border-top-color'],
  ['done-text', 'sign-in-confirmed', '.notice', 'color'],
  ['primary', 'sign-in', '.primary', 'background-color'],
  ['primary-text', 'sign-in', '.primary', 'color'],
  ['primary-hover', 'sign-in', '.primary:hover', 'background-color'],
  ['primary-hover-text', 'sign-in', '.primary:hover', 'color'],
  ['second', 'choose', '.choices button', 'background-color'],
  ['second-line', 'choose', '.choices button', 'border-top-color'],
  ['second-text', 'choose', '.choices button', 'color'],
  ['second-hover', 'choose', '.choices button:hover', 'background-color'],
  ['idp', 'sign-in-providers', '.providers button', 'background-color'],
  ['idp-line', 'sign-in-providers', '.providers button', 'border-top-color'],
  ['idp-text', 'sign-in-providers', '.providers button', 'color'],
  ['idp-hover', 'sign-in-providers', '.providers button:hover', 'background-color'],
  ['header', 'sign-in-style', '.bar.top', 'background-color'],
  ['header-line', 'sign-in-style', '.bar.top', 'border-bottom-color'],
  ['footer', 'sign-in-style', '.bar.bottom', 'background-color'],
  ['footer-line', 'sign-in-style', '.bar.bottom', 'border-top-color'],
  ['footer-text', 'sign-in-style', '.bar.bottom', 'color'],
];

test('gallery: the colours of a style are seen', async (t) => {
  const page = await visit(t, gallery, { reducedMotion: 'reduce', viewport: { width: 1280, height: 800 } });
  const wrong = [];
  for (const [name, at, element, property, part] of seen) {
    await page.goto(`${gallery}/${at}?lang=en`);
    await page.evaluate((n) => document.documentElement.style.setProperty(`--${n}`, '#123456'), name);
    const [selector, mouse] = element.split(':');
    const target = page.locator(selector).first();
    if (mouse) await target.hover();
    const color = await target.evaluate((e, [p, of]) => getComputedStyle(e, of).getPropertyValue(p), [property, part]);
    if (color !== 'rgb(18, 52, 86)') wrong.push(`--${name}: ${property} of ${element} is ${color}`);
  }
  assert.deepEqual(wrong, []);
});

test('gallery: a style places the form, the bars and the logo', async (t) => {
  const page = await visit(t, `${gallery}/sign-in-style?lang=en`, { viewport: { width: 1280, height: 800 } });
  const box = (selector) => page.locator(selector).first().boundingBox();
  assert.deepEqual([(await box('.bar.top')).width, (await box('.bar.bottom')).width], [1280, 1280]);
  assert.ok((await box('.bar.top .logo')).x < 40);
  assert.match(await page.locator('body').evaluate((e) => getComputedStyle(e).backgroundImage), /assets\/page\.svg/);
  const names = await page.locator('.providers button').allTextContents();
  assert.deepEqual(names, ['Continue with Acme', 'Continue with Google', 'Continue with Apple']);
  assert.ok((await box('.providers')).y > (await box('.primary')).y);

  await page.goto(`${gallery}/sign-in-style-start?lang=en`);
  const form = await box('main');
  assert.ok(form.x < 40 && form.y > 200, `the form is at ${form.x}, ${form.y}`);
  assert.match(await page.locator('main').evaluate((e) => getComputedStyle(e).backgroundImage), /assets\/page\.svg/);
  const provider = page.getByRole('button', { name: 'Google' });
  assert.ok(!(await provider.isVisible()));
  await page.locator('.menu summary').click();
  assert.ok(await provider.isVisible());
});
