// oidc-client-ts, in an application of one page: sign-in, renewal in a hidden frame and by refresh token, sign-out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpoint, password } from '../js/world.mjs';
import { home as atLocalhost, visit } from './chromium.mjs';
import { shop, signIn } from './shop.mjs';

// call calls the page's UserManager. Users are answered as plain objects.
const call = (page, name, ...input) =>
  page.evaluate(async ([n, i]) => JSON.parse(JSON.stringify((await window.manager[n](...i)) ?? null)), [name, input]);

// The application is at the site of the domain's address by path: browsers send a frame the cookies of no other site.
const home = () => atLocalhost().replace('localhost', '127.0.0.1');

test('oidc-client-ts signs in, renews by refresh token and in a frame, and signs out', async (t) => {
  const app = await shop({}, { CallbackURLs: [home()], LogoutURLs: [home()] });
  const settings = {
    authority: `${endpoint}/${app.pool}`,
    client_id: app.client,
    redirect_uri: home(),
    silent_redirect_uri: home(),
    post_logout_redirect_uri: home(),
    scope: 'openid email',
    loadUserInfo: true,
    automaticSilentRenew: false,
  };
  const page = await visit(t, home());
  const start = () => page.evaluate((s) => window.manage(s), settings);
  const leave = (name, input, selector) => Promise.all([page.waitForSelector(selector), call(page, name, input).catch(() => {})]);
  const signInThere = () => leave('signinRedirect', { state: { basket: 7 } }, '[data-page=sign-in]');
  await start();
  await signInThere();
  await signIn(page, app.username, password);
  await page.waitForURL((url) => url.href.startsWith(`${home()}?`));
  await start();
  const first = await call(page, 'signinRedirectCallback');
  assert.deepEqual(first.state, { basket: 7 });
  assert.equal(first.profile.email, app.mail);

  const renewed = await call(page, 'signinSilent');
  assert.equal(renewed.profile.sub, first.profile.sub);
  assert.notEqual(renewed.access_token, first.access_token);
  const framed = await call(page, 'signinSilent', { forceIframeAuth: true });
  assert.equal(framed.profile.sub, first.profile.sub);
  assert.equal(framed.profile.auth_time, first.profile.auth_time);
  assert.notEqual(framed.profile.origin_jti, first.profile.origin_jti);

  await call(page, 'revokeTokens', ['refresh_token']);
  await Promise.all([page.waitForURL(home()), page.waitForNavigation(), call(page, 'signoutRedirect', signOut(app)).catch(() => {})]);
  await start();
  await assert.rejects(call(page, 'signinSilent', { forceIframeAuth: true }), /login_required|Login required/i);
  await signInThere();
});

// signOut are what Cognito's logout asks for, as its users add them.
const signOut = ({ client }) => ({ extraQueryParams: { client_id: client, logout_uri: home() } });
