// Custom senders get codes that AWS's Encryption SDK decrypts, and only the codes as they were sent.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  AdminCreateUserCommand,
  CognitoIdentityProviderClient,
  ConfirmSignUpCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  ForgotPasswordCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import {
  buildClient,
  CommitmentPolicy,
  getClient,
  KMS,
  KmsKeyringNode,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
} from '@aws-crypto/client-node';
import { cardea, freePort, start, startProvider } from './senders/server.mjs';
import { startKMS } from './senders/kms.mjs';

const { decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT);
const password = 'Correct-Horse-9';
const account = 'arn:aws:kms:us-east-1:123456789012:';
const remote = `${account}key/0d2f6b1c-5f43-4f0f-9c8e-4a1d2b3c4d5e`;
const own = `${account}key/5c0e51f2-7d29-4a2c-8a0e-6d1f9b7c3e42`;
const lambda = (name) => `arn:aws:lambda:us-east-1:123456789012:function:${name}`;
const handler = (file) => `${fileURLToPath(new URL(`senders/${file}`, import.meta.url))}:handler`;

const folder = mkdtempSync(join(tmpdir(), 'cardea-senders-'));
const rawKey = randomBytes(32);
const closing = [];
let provider;
let kms;
let url; // of a production server
let credentials;

before(async () => {
  provider = await startProvider();
  kms = await startKMS(remote);
  closing.push(provider.close, kms.close);
  url = `http://127.0.0.1:${await freePort()}`;
  writeFileSync(join(folder, 'raw.key'), rawKey.toString('base64'), { mode: 0o600 });
  writeFileSync(
    join(folder, 'cardea.toml'),
    `addr = "${new URL(url).host}"
admin_addr = ""
public_url = "${url}"
master_key = "${randomBytes(32).toString('base64')}"
[database]
url = "sqlite:${join(folder, 'serve.db')}"
[outgoing]
allow = ["127.0.0.1"]
plain_http = true
[[functions]]
name = "forward"
local = "${handler('forward.mjs')}"
env = {PROVIDER = "${provider.url}"}
[[kms_keys]]
key = "${remote}"
kms = "${kms.url}"
access_key_id = "AKIDEXAMPLE"
secret_access_key = "secret"
[[kms_keys]]
key = "${own.split('/')[1]}"
aliases = ["alias/codes"]
local = true
[[kms_keys]]
key = "alias/raw"
raw_aes_file = "${join(folder, 'raw.key')}"
provider = "example"
name = "codes-2026"
`,
  );
  const config = ['--config', join(folder, 'cardea.toml')];
  cardea(['config', 'check', ...config]);
  const [accessKeyId, secretAccessKey] = cardea(['keys', 'create', ...config]).match(/(?<==).*/g);
  credentials = { accessKeyId, secretAccessKey };
  closing.push((await start(url, ['serve', ...config])).stop);
});

after(async () => {
  for (const close of closing) await close();
  rmSync(folder, { recursive: true, force: true });
});

// sender makes a pool whose function sends its mails, and an app.
async function sender(client, name, KMSKeyID) {
  const made = await client.send(
    new CreateUserPoolCommand({
      PoolName: 'senders',
      AutoVerifiedAttributes: ['email'],
      LambdaConfig: { KMSKeyID, CustomEmailSender: { LambdaVersion: 'V1_0', LambdaArn: lambda(name) } },
    }),
  );
  const pool = made.UserPool.Id;
  const app = await client.send(new CreateUserPoolClientCommand({ UserPoolId: pool, ClientName: 'app' }));
  return { pool, app: app.UserPoolClient.ClientId };
}

const email = (Username) => [{ Name: 'email', Value: `${Username}@example.com` }];
const idp = () => new CognitoIdentityProviderClient({ endpoint: url, region: 'us-east-1', maxAttempts: 1, credentials });

// opens reports whether a message opens. The library may wait for ever for the rest of a message that was cut.
async function opens(keyring, message) {
  const attempt = decrypt(keyring, message).then(
    () => true,
    () => false,
  );
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, 5_000, false)));
  return Promise.race([attempt, late]).finally(() => clearTimeout(timer));
}

// tampered lists positions at which a changed byte goes unnoticed, of every step-th.
async function tampered(keyring, message, step) {
  const unnoticed = [];
  for (let i = 0; i < message.length; i += step) {
    const changed = Buffer.from(message);
    changed[i] ^= 1;
    if (await opens(keyring, changed)) unnoticed.push(i);
  }
  return unnoticed;
}

// Each kind of key, as functions have it.
const kinds = {
  'a KMS endpoint': () => ({
    key: remote,
    keyring: new KmsKeyringNode({
      keyIds: [remote],
      clientProvider: getClient(KMS, { endpoint: kms.url, credentials: { accessKeyId: 'function', secretAccessKey: 'secret' } }),
    }),
    step: 7,
  }),
  "the server's own key": () => ({
    key: `${account}alias/codes`,
    keyring: new KmsKeyringNode({ keyIds: [own], clientProvider: getClient(KMS, { endpoint: url, credentials }) }),
    step: 7,
  }),
  'a raw AES key': () => ({
    key: `${account}alias/raw`,
    keyring: new RawAesKeyringNode({
      keyNamespace: 'example',
      keyName: 'codes-2026',
      unencryptedMasterKey: new Uint8Array(rawKey),
      wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
    }),
    step: 1,
  }),
};

for (const [name, make] of Object.entries(kinds)) {
  test(`codes under ${name} are decrypted by AWS's library, and no changed byte is`, async () => {
    const { key, keyring, step } = make();
    const { pool, app } = await sender(idp(), 'forward', key);
    const Username = 'jane';
    await idp().send(new SignUpCommand({ ClientId: app, Username, Password: password, UserAttributes: email(Username) }));

    const event = await provider.next();
    assert.equal(event.triggerSource, 'CustomEmailSender_SignUp');
    assert.equal(event.request.type, 'customEmailSenderRequestV1');
    assert.equal(event.request.userAttributes.email, 'jane@example.com');
    assert.equal(event.callerContext.clientId, app);
    const message = Buffer.from(event.request.code, 'base64');
    const { plaintext, messageHeader } = await decrypt(keyring, message);
    assert.match(plaintext.toString(), /^\d{6}$/);
    const { 'userpool-id': bound, 'aws-crypto-public-key': signer, ...more } = messageHeader.encryptionContext;
    assert.equal(bound, pool);
    assert.equal(Buffer.from(signer, 'base64').length, 49);
    assert.deepEqual(Object.keys(more), []);
    assert.equal(messageHeader.suiteId, 0x0378);
    assert.equal(messageHeader.encryptedDataKeys.length, 1);
    assert.deepEqual(await tampered(keyring, message, step), []);
    await idp().send(new ConfirmSignUpCommand({ ClientId: app, Username, ConfirmationCode: plaintext.toString() }));
  });
}

test('KMS is asked for a data key with the whole encryption context', () => {
  assert.equal(kms.seen.length, 1);
  assert.equal(kms.seen[0].KeyId, remote);
  assert.deepEqual(Object.keys(kms.seen[0].EncryptionContext).sort(), ['aws-crypto-public-key', 'userpool-id']);
});

test('temporary passwords are escaped before they are encrypted', async () => {
  const { key, keyring } = kinds['a raw AES key']();
  const { pool } = await sender(idp(), 'forward', key);
  const Username = 'jim';
  const TemporaryPassword = '<Aa1>&"Password\'';
  await idp().send(
    new AdminCreateUserCommand({
      UserPoolId: pool,
      Username,
      TemporaryPassword,
      DesiredDeliveryMediums: ['EMAIL'],
      UserAttributes: email(Username),
    }),
  );
  const event = await provider.next();
  assert.equal(event.triggerSource, 'CustomEmailSender_AdminCreateUser');
  const { plaintext } = await decrypt(keyring, Buffer.from(event.request.code, 'base64'));
  const named = { '&lt;': '<', '&gt;': '>', '&amp;': '&', '&#34;': '"', '&#39;': "'" };
  assert.equal(plaintext.toString().replace(/&[^;]+;/g, (entity) => named[entity]), TemporaryPassword);
  assert.match(plaintext.toString(), /&lt;/);
});

test("a handler in the form of AWS's guide runs unchanged as a function of cardea dev", async () => {
  const address = `http://127.0.0.1:${await freePort()}`;
  const arn = `${account}key/8a7b6c5d-4e3f-4a2b-9c1d-0e9f8a7b6c5d`;
  const args = ['dev', '--addr', new URL(address).host, '--data', join(folder, 'dev')];
  args.push('--function', `guide=${handler('guide.cjs')}`);
  for (const [name, value] of Object.entries({ KEY_ARN: arn, KEY_ALIAS: `${account}alias/codes`, PROVIDER: provider.url })) {
    args.push('--function-env', `${name}=${value}`);
  }
  const server = await start(address, args);
  closing.push(server.stop);
  const client = new CognitoIdentityProviderClient({
    endpoint: address,
    region: 'us-east-1',
    credentials: { accessKeyId: 'dev', secretAccessKey: 'dev' },
  });
  const { app } = await sender(client, 'guide', arn);
  const Username = 'joe';
  await client.send(new SignUpCommand({ ClientId: app, Username, Password: password, UserAttributes: email(Username) }));
  const { code, ...mail } = await provider.next().catch((error) => assert.fail(`${error.message}\n${server.log()}`));
  assert.deepEqual(mail, { source: 'CustomEmailSender_SignUp', to: 'joe@example.com' });
  await client.send(new ConfirmSignUpCommand({ ClientId: app, Username, ConfirmationCode: code }));

  await client.send(new ForgotPasswordCommand({ ClientId: app, Username }));
  assert.equal((await provider.next()).source, 'CustomEmailSender_ForgotPassword');
  const inbox = await (await fetch(`${address}/_cardea/inbox.json`)).json();
  assert.deepEqual(inbox.messages, []);
});
