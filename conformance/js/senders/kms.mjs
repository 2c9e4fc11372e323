// A stand-in for AWS KMS on its real wire (AWS JSON 1.1): GenerateDataKey and Decrypt of one key.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

const encode = (context = {}) => JSON.stringify(Object.entries(context).sort());

export async function startKMS(arn) {
  const secret = randomBytes(32);
  const seen = [];
  const operations = {
    GenerateDataKey({ KeyId, NumberOfBytes, EncryptionContext }) {
      seen.push({ KeyId, EncryptionContext });
      const plain = randomBytes(NumberOfBytes);
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', secret, iv).setAAD(encode(EncryptionContext));
      const sealed = Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
      return { KeyId: arn, Plaintext: plain.toString('base64'), CiphertextBlob: sealed.toString('base64') };
    },
    Decrypt({ CiphertextBlob, EncryptionContext }) {
      const sealed = Buffer.from(CiphertextBlob, 'base64');
      const opener = createDecipheriv('aes-256-gcm', secret, sealed.subarray(0, 12)).setAAD(encode(EncryptionContext));
      opener.setAuthTag(sealed.subarray(-16));
      const plain = Buffer.concat([opener.update(sealed.subarray(12, -16)), opener.final()]);
      return { KeyId: arn, Plaintext: plain.toString('base64'), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
    },
  };
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    response.setHeader('Content-Type', 'application/x-amz-json-1.1');
    try {
      const signed = /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/us-east-1\/kms\/aws4_request, /;
      if (!signed.test(request.headers.authorization ?? '')) throw new Error('not signed for kms');
      const [prefix, name] = request.headers['x-amz-target'].split('.');
      if (prefix !== 'TrentService') throw new Error('not KMS');
      response.end(JSON.stringify(operations[name](JSON.parse(Buffer.concat(chunks)))));
    } catch (error) {
      response.statusCode = 400;
      response.end(JSON.stringify({ __type: 'InvalidCiphertextException', message: error.message }));
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, seen, close: () => server.close() };
}
