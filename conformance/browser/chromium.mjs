// Opens pages in headless Chromium, that of an application or any other: open gives each caller a browser profile of its own, whose
// authenticator keeps passkeys and confirms the user's presence by itself.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after } from 'node:test';
import { chromium } from 'playwright-core';
import { client } from '../js/amplify.mjs';

const html = '<!doctype html><meta charset="utf-8"><title>app</title><script src="/page.js"></script>';

// Switches for features that would look for hosts outside this machine.
const quiet = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

// Both are there before whoever imports them: root hooks of several modules run at once.
const script = await readFile(new URL('dist/page.js', import.meta.url));
const server = createServer((request, response) => {
  if (request.url === '/page.js') response.setHeader('Content-Type', 'text/javascript').end(script);
  else if (/^\/(\?|$)/.test(request.url)) response.setHeader('Content-Type', 'text/html').end(html);
  else if (/^\/callback(\?|$)/.test(request.url)) response.end('back at the app');
  else response.writeHead(404).end();
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const browser = await chromium.launch({ executablePath: process.env.CONFORMANCE_CHROMIUM, args: quiet });

after(async () => {
  await browser.close();
  server.close();
});

// open starts an application in a new profile and gives Amplify's functions, and beside them page, load (which loads
// the page anew) and authenticator.
export async function open(t, settings, options) {
  const context = await browser.newContext(options);
  t.after(() => context.close());
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  const load = async () => {
    await page.goto(home());
    await page.evaluate((cognito) => window.configure(cognito), settings);
  };
  await load();
  const call = (name, input) => page.evaluate(([n, i]) => window.call(n, i), [name, input]);
  return client(call, { page, load, authenticator: await authenticator(devtools) });
}

// home is the address of the application's page, which browsers may be sent back to.
export const home = () => `http://localhost:${server.address().port}/`;

// callback is an address of an application without a page.
export const callback = () => `${home()}callback`;

// visit opens an address in a new profile.
export async function visit(t, url, options) {
  const context = await browser.newContext(options);
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

// authenticator is a virtual one: built into the device, it verifies its user and holds discoverable credentials.
export async function authenticator(devtools) {
  await devtools.send('WebAuthn.enable');
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const send = (method, options) => devtools.send(`WebAuthn.${method}`, { authenticatorId, ...options });
  return {
    credentials: async () => (await send('getCredentials')).credentials,
    add: (credential) => send('addCredential', { credential }),
    verifiesUser: (isUserVerified) => send('setUserVerified', { isUserVerified }), // false: as if they cancelled
  };
}
