// Bundles the page once for every test file. Amplify is the one that conformance/js is locked to.
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

await build({
  entryPoints: [here('page.mjs')],
  outfile: here('dist/page.js'),
  nodePaths: [here('../js/node_modules')],
  bundle: true,
  format: 'iife',
  platform: 'browser',
  define: { 'process.env.NODE_ENV': '"production"' },
  logLevel: 'warning',
});
