// Debian's SimpleSAMLphp as a SAML provider, served by PHP's own server behind the address of the peers.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as ask } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../apache.mjs';
import { keyPair } from './keypair.mjs';

const program = '/usr/share/simplesamlphp/www';

// simplesaml mounts the provider at a path. It runs from the first call of start to stop.
export function simplesaml(app, address, path) {
  const folder = mkdtempSync(join(tmpdir(), 'cardea-simplesaml-'));
  const people = new Map();
  const services = new Map();
  let server;
  let port;

  const write = (name, text) => writeFileSync(join(folder, name), text);
  const save = () => {
    write('people.json', JSON.stringify(Object.fromEntries([...people].map(([name, has]) => [`${name}:${password}`, { uid: name, ...has }]))));
    write('services.json', JSON.stringify(Object.fromEntries(services)));
  };
  const rotate = () => {
    const { key, certificate } = keyPair('simplesaml');
    write('provider.key', key);
    write('provider.pem', certificate);
  };

  app.use(path, (request, response) => {
    const { method, url, rawHeaders: headers } = request;
    const passed = ask({ host: '127.0.0.1', port, method, path: url, headers, setHost: false }, (given) => {
      response.writeHead(given.statusCode, given.rawHeaders);
      given.pipe(response);
    });
    passed.on('error', (error) => response.status(502).end(error.message));
    request.pipe(passed);
  });

  return {
    address,
    start: async () => {
      if (server) return;
      for (const name of ['tmp', 'sessions']) mkdirSync(join(folder, name));
      rotate();
      save();
      port = await freePort();
      const env = { ...process.env, PEER_DATA: folder, PEER_ADDRESS: address, SIMPLESAMLPHP_CONFIG_DIR: fileURLToPath(new URL('simplesaml', import.meta.url)) };
      server = spawn('php', ['-d', 'display_errors=0', '-S', `127.0.0.1:${port}`, '-t', program], { env, stdio: 'ignore' });
      await answers(`http://127.0.0.1:${port}/saml2/idp/metadata.php`);
    },
    stop: async () => {
      if (server) {
        server.kill();
        await once(server, 'exit');
      }
      rmSync(folder, { recursive: true });
    },
    metadata: async () => (await fetch(`${address}/saml2/idp/metadata.php`)).text(),
    // person makes somebody known, with attributes by name.
    person: (name, attributes) => {
      people.set(name, attributes);
      save();
    },
    // serve makes a service known: its entity id, acs, slo, the certificate that its messages are signed for (signed), and the one that
    // its assertions are encrypted for (encrypted).
    serve: ({ entity, acs, slo, signed, encrypted, ...more }) => {
      const use = (certificate, uses) => certificate && { type: 'X509Certificate', X509Certificate: bare(certificate), ...uses };
      services.set(entity, {
        entityid: entity,
        AssertionConsumerService: acs,
        SingleLogoutService: slo && [{ Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST', Location: slo }],
        keys: [use(signed, { signing: true, encryption: false }), use(encrypted, { signing: false, encryption: true })].filter(Boolean),
        'validate.authnrequest': Boolean(signed),
        'assertion.encryption': Boolean(encrypted),
        ...more,
      });
      save();
    },
    begin: (entity, relay) => `${address}/saml2/idp/SSOService.php?${new URLSearchParams({ spentityid: entity, RelayState: relay })}`,
    rotate,
  };
}

export const password = 'any';

const bare = (certificate) => certificate.replace(/-----.*?-----|\s/g, '');

async function answers(address) {
  for (let tries = 0; ; tries++) {
    try {
      return await fetch(address);
    } catch (error) {
      if (tries === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

// signIn signs a person in at the provider's page.
export async function signIn(page, name) {
  await page.fill('[name=username]', name);
  await page.fill('[name=password]', password);
  await page.click('button[type=submit], #regularsubmit button, input[type=submit]');
}
