// A load balancer: every request goes to the next server, with its Host header as it came.
// Usage: node roundrobin.mjs PORT SERVER-PORT...
import { Agent, createServer, request } from 'node:http';

const [port, ...servers] = process.argv.slice(2).map(Number);
const agent = new Agent({ keepAlive: true });
let turn = 0;

createServer((asked, answer) => {
  const { method, url: path, rawHeaders: headers } = asked;
  const passed = request({ host: '127.0.0.1', port: servers[turn++ % servers.length], method, path, headers, agent, setHost: false });
  passed.on('response', (given) => {
    answer.writeHead(given.statusCode, given.statusMessage, given.rawHeaders);
    given.pipe(answer);
  });
  passed.on('error', (error) => {
    console.error(`${method} ${path}: ${error.message}`);
    answer.destroy();
  });
  answer.on('close', () => passed.destroy());
  asked.pipe(passed);
}).listen(port, '127.0.0.1');
