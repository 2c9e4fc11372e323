// Apache's mod_auth_openidc protects a page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newApp, newDomain, newPool, newUser, password, sdk, secretOf, tlsEndpoint, unique } from '../js/world.mjs';
import { apache, freePort } from './apache.mjs';
import { visit } from './chromium.mjs';
import { signIn } from './shop.mjs';

const idp = sdk(tlsEndpoint);

test('mod_auth_openidc lets users in, keeps others out, and signs out at the pages too', async (t) => {
  const port = await freePort();
  const home = `http://localhost:${port}/`;
  const pool = await newPool(idp);
  const { byPath } = await newDomain(pool, idp, tlsEndpoint);
  const username = unique('apa');
  await newUser(pool, username, idp);
  const client = await newApp(pool, idp, {
    GenerateSecret: true,
    AllowedOAuthFlows: ['code'],
    AllowedOAuthFlowsUserPoolClient: true,
    AllowedOAuthScopes: ['openid', 'email'],
    CallbackURLs: [`${home}private/callback`],
    LogoutURLs: [home],
    SupportedIdentityProviders: ['COGNITO'],
  });
  await apache(t, port, [
    `OIDCProviderMetadataURL ${tlsEndpoint}/${pool}/.well-known/openid-configuration`,
    `OIDCProviderEndSessionEndpoint ${byPath}/logout?client_id=${client}`, // the module does not name the client by itself
    `OIDCClientID ${client}`,
    `OIDCClientSecret ${await secretOf(pool, client, idp)}`,
    'OIDCScope "openid email"',
    'OIDCPKCEMethod S256',
    'OIDCRemoteUserClaim email',
  ]);

  const page = await visit(t, `${home}private/`, { ignoreHTTPSErrors: true });
  await page.waitForSelector('[data-page=sign-in]');
  await signIn(page, username, password);
  await page.waitForURL(`${home}private/`);
  assert.equal(await page.textContent('#user'), `${username}@example.com`);
  assert.match(await page.textContent('#sub'), /^[0-9a-f-]{36}$/);
  await page.reload();
  assert.equal(await page.textContent('#user'), `${username}@example.com`);

  await page.goto(`${home}private/callback?logout=${encodeURIComponent(home)}`);
  await page.waitForURL(home);
  assert.equal(await page.textContent('body'), 'everybody');
  await page.goto(`${home}private/`);
  await page.waitForSelector('[data-page=sign-in]'); // signed out there, and at the pages
});
