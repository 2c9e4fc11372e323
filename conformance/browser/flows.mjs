// Runs the tests of this folder for servers that take turns: but those of the gallery, which has no database, those of the inbox,
// which shows at once only what its own server sends, and those of other makers' servers by themselves. Arguments are node --test's.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

const others = ['accessible.test.mjs', 'gallery.test.mjs', 'inbox.test.mjs', 'peers.test.mjs'];
const files = readdirSync('.').filter((name) => name.endsWith('.test.mjs') && !others.includes(name));
const flags = ['--test', '--test-concurrency=1', '--test-timeout=600000'];
process.exitCode = spawnSync(process.execPath, [...flags, ...process.argv.slice(2), ...files], { stdio: 'inherit' }).status ?? 1;
