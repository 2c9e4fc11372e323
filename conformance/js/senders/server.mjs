// Servers of a test's own, and the provider that their functions post to.
import { spawn, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as listen } from 'node:net';
import { fileURLToPath } from 'node:url';

const binary = fileURLToPath(new URL('../../../bin/cardea', import.meta.url));

// cardea runs a command to its end and gives what it printed.
export const cardea = (args, env) => execFileSync(binary, args, { env: { ...process.env, ...env }, encoding: 'utf8' });

export async function freePort() {
  const server = listen().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

// start runs a server until its stop is called.
export async function start(url, args, env = {}) {
  const child = spawn(binary, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (text) => (log += text));
  const stop = async () => {
    if (child.exitCode === null) {
      child.kill();
      await once(child, 'exit');
    }
  };
  for (let tries = 0; tries < 200; tries++) {
    const ready = await fetch(`${url}/readyz`).catch(() => undefined);
    if (ready?.ok) return { stop, log: () => log };
    if (child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await stop();
  throw new Error(`the server did not start:\n${log}`);
}

// startProvider gives what functions post, one after the other.
export async function startProvider() {
  const posted = [];
  const waiting = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks));
    const next = waiting.shift();
    if (next) next(body);
    else posted.push(body);
    response.end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const next = () =>
    posted.length > 0
      ? Promise.resolve(posted.shift())
      : new Promise((resolve, reject) => {
          waiting.push(resolve);
          setTimeout(() => reject(new Error('no function has posted anything')), 20_000).unref();
        });
  return { url: `http://127.0.0.1:${server.address().port}`, next, close: () => server.close() };
}
