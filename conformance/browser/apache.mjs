// Runs Apache with mod_auth_openidc, as the user that runs the tests, with everything it writes in a folder of its own.
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo, tmpdir } from 'node:os';
import { join } from 'node:path';

const modules = process.env.CONFORMANCE_APACHE_MODULES;

// freePort gives a port that nobody listens on.
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

// apache serves a page that is shown to users alone, at /private/, until the test ends. Lines are those of its configuration that
// are about the provider.
export async function apache(t, port, lines) {
  const folder = mkdtempSync(join(tmpdir(), 'cardea-apache-'));
  const pages = join(folder, 'pages');
  mkdirSync(join(pages, 'private'), { recursive: true });
  writeFileSync(join(pages, 'index.html'), 'everybody');
  // What the module tells the application of the user, as Apache's own server-side includes print it.
  writeFileSync(join(pages, 'private', 'index.shtml'), '<p id="user"><!--#echo var="REMOTE_USER" --></p><p id="sub"><!--#echo var="OIDC_CLAIM_sub" --></p>');
  copyFileSync(process.env.CONFORMANCE_TLS_CA, join(folder, 'ca.pem')); // where the server's own user can read it
  const names = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'dir', 'mime', 'include', 'auth_openidc'];
  const file = join(folder, 'httpd.conf');
  writeFileSync(file, [
    `ServerRoot ${folder}`,
    `ServerName localhost:${port}`,
    `Listen 127.0.0.1:${port}`,
    `PidFile ${join(folder, 'pid')}`,
    `ErrorLog ${join(folder, 'error.log')}`,
    `DefaultRuntimeDir ${folder}`,
    ...names.map((name) => `LoadModule ${name}_module ${join(modules, `mod_${name}.so`)}`),
    `DocumentRoot ${pages}`,
    'TypesConfig /dev/null',
    'AddType text/html .html .shtml',
    'AddOutputFilter INCLUDES .shtml',
    'DirectoryIndex index.html index.shtml',
    `OIDCRedirectURI http://localhost:${port}/private/callback`,
    `OIDCCryptoPassphrase ${randomBytes(16).toString('hex')}`,
    `OIDCCABundlePath ${join(folder, 'ca.pem')}`,
    ...lines,
    `<Directory ${pages}>`,
    'Options +Includes',
    'Require all granted',
    '</Directory>',
    '<Location /private/>',
    'AuthType openid-connect',
    'Require valid-user',
    '</Location>',
    ...(userInfo().uid === 0 ? ['User www-data', 'Group www-data'] : []), // a server that root starts does not stay root
  ].join('\n'));
  execFileSync('chmod', ['-R', 'a+rX', folder]);
  chmodSync(folder, 0o777);

  const server = spawn('apache2', ['-f', file, '-D', 'FOREGROUND'], { stdio: 'inherit' });
  t.after(async () => {
    server.kill('SIGTERM');
    await once(server, 'exit');
    rmSync(folder, { recursive: true });
  });
  const address = `http://localhost:${port}/`;
  for (let tries = 0; ; tries++) {
    try {
      await fetch(address);
      return address;
    } catch (error) {
      if (tries === 100 || server.exitCode !== null) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
