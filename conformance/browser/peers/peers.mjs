// Identity providers made by others, which pools federate with, at one address by https: each test file that imports this has them
// while it runs. The address is fixed for a run, because the servers are told of it when they start.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { after } from 'node:test';
import express from 'express';
import { amazon, apple, facebook, google } from './social.mjs';
import { oidc } from './oidc.mjs';
import { samlify } from './samlify.mjs';
import { simplesaml } from './simplesaml.mjs';

const address = process.env.CONFORMANCE_PEERS;
const pem = readFileSync(process.env.CONFORMANCE_PEERS_PEM); // the certificate and its key

const app = express();
const mount = (make, name) => make(app, `${address}/${name}`, `/${name}`);

// peers are the providers. Each has its address, person, which makes somebody known there by the name that they sign in with, and
// register or serve, which make a client known.
export const peers = {
  oidc: mount(oidc, 'oidc'),
  rotating: mount(oidc, 'rotating'), // whose keys change
  google: mount(google, 'google'),
  apple: mount(apple, 'apple'),
  facebook: mount(facebook, 'facebook'),
  amazon: mount(amazon, 'amazon'),
  samlify: mount(samlify, 'samlify'),
  simplesaml: mount(simplesaml, 'simplesaml'),
};

let server;

// up serves the providers, and down has nobody listen where they are.
export async function up() {
  server = createServer({ cert: pem, key: pem }, app);
  await new Promise((listening, failed) => server.on('error', failed).listen(new URL(address).port, '127.0.0.1', listening));
}

export async function down() {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
}

await up();

after(async () => {
  await down();
  await peers.simplesaml.stop();
});
