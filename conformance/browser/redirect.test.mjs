// Amplify's signInWithRedirect, which knows a domain by its host name and always by https.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { newApp, newDomain, newPool, newUser, operate, password, sdk, tlsEndpoint, unique } from '../js/world.mjs';
import { home, open } from './chromium.mjs';
import { connect, kinds, newPerson, Schema } from './federation.mjs';
import { signIn } from './shop.mjs';

const idp = sdk(tlsEndpoint);
let pool;
let domain;
let client;

before(async () => {
  pool = await newPool(idp, { Schema });
  domain = new URL((await newDomain(pool, idp, tlsEndpoint)).byHost).host;
  client = await newApp(pool, idp, appSettings());
});

// appSettings are those of the app at the pool, whose users come from the providers besides.
const appSettings = (...providers) => ({
  AllowedOAuthFlows: ['code'],
  AllowedOAuthFlowsUserPoolClient: true,
  AllowedOAuthScopes: ['openid', 'email', 'profile', 'aws.cognito.signin.user.admin'],
  CallbackURLs: [home()],
  LogoutURLs: [home()],
  SupportedIdentityProviders: ['COGNITO', ...providers],
});

// settings are those of the app, as Amplify's guide has them.
const settings = () => ({
  userPoolId: pool,
  userPoolClientId: client,
  userPoolEndpoint: tlsEndpoint,
  loginWith: {
    oauth: {
      domain,
      scopes: ['openid', 'email', 'aws.cognito.signin.user.admin'],
      redirectSignIn: [home()],
      redirectSignOut: [home()],
      responseType: 'code',
    },
  },
});

// returned waits until the browser is back at the app, and starts the app there.
async function returned({ page }) {
  await page.waitForURL((url) => url.href.startsWith(home()));
  await page.waitForLoadState();
  await page.evaluate((cognito) => window.configure(cognito), settings());
}

test('Amplify signs in by redirect, refreshes, stays over a reload, and signs out by redirect', async (t) => {
  const username = unique('ama');
  await newUser(pool, username, idp);
  const amplify = await open(t, settings(), { ignoreHTTPSErrors: true });
  const { page } = amplify;
  await amplify.signInWithRedirect({ customState: 'basket 7' });
  await page.waitForSelector('[data-page=sign-in]');
  assert.equal(new URL(page.url()).protocol, 'https:');
  const cookies = await page.context().cookies();
  assert.ok(cookies.length > 0 && cookies.every(({ name, secure }) => secure && name.startsWith('__Host-')), JSON.stringify(cookies));
  await signIn(page, username, password);
  await returned(amplify);
  await page.waitForFunction(() => !location.search); // Amplify has taken the code
  await page.waitForFunction(() => window.seen.some(({ event }) => event === 'signInWithRedirect'));
  assert.equal(await page.evaluate(() => window.seen.find(({ event }) => event === 'customOAuthState').data), 'basket 7');

  const me = await amplify.getCurrentUser();
  assert.equal(me.username, username);
  assert.equal((await amplify.fetchUserAttributes()).email, `${username}@example.com`);
  const first = (await amplify.fetchAuthSession()).tokens;
  assert.equal(first.idToken.payload.email, `${username}@example.com`);
  assert.equal(first.accessToken.payload.scope, 'openid email aws.cognito.signin.user.admin');
  const later = (await amplify.fetchAuthSession({ forceRefresh: true })).tokens;
  assert.equal(later.accessToken.payload.origin_jti, first.accessToken.payload.origin_jti);
  assert.notEqual(later.accessToken.payload.jti, first.accessToken.payload.jti);
  await amplify.load();
  assert.equal((await amplify.getCurrentUser()).userId, me.userId);

  await Promise.all([page.waitForNavigation(), amplify.signOut().catch(() => {})]); // the page is left meanwhile
  await returned(amplify);
  await assert.rejects(amplify.getCurrentUser(), { name: 'UserUnAuthenticatedException' });
  await amplify.signInWithRedirect();
  await page.waitForSelector('[data-page=sign-in]'); // the pages have forgotten the user too
});

for (const [kind, provider] of [[kinds.google, 'Google'], [kinds.oidc, { custom: 'Partner' }]]) {
  test(`Amplify signs in by redirect at the provider ${kind.name}, and out`, async (t) => {
    await connect({ pool, byHost: `https://${domain}` }, kind, { client: idp });
    await operate('UpdateUserPoolClient', { UserPoolId: pool, ClientId: client, ...appSettings(kind.name) }, idp);
    const { subject, expected } = newPerson(kind);
    const amplify = await open(t, settings(), { ignoreHTTPSErrors: true });
    const { page } = amplify;
    await amplify.signInWithRedirect({ provider, customState: 'basket 7' });
    await page.waitForURL((url) => url.href.startsWith(kind.peer.address));
    await kind.signIn(page, subject);
    await returned(amplify);
    await page.waitForFunction(() => window.seen.some(({ event }) => event === 'signInWithRedirect'));
    assert.equal((await amplify.getCurrentUser()).username, `${kind.name}_${subject}`);
    assert.equal((await amplify.fetchUserAttributes()).email, expected.email);
    const { idToken } = (await amplify.fetchAuthSession({ forceRefresh: true })).tokens;
    assert.equal(idToken.payload.identities[0].userId, subject);
    await Promise.all([page.waitForNavigation(), amplify.signOut().catch(() => {})]);
    await returned(amplify);
    await assert.rejects(amplify.getCurrentUser(), { name: 'UserUnAuthenticatedException' });
  });
}
