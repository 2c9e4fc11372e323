// next-auth, and its successor Auth.js, with their Cognito providers: servers that are relying parties.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { ExpressAuth } from '@auth/express';
import Cognito from '@auth/express/providers/cognito';
import express from 'express';
import { newApp, newDomain, newPool, newUser, password, sdk, secretOf, tlsEndpoint, unique } from '../js/world.mjs';
import { visit } from './chromium.mjs';
import { signIn } from './shop.mjs';

const required = createRequire(import.meta.url); // next-auth is in CommonJS
const NextAuth = required('next-auth').default;
const CognitoProvider = required('next-auth/providers/cognito').default;

const idp = sdk(tlsEndpoint);
const secret = 'a secret that the cookies of the application are sealed with';

// serve serves an application until the test ends, and gives its address.
async function serve(t, app) {
  const server = createServer(app);
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(() => server.close());
  t.after(() => server.closeAllConnections());
  return `http://localhost:${server.address().port}`;
}

// register makes a pool with a user, and a confidential client that has its answers sent to an address.
async function register(callback) {
  const pool = await newPool(idp);
  await newDomain(pool, idp, tlsEndpoint);
  const username = unique('nea');
  await newUser(pool, username, idp);
  const client = await newApp(pool, idp, {
    GenerateSecret: true,
    AllowedOAuthFlows: ['code'],
    AllowedOAuthFlowsUserPoolClient: true,
    AllowedOAuthScopes: ['openid', 'email', 'profile'],
    CallbackURLs: [callback],
    SupportedIdentityProviders: ['COGNITO'],
  });
  const provider = { clientId: client, clientSecret: await secretOf(pool, client, idp), issuer: `${tlsEndpoint}/${pool}` };
  return { username, provider };
}

// keep puts what the provider answered into the application's own session, as applications do that call an API.
const callbacks = {
  jwt: ({ token, account, profile }) => (account ? { ...token, sub: profile.sub, accessToken: account.access_token } : token),
  session: ({ session, token }) => ({ ...session, sub: token.sub, accessToken: token.accessToken }),
};

// walk signs in and out at an application whose routes begin with base.
async function walk(t, { address, base, username }) {
  const page = await visit(t, `${address}${base}/signin`, { ignoreHTTPSErrors: true });
  await page.getByRole('button', { name: /Cognito/ }).click();
  await page.waitForSelector('[data-page=sign-in]');
  await signIn(page, username, password);
  await page.waitForURL((url) => url.origin === address);
  assert.equal(new URL(page.url()).search, '', `sent back with an error: ${page.url()}`);

  const session = async () => JSON.parse(await page.evaluate((path) => fetch(path).then((r) => r.text()), `${base}/session`));
  const { user, sub, accessToken } = await session();
  assert.equal(user.email, `${username}@example.com`);
  assert.equal(JSON.parse(Buffer.from(accessToken.split('.')[1], 'base64url')).sub, sub);

  await page.goto(`${address}${base}/signout`);
  await page.getByRole('button', { name: /sign out/i }).click();
  await page.waitForURL(`${address}/`);
  assert.deepEqual((await session()) ?? {}, {});
}

test('next-auth signs a user in and out', async (t) => {
  const app = express();
  app.use(express.urlencoded({ extended: false }));
  const address = await serve(t, app);
  const { username, provider } = await register(`${address}/api/auth/callback/cognito`);
  process.env.NEXTAUTH_URL = address;
  const options = { secret, callbacks, providers: [CognitoProvider({ ...provider, checks: ['state', 'nonce', 'pkce'] })] };
  app.get('/', (_, response) => response.end('home'));
  app.all('/api/auth/*rest', (request, response) => {
    const cookies = Object.fromEntries(new URLSearchParams((request.headers.cookie ?? '').replaceAll('; ', '&')));
    const query = { ...request.query, nextauth: request.params.rest };
    return NextAuth(Object.create(request, { query: { value: query }, cookies: { value: cookies } }), response, options);
  });
  await walk(t, { address, base: '/api/auth', username });
});

test('Auth.js signs a user in and out', async (t) => {
  const app = express();
  const address = await serve(t, app);
  const { username, provider } = await register(`${address}/auth/callback/cognito`);
  app.set('trust proxy', true);
  app.get('/', (_, response) => response.end('home'));
  app.use('/auth', ExpressAuth({ secret, callbacks, trustHost: true, providers: [Cognito(provider)] }));
  await walk(t, { address, base: '/auth', username });
});
