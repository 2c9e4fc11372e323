// An app whose users sign in at the pages of its pool's domain, and what it does itself: ask, and redeem the code.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { endpoint, newApp, newDomain, newPool, newUser, sdk, unique } from '../js/world.mjs';
import { callback } from './chromium.mjs';

export const idp = sdk();

// shop makes a pool with a user, and its domain; client is what its app sets besides, and domain what its domain does.
export async function shop(pool, client, domain) {
  const id = await newPool(idp, pool);
  const addresses = await newDomain(id, idp, endpoint, domain);
  const username = unique('ana');
  await newUser(id, username, idp);
  return { pool: id, client: await newShopApp(id, client), username, mail: `${username}@example.com`, ...addresses };
}

// newShopApp makes an app of a pool.
export const newShopApp = (pool, settings) =>
  newApp(pool, idp, {
    ClientName: 'Shop',
    AllowedOAuthFlows: ['code'],
    AllowedOAuthFlowsUserPoolClient: true,
    AllowedOAuthScopes: ['openid', 'email', 'aws.cognito.signin.user.admin'],
    CallbackURLs: [callback()],
    LogoutURLs: [callback()],
    SupportedIdentityProviders: ['COGNITO'],
    ExplicitAuthFlows: ['ALLOW_USER_AUTH', 'ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    ...settings,
  });

// request is an authorization request, and what is needed to redeem its code.
export function request(base, client, more = {}) {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(8).toString('hex');
  const query = new URLSearchParams({
    client_id: client,
    redirect_uri: callback(),
    response_type: 'code',
    scope: 'openid email aws.cognito.signin.user.admin',
    state,
    code_challenge_method: 'S256',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    ...more,
  });
  return { address: `${base}/oauth2/authorize?${query}`, verifier, state, base, client };
}

// tokens waits until the browser is back at the app, and redeems its code.
export async function tokens(page, { verifier, state, base, client }) {
  await page.waitForURL((url) => url.href.startsWith(callback()));
  const answer = new URL(page.url()).searchParams;
  assert.equal(answer.get('state'), state);
  const code = answer.get('code');
  const made = await token(base, { grant_type: 'authorization_code', client_id: client, redirect_uri: callback(), code, code_verifier: verifier });
  return { ...made, claims: claimsOf(made.id_token) };
}

// token asks the token endpoint, which must answer with tokens.
export async function token(base, form) {
  const response = await fetch(`${base}/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) });
  const body = await response.json();
  assert.equal(response.status, 200, JSON.stringify(body));
  return body;
}

export const claimsOf = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));

// call is an operation of the API that needs no more than an access token.
export async function call(operation, body) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': `AWSCognitoIdentityProviderService.${operation}` },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answer));
  return answer;
}

// signIn types a name and a password into the page that asks for both.
export async function signIn(page, username, password) {
  await page.fill('[name=username]', username);
  await page.fill('[name=password]', password);
  await page.click('button.primary');
}
