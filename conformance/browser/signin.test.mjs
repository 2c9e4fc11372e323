// Sign-ins at the pages of a pool's domain, from the app and back to it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setMfa } from '../js/flows/world.mjs';
import { nextCode, password } from '../js/world.mjs';
import { authenticator, visit } from './chromium.mjs';
import { call, request, shop, tokens } from './shop.mjs';

for (const javaScriptEnabled of [true, false]) {
  test(`pages: password, from the app and back, JavaScript ${javaScriptEnabled}`, async (t) => {
    const { client, username, byHost, byPath } = await shop();
    const asked = request(javaScriptEnabled ? byHost : byPath, client, { lang: 'en' });
    const page = await visit(t, asked.address, { javaScriptEnabled });
    assert.equal(await page.title(), 'Sign in · Shop');
    await page.getByLabel('User name').fill(username);
    await page.getByLabel('Password', { exact: true }).fill('wrong');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByText('The name or the password is not right.').waitFor();
    assert.equal(await page.getByLabel('User name').inputValue(), username);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    const { claims } = await tokens(page, { ...asked, base: byPath });
    assert.equal(claims['cognito:username'], username);
  });
}

test('pages: a code by mail, after another way was chosen', async (t) => {
  const Policies = { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP'] } };
  const { client, username, mail, byHost, byPath } = await shop({ Policies });
  const asked = request(byHost, client);
  const page = await visit(t, asked.address, { locale: 'de-DE' });
  await page.getByLabel('Benutzername').fill(username);
  await page.getByRole('button', { name: 'Weiter' }).click();
  await page.getByRole('button', { name: 'Passwort' }).click();
  await page.getByRole('heading', { name: 'Passwort eingeben' }).waitFor();
  await page.getByRole('link', { name: 'Auf andere Weise anmelden' }).click();
  await page.getByRole('button', { name: 'Code per E-Mail' }).click();
  await page.getByRole('heading', { name: 'Code eingeben' }).waitFor();
  await page.reload();
  await page.getByLabel('Code', { exact: true }).fill('000000');
  await page.getByRole('button', { name: 'Weiter' }).click();
  await page.getByText('Dieser Code stimmt nicht.').waitFor();
  const code = await nextCode(mail);
  await page.getByLabel('Code', { exact: true }).fill(`${code.slice(0, 3)} ${code.slice(3)}`);
  await page.getByRole('button', { name: 'Weiter' }).click();
  const { claims } = await tokens(page, { ...asked, base: byPath });
  assert.equal(claims['cognito:username'], username);
});

// register makes a passkey in the browser, as an app would whose pages are at the relying party itself, over https.
async function register(page, AccessToken, relyingParty) {
  const { CredentialCreationOptions } = await call('StartWebAuthnRegistration', { AccessToken });
  const Credential = await page.evaluate(async (options) => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    return (await navigator.credentials.create({ publicKey })).toJSON();
  }, CredentialCreationOptions);
  const said = JSON.parse(Buffer.from(Credential.response.clientDataJSON, 'base64url'));
  said.origin = `https://${relyingParty}`;
  Credential.response.clientDataJSON = Buffer.from(JSON.stringify(said)).toString('base64url');
  await call('CompleteWebAuthnRegistration', { AccessToken, Credential });
}

test('pages: a passkey, at the origin of the pages', async (t) => {
  const Policies = { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } };
  const { pool, client, username, byHost, byPath } = await shop({ Policies });
  const RelyingPartyId = new URL(byHost).hostname;
  await setMfa({ userPoolId: pool }, { WebAuthnConfiguration: { RelyingPartyId, UserVerification: 'required' } });

  const first = request(byHost, client, { lang: 'en' });
  const page = await visit(t, first.address);
  const device = await authenticator(await page.context().newCDPSession(page));
  const identify = async () => {
    await page.getByLabel('User name').fill(username);
    await page.getByRole('button', { name: 'Continue', exact: true }).click();
  };
  await identify();
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  const { access_token } = await tokens(page, { ...first, base: byPath });
  const second = request(byHost, client, { lang: 'en', prompt: 'login' });
  await page.goto(second.address);
  await register(page, access_token, RelyingPartyId);
  assert.equal((await device.credentials())[0].rpId, RelyingPartyId);

  await identify();
  await page.getByRole('button', { name: 'Passkey' }).click();
  await page.getByRole('heading', { name: 'Use your passkey' }).waitFor();
  await device.verifiesUser(false);
  await page.getByRole('button', { name: 'Use passkey' }).click();
  await page.getByText('That did not work.').waitFor();
  await device.verifiesUser(true);
  await page.getByRole('button', { name: 'Use passkey' }).click();
  const { claims } = await tokens(page, { ...second, base: byPath });
  assert.equal(claims['cognito:username'], username);
});
