// Credentials of an identity pool open real storage: versitygw, which asks Cardea about every request, and the guard, which stands
// before the same storage and asks for it.
import {
  CopyObjectCommand,
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { newApplication, root, s3, storages, visit } from './s3.mjs';
import { unique } from './world.mjs';

for (const storage of storages) {
  describe(storage.name, () => {
    const bucket = unique('bucket');
    let app;

    before(async () => {
      const owner = root(storage);
      await owner.send(new CreateBucketCommand({ Bucket: bucket }));
      await owner.send(new PutObjectCommand({ Bucket: bucket, Key: 'public/news', Body: 'for everyone' }));
      app = await newApplication(storage, bucket);
    });

    const text = async (client, Key) =>
      (await client.send(new GetObjectCommand({ Bucket: bucket, Key }))).Body.transformToString();

    const denied = (promise) => assert.rejects(promise, { name: 'AccessDenied' });

    for (const way of ['gateway', 'guard']) {
      test(`${way}: users have their own folder and nothing else`, async () => {
        const alice = await visit(storage, app, 'alice');
        const bob = await visit(storage, app, 'bob');
        const mine = s3(storage[way], alice.provider);
        const folder = `private/${alice.identityId}/${way}`;
        const Key = `${folder}/ä letter + more/2026.txt`;
        await mine.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'dear bob' }));
        assert.equal(await text(mine, Key), 'dear bob');

        const list = await mine.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `${folder}/` }));
        assert.deepEqual(list.Contents.map((object) => object.Key), [Key]);
        await denied(mine.send(new ListObjectsV2Command({ Bucket: bucket })));

        const theirs = s3(storage[way], bob.provider);
        await denied(text(theirs, Key));
        await denied(theirs.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'forged' })));
        await denied(
          theirs.send(
            new CopyObjectCommand({
              Bucket: bucket,
              Key: `private/${bob.identityId}/stolen`,
              CopySource: encodeURI(`${bucket}/${Key}`),
            }),
          ),
        );
        assert.equal(await text(mine, Key), 'dear bob');
      });

      test(`${way}: guests may do what their role allows`, async () => {
        const guest = await visit(storage, app);
        const client = s3(storage[way], guest.provider);
        assert.equal(await text(client, 'public/news'), 'for everyone');
        await denied(client.send(new PutObjectCommand({ Bucket: bucket, Key: 'public/news', Body: 'false' })));
        await denied(client.send(new PutObjectCommand({ Bucket: bucket, Key: `private/${guest.identityId}/x`, Body: 'x' })));
      });

      test(`${way}: credentials without their session token open nothing`, async () => {
        const { provider, identityId } = await visit(storage, app, 'alice');
        const { accessKeyId, secretAccessKey, sessionToken } = await provider();
        const Key = `private/${identityId}/mine`;
        const right = { accessKeyId, secretAccessKey, sessionToken };
        await s3(storage[way], right).send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'mine' }));
        assert.equal(await text(s3(storage[way], right), Key), 'mine');
        for (const [wrong, name] of [
          [{ sessionToken: undefined }, /InvalidAccessKeyId|InvalidToken/],
          [{ sessionToken: sessionToken.slice(0, -4) + 'AAAA' }, /InvalidAccessKeyId|InvalidToken/],
          [{ secretAccessKey: 'x' + secretAccessKey.slice(1) }, /SignatureDoesNotMatch/],
        ]) {
          await assert.rejects(text(s3(storage[way], { ...right, ...wrong }), Key), { name });
        }
      });
    }
  });
}
