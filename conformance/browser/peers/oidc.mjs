// npm's oidc-provider, with the pages that it has for development, where a person signs in by name and gives consent.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import express from 'express';
import Provider from 'oidc-provider';
import { createMemoryAdapter } from 'oidc-provider/lib/adapters/memory_adapter.js';

// oidc mounts a provider of OpenID Connect at a path. Settings are oidc-provider's own, and modes further ways to send answers.
export function oidc(app, address, path, settings = {}, modes = {}) {
  const people = new Map();
  const seen = []; // the parameters of requests for authorization, the newest last
  const adapter = createMemoryAdapter(); // which outlives a change of keys
  let keys = [newKey()];
  let provider;

  const make = () => {
    provider = new Provider(address, {
      scopes: ['openid', 'offline_access', 'email', 'profile', 'phone'],
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'given_name', 'family_name', 'picture', 'groups'] },
      acrValues: ['silver', 'gold'],
      conformIdTokenClaims: true, // an access token's owner asks userinfo
      findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people.get(id) }) }),
      adapter,
      jwks: { keys },
      cookies: { keys: [randomBytes(16).toString('hex')], names: cookies(path.slice(1)) },
      ...settings,
      features: { devInteractions: { enabled: true }, registration: { enabled: true }, ...settings.features },
    });
    provider.use(offline);
    for (const [name, send] of Object.entries(modes)) provider.registerResponseMode(name, send);
  };
  make();

  app.use(path, (request, response) => {
    if (request.path === '/auth') seen.push(request.query);
    return provider.callback()(request, response);
  });

  return {
    address,
    person: (subject, claims) => people.set(subject, claims),
    claims: (subject) => people.get(subject) ?? {},
    asked: () => seen.at(-1),
    // register makes a client, as somebody does who sets up a provider for a pool.
    register: (redirect, more) => register(address, redirect, more),
    // rotate has the provider sign by another key, and publish that alone.
    rotate: () => {
      keys = [newKey()];
      make();
    },
    subjectOf: async (token) => (await provider.AccessToken.find(token))?.accountId,
    scopesOf: async (token) => (await provider.AccessToken.find(token)).scopes,
  };
}

const cookies = (name) => ({ session: `${name}_session`, interaction: `${name}_interaction`, resume: `${name}_resume` });

function newKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: randomBytes(8).toString('hex') };
}

// offline takes out of the pages what would be fetched from other hosts.
async function offline(ctx, next) {
  await next();
  if (typeof ctx.body === 'string') ctx.body = ctx.body.replace(/@import url\([^)]*\);/, '');
}

async function register(address, redirect, more = {}) {
  const response = await fetch(`${address}/reg`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ redirect_uris: [redirect].flat(), token_endpoint_auth_method: 'client_secret_post', ...more }),
  });
  const client = await response.json();
  if (!response.ok) throw new Error(`register at ${address}: ${JSON.stringify(client)}`);
  return { client_id: client.client_id, client_secret: client.client_secret };
}

// form reads the body of a POST.
export const form = express.urlencoded({ extended: false });

// redeem asks the provider for tokens, on behalf of an endpoint that speaks differently.
export async function redeem(address, fields) {
  const response = await fetch(`${address}/token`, { method: 'POST', body: new URLSearchParams(fields) });
  return { status: response.status, body: await response.json() };
}

// signIn signs a person in at the provider's pages, and gives consent where it is asked for.
export async function signIn(page, name) {
  await login(page, name);
  await consent(page);
}

// login signs a person in, who has not given consent yet.
export async function login(page, name) {
  await page.fill('[name=login]', name);
  await page.fill('[name=password]', 'any');
  await page.click('[type=submit]');
}

// consent agrees, if the page is that which asks.
export async function consent(page) {
  if (await page.locator('[name=prompt][value=consent]').count()) await page.click('[type=submit]');
}

// decline is what a person does who would rather not.
export const decline = (page) => page.click('text=[ Cancel ]');
