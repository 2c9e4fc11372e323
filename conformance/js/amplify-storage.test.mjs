// Amplify's Storage keeps files of its users in a bucket behind the guard, with credentials of an identity pool.
import { Amplify } from 'aws-amplify';
import { fetchAuthSession, signIn, signOut } from 'aws-amplify/auth';
import { downloadData, getUrl, list, remove, uploadData } from 'aws-amplify/storage';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import dns from 'node:dns';
import { describe, test } from 'node:test';
import { newApplication, region, root, storages } from './s3.mjs';
import { password, unique } from './world.mjs';

// Buckets are host names before the guard's own, below localhost: browsers know that this is the machine itself, Node does not.
const lookup = dns.lookup;
dns.lookup = (name, ...more) => lookup(name.endsWith('.localhost') ? 'localhost' : name, ...more);

// Amplify reads the parts of large files as browsers do.
globalThis.FileReader ??= class {
  async readAsArrayBuffer(blob) {
    this.result = await blob.arrayBuffer();
    this.onload({ target: this });
  }
};

for (const storage of storages) {
  describe(storage.name, () => {
    const bucket = unique('bucket');
    const options = { customEndpoint: `s3.localhost:${new URL(storage.guard).port}` };
    let app;

    const open = async (username) => {
      Amplify.configure({
        Auth: {
          Cognito: {
            userPoolId: app.userPoolId,
            userPoolClientId: app.userPoolClientId,
            userPoolEndpoint: storage.server,
            identityPoolId: app.identityPoolId,
            identityPoolEndpoint: storage.server,
            allowGuestAccess: true,
          },
        },
        Storage: { S3: { bucket, region } },
      });
      await signOut();
      if (username) await signIn({ username, password });
      const { identityId, credentials } = await fetchAuthSession({ forceRefresh: true });
      assert.ok(credentials.sessionToken);
      return identityId;
    };

    const upload = (path, data) => uploadData({ path, data, options }).result;
    const download = async (path) => (await (await downloadData({ path, options }).result).body).text();
    const denied = (promise) => assert.rejects(promise, { name: 'AccessDenied' });

    test('users keep files in their own folder', async () => {
      await root(storage).send(new CreateBucketCommand({ Bucket: bucket }));
      app = await newApplication(storage, bucket);
      const bob = await open('bob');
      await upload(`private/${bob}/letter.txt`, 'from bob');

      const alice = await open('alice');
      assert.notEqual(alice, bob);
      const path = `private/${alice}/ü ä.txt`;
      await upload(path, 'from alice');
      assert.equal(await download(path), 'from alice');
      const { items } = await list({ path: `private/${alice}/`, options });
      assert.deepEqual(items.map((item) => item.path), [path]);

      const { url } = await getUrl({ path, options });
      const answer = await fetch(url);
      assert.equal(await answer.text(), 'from alice');

      await denied(download(`private/${bob}/letter.txt`));
      await denied(upload(`private/${bob}/letter.txt`, 'forged'));
      await denied(list({ path: '', options }));
      await remove({ path, options });
      await assert.rejects(download(path));
    });

    test('large files go up in parts', async () => {
      const alice = await open('alice');
      const path = `private/${alice}/large`;
      const data = Buffer.alloc(11 << 20, 'cardea');
      await upload(path, data);
      assert.equal((await download(path)).length, data.length);
    });

    test('guests keep none', async () => {
      const guest = await open();
      await denied(upload(`private/${guest}/x`, 'x'));
    });
  });
}
