// The inbox of a development server, as people use it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeFor, endpoint, newApp, newPool, sdk, signUp } from '../js/world.mjs';
import { visit } from './chromium.mjs';
import { contrasts } from './contrasts.mjs';

const inbox = `${endpoint}/_cardea/inbox`;
const idp = sdk();

// newInbox makes a pool with these templates, and gives a function that signs a user up there and gives the address.
async function newInbox(template) {
  const pool = await newPool(idp, template ? { VerificationMessageTemplate: template } : {});
  const client = await newApp(pool, idp);
  return { address: `${inbox}?q=${pool}`, arrive: (name) => signUp(client, name, idp) };
}

const item = (page, to) => page.locator('#list > li', { hasText: to });

test('inbox: messages arrive without reloading, and nothing that is open or focused changes', async (t) => {
  const { address, arrive } = await newInbox();
  const page = await visit(t, address, { reducedMotion: 'reduce' });
  await page.getByRole('heading', { name: 'No message fits' }).waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  await page.evaluate(() => (window.kept = true));

  const first = await arrive('ann');
  const older = item(page, first);
  await older.waitFor({ timeout: 5000 });
  assert.match(await page.getByRole('status').textContent(), /New message: .*ann-/);
  assert.equal(await older.locator('code').textContent(), await codeFor(first));
  await older.locator('.view.text').getByText('Your verification code is').waitFor();
  await older.getByRole('button').focus();

  const second = await arrive('bob');
  await item(page, second).waitFor({ timeout: 5000 });
  assert.match(await page.locator('#list > li').first().textContent(), /bob-/);
  assert.ok(await page.evaluate(() => window.kept), 'the page was loaded anew');
  const open = (message) => message.locator('details').evaluate((details) => details.open);
  assert.deepEqual([await open(item(page, second)), await open(older)], [false, true]);
  assert.ok(await older.getByRole('button').evaluate((button) => button === document.activeElement), 'the focus was lost');
  await page.locator('#summary').getByText('2 messages').waitFor();
  const motion = await item(page, second).locator('article').evaluate((article) => getComputedStyle(article).animationName);
  assert.equal(motion, 'none');
});

test('inbox: messages arrive also when the server refuses to stream events, and when it streams again', async (t) => {
  const { address, arrive } = await newInbox();
  const page = await visit(t, 'about:blank');
  let refused = true;
  await page.route('**/_cardea/inbox/events', (route) => (refused ? route.fulfill({ status: 503 }) : route.continue()));
  await page.goto(address);
  await page.getByText('Reconnecting…').waitFor();
  await item(page, await arrive('ann')).waitFor({ timeout: 10_000 });
  refused = false;
  await page.getByText('Live', { exact: true }).waitFor({ timeout: 10_000 });
  await item(page, await arrive('bob')).waitFor({ timeout: 5000 });
});

test('inbox: search narrows the list while one types', async (t) => {
  const { address, arrive } = await newInbox();
  const [ann, bob] = [await arrive('ann'), await arrive('bob')];
  const page = await visit(t, address);
  await item(page, bob).waitFor();
  await page.getByLabel('Search').fill(`${ann.split('@')[0].toUpperCase()} verification`);
  await item(page, bob).waitFor({ state: 'detached' });
  assert.ok(await item(page, ann).isVisible());
  assert.match(page.url(), /q=ANN-/);
  await page.getByLabel('Search').fill(await codeFor(bob));
  await item(page, bob).waitFor();
  await page.getByLabel('Search').fill('no such words');
  await page.getByRole('heading', { name: 'No message fits' }).waitFor();
});

test('inbox: the code is one click, or one key, from the clipboard', async (t) => {
  const { address, arrive } = await newInbox();
  const [ann, bob] = [await arrive('ann'), await arrive('bob')];
  const page = await visit(t, address, { permissions: ['clipboard-read', 'clipboard-write'] });
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  await item(page, ann).getByRole('button').click();
  await item(page, ann).getByText('Copied').waitFor();
  assert.equal(await clipboard(), await codeFor(ann));

  // From the top of the page by the Tab key: the title, the field, its button, the newest message's button.
  await page.reload();
  const focused = () => page.evaluate(() => {
    const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
    return [document.activeElement.innerText || document.activeElement.id, outlineStyle !== 'none' && outlineWidth !== '0px'];
  });
  for (const name of ['Skip to the messages', 'Inbox', 'search', 'Search', 'Copy', 'Message']) {
    await page.keyboard.press('Tab');
    const [text, visible] = await focused();
    assert.ok(text.startsWith(name), `${text} has the focus, not ${name}`);
    assert.ok(visible, `${name}: its focus cannot be seen`);
    if (name === 'Copy') {
      await page.keyboard.press('Enter');
      await item(page, bob).getByText('Copied').waitFor();
      assert.equal(await clipboard(), await codeFor(bob));
    }
  }
  const details = item(page, bob).locator('details');
  await page.keyboard.press('Enter');
  assert.equal(await details.evaluate((element) => element.open), false);
});

const hostile = {
  EmailSubject: '<img src=x onerror="document.title=1">',
  EmailMessage: `<h1>Welcome</h1><p>{####}</p><a href="${endpoint}/livez?code={####}">Confirm</a>
    <script>document.querySelector('h1').textContent = 'ran'; top.document.title = 'ran'</script>
    <img src="http://127.0.0.1:9/pixel.png" onerror="document.body.textContent = 'ran'">
    <link rel="stylesheet" href="http://127.0.0.1:9/style.css">
    <form action="${endpoint}/livez"><button>Send</button></form>
    <a href="${endpoint}/livez" target="_top">Out</a>`,
};

test('inbox: HTML is shown as a mail program would, and can do nothing', async (t) => {
  const { address, arrive } = await newInbox(hostile);
  const to = await arrive('eve');
  const page = await visit(t, 'about:blank');
  const sent = [];
  page.context().on('requestfinished', (request) => sent.push(request.url()));
  await page.goto(address);
  const frame = page.frameLocator('iframe');
  await frame.getByRole('heading', { name: 'Welcome' }).waitFor();
  assert.equal(await page.title(), 'Inbox · Cardea');
  assert.equal(await frame.locator('body').evaluate(() => window.origin), 'null');
  await frame.getByRole('button', { name: 'Send' }).click();
  await frame.getByRole('heading', { name: 'Welcome' }).waitFor();

  for (const name of ['Confirm', 'Out']) {
    const opened = page.context().waitForEvent('page');
    await frame.getByRole('link', { name }).click({ timeout: 3000 });
    if (name === 'Confirm') {
      const tab = await opened;
      await tab.waitForURL(/livez\?code=\d{6}$/);
      await tab.close();
    } else {
      opened.catch(() => {}); // it may lead nowhere
    }
  }
  assert.ok(page.url().startsWith(inbox), `the message led the page to ${page.url()}`);
  for (const url of sent) assert.ok(url.startsWith(`${endpoint}/`), `the message loaded ${url}`);

  // The arrow keys choose among the ways to show it.
  await page.getByLabel('As seen').focus();
  await page.keyboard.press('ArrowRight');
  await page.locator('.view.text').getByText('Welcome').waitFor();
  assert.equal(await page.locator('iframe').isVisible(), false);
  await page.keyboard.press('ArrowRight');
  await page.locator('.view.source').getByText('<h1>Welcome</h1>').waitFor();

  const [tab] = await Promise.all([
    page.context().waitForEvent('page'),
    page.getByRole('list', { name: 'Links in the message' }).getByRole('link').first().click(),
  ]);
  await tab.waitForURL(`${endpoint}/livez?code=${await codeFor(to)}`);
});

test('inbox: without JavaScript it is read and searched', async (t) => {
  const { address, arrive } = await newInbox(hostile);
  const [ann, bob] = [await arrive('ann'), await arrive('bob')];
  const page = await visit(t, address, { javaScriptEnabled: false });
  assert.equal(await item(page, ann).locator('code').textContent(), await codeFor(ann));
  assert.equal(await page.getByRole('button', { name: 'Copy' }).count(), 0);
  await page.getByLabel('Text').first().check();
  assert.ok(await item(page, bob).locator('.view.text').isVisible());
  await page.getByLabel('Search').fill(ann);
  await page.getByRole('button', { name: 'Search' }).click();
  await item(page, ann).waitFor();
  assert.equal(await item(page, bob).count(), 0);
});

for (const colorScheme of ['light', 'dark']) {
  test(`inbox: ${colorScheme}, it can be read on a phone and a desktop`, async (t) => {
    const { address, arrive } = await newInbox(hostile);
    await arrive(`a-name-that-is-much-longer-than-a-phone-is-wide-${'x'.repeat(60)}`);
    await arrive('ann');
    for (const [width, height] of [[320, 640], [390, 844], [1280, 800]]) {
      const page = await visit(t, address, { colorScheme, viewport: { width, height } });
      await page.getByText('Live', { exact: true }).waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, `at ${width} the page is wider`);
      assert.deepEqual(await page.evaluate(contrasts), []);
      for (const button of await page.getByRole('button').all()) assert.ok((await button.boundingBox()).height >= 44);
    }
  });
}
