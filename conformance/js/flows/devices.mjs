// Remembered devices, which replace the second factor, as an application with Amplify meets them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextCode, password } from '../world.mjs';
import { mfaPool, newPerson, signedIn } from './world.mjs';

const devicePool = (DeviceOnlyRememberedOnUserPrompt, ChallengeRequiredOnNewDevice = true, pool = {}) =>
  mfaPool('ON', ['sms'], {
    pool: { DeviceConfiguration: { ChallengeRequiredOnNewDevice, DeviceOnlyRememberedOnUserPrompt }, ...pool },
  });

const newPhone = (app, name) => newPerson(app, name, { phone_number: 'verified' });

// byCode signs in a user who must prove the second factor.
async function byCode(amplify, { username, phone_number }, options) {
  const { nextStep } = await amplify.signIn({ username, password, options });
  assert.equal(nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_SMS_CODE');
  assert.deepEqual(await amplify.confirmSignIn({ challengeResponse: await nextCode(phone_number) }), signedIn);
}

// byDevice signs in a user whose device replaces the second factor.
const byDevice = async (amplify, { username }, options) =>
  assert.deepEqual(await amplify.signIn({ username, password, options }), signedIn);

// devices registers the scenarios; open gives each an application.
export function devices(open) {
  test('devices: always remembered, used in place of the code, forgotten', async (t) => {
    const app = await devicePool(false);
    const amplify = await open(t, app);
    const person = await newPhone(app, 'dan');
    await byCode(amplify, person);
    const [device, ...others] = await amplify.fetchDevices();
    assert.deepEqual(others, []);
    assert.match(device.id, /^us-east-1_[0-9a-f]{8}-[0-9a-f-]{27}$/);
    assert.ok(device.name, 'a device has the name that Amplify gave it');
    const age = Date.now() - Date.parse(device.createDate);
    assert.ok(Math.abs(age) < 60_000, `created ${age} ms ago`);

    await amplify.signOut();
    await byDevice(amplify, person);
    const seen = await amplify.fetchDevices();
    assert.deepEqual(seen.map(({ id }) => id), [device.id]);
    assert.ok(Date.parse(seen[0].lastAuthenticatedDate) >= Date.parse(device.lastAuthenticatedDate));
    const before = (await amplify.fetchAuthSession()).tokens.accessToken.payload;
    const after = (await amplify.fetchAuthSession({ forceRefresh: true })).tokens.accessToken.payload;
    assert.equal(after.origin_jti, before.origin_jti);

    await amplify.forgetDevice();
    assert.deepEqual(await amplify.fetchDevices(), []);
    await amplify.signOut();
    await byCode(amplify, person);
    const [another] = await amplify.fetchDevices();
    assert.notEqual(another.id, device.id);
  });

  test('devices: remembered when the user says so', async (t) => {
    const app = await devicePool(true);
    const amplify = await open(t, app);
    const person = await newPhone(app, 'dot');
    await byCode(amplify, person);
    await amplify.signOut();
    await byCode(amplify, person);
    assert.deepEqual(await amplify.fetchDevices(), []);
    await amplify.rememberDevice();
    assert.equal((await amplify.fetchDevices()).length, 1);
    await amplify.signOut();
    await byDevice(amplify, person);
  });

  test('devices: one does not replace another, and a forgotten one begins as a new device', async (t) => {
    const app = await devicePool(false);
    const [home, work] = [await open(t, app), await open(t, app)];
    const person = await newPhone(app, 'deb');
    await byCode(home, person);
    const [first] = await home.fetchDevices();
    await byCode(work, person);
    const all = (await work.fetchDevices()).map(({ id }) => id);
    assert.equal(all.length, 2);
    assert.ok(all.includes(first.id));

    await work.forgetDevice({ device: { id: first.id } });
    await home.signOut();
    await byCode(home, person);
    const ids = (await home.fetchDevices()).map(({ id }) => id);
    assert.equal(ids.length, 2);
    assert.ok(!ids.includes(first.id));
    await work.signOut();
    await byDevice(work, person);
  });

  test('devices: remembered without replacing the code where the pool wants both', async (t) => {
    const app = await devicePool(false, false);
    const amplify = await open(t, app);
    const person = await newPhone(app, 'dov');
    await byCode(amplify, person);
    assert.equal((await amplify.fetchDevices()).length, 1);
    await amplify.signOut();
    await byCode(amplify, person);
    assert.equal((await amplify.fetchDevices()).length, 1);
  });

  test('devices: of users who sign in by e-mail address', async (t) => {
    const app = await devicePool(false, true, { UsernameAttributes: ['email'] });
    const amplify = await open(t, app);
    const person = await newPerson(app, 'dee', { email: 'verified', phone_number: 'verified' });
    await byCode(amplify, person);
    const { username } = await amplify.getCurrentUser();
    assert.notEqual(username, person.username);
    await amplify.signOut();
    await byDevice(amplify, person);
    assert.equal((await amplify.getCurrentUser()).username, username);
  });

  test('devices: where the password is sent as it is', async (t) => {
    const app = await devicePool(false);
    const amplify = await open(t, app);
    const person = await newPhone(app, 'dya');
    const plain = { authFlowType: 'USER_PASSWORD_AUTH' };
    await byCode(amplify, person, plain);
    await amplify.signOut();
    await byDevice(amplify, person, plain);
    assert.equal((await amplify.fetchDevices()).length, 1);
  });
}
