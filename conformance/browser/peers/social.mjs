// oidc-provider in the guise of Google, Apple, Facebook and Amazon: their addresses, parameters, claims and errors, as they document
// them, before a provider that signs people in and keeps codes and tokens.
import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import formPost from 'oidc-provider/lib/response_modes/form_post.js';
import redirect from 'oidc-provider/lib/response_modes/query.js';
import { form, oidc, redeem } from './oidc.mjs';

const bearer = (request) => request.headers.authorization?.match(/^Bearer (.+)$/)?.[1];

// forward sends the browser on to the provider's own page, with parameters as it knows them.
const forward = (response, address, query) => response.redirect(`${address}/auth?${new URLSearchParams(query)}`);

// google: /v1/people/me is Google's People API.
export function google(app, address, path) {
  app.get(`${path}/v1/people/me`, async (request, response) => {
    const id = await peer.subjectOf(bearer(request) ?? '');
    const fields = request.query.personFields?.split(',');
    if (!id) return response.status(401).json({ error: { code: 401, message: 'Invalid Credentials', status: 'UNAUTHENTICATED' } });
    if (!fields?.[0]) return response.status(400).json({ error: { code: 400, message: 'personFields mask is required', status: 'INVALID_ARGUMENT' } });
    const { name, given_name: givenName, family_name: familyName, email, picture } = peer.claims(id);
    const metadata = { primary: true, source: { type: 'PROFILE', id } };
    const all = {
      names: [{ metadata, displayName: name, givenName, familyName }],
      emailAddresses: [{ metadata: { ...metadata, verified: true }, value: email }],
      photos: [{ metadata, url: picture }],
    };
    const asked = Object.fromEntries(Object.entries(all).filter(([key]) => fields.includes(key)));
    response.json({ resourceName: `people/${id}`, etag: '%EgM=', ...asked });
  });
  const peer = oidc(app, address, path, { conformIdTokenClaims: false });
  return peer;
}

// settings are those of Apple: everything is in the ID token, but a name.
const settings = {
  scopes: ['openid', 'name', 'email'],
  claims: { openid: ['sub', 'nonce_supported'], email: ['email', 'email_verified', 'is_private_email'] },
  conformIdTokenClaims: false,
};

// apple wants its answers posted where a name or an address is asked for, and a client secret signed by a team's key; it has no
// userinfo, and says the user's name at their first consent alone, outside the ID token.
export function apple(app, address, path) {
  const teams = new Map(); // clients by id, with the team's key
  const named = new Set(); // who has given consent to which client

  app.get(`${path}/auth/authorize`, (request, response) => {
    const { scope = '', response_mode: mode, ...rest } = request.query;
    if (scope && mode !== 'form_post') return response.status(400).end('invalid_request: response_mode must be form_post when name or email scope is requested.');
    forward(response, address, { ...rest, response_mode: 'apple', scope: `openid ${scope}` });
  });
  app.post(`${path}/auth/token`, form, async (request, response) => {
    const team = teams.get(request.body.client_id);
    if (!team || !(await proves(team, address, request.body))) return response.status(400).json({ error: 'invalid_client' });
    const { status, body } = await redeem(address, { ...request.body, client_secret: team.client_secret });
    response.status(status).json(status === 200 ? body : { error: body.error });
  });

  const peer = oidc(app, address, path, settings, {
    apple: (ctx, action, { iss, ...answer }) => {
      const { accountId } = ctx.oidc.session;
      const pair = `${accountId} ${ctx.oidc.client.clientId}`;
      const { name, email } = peer.claims(accountId);
      const first = answer.code && !named.has(pair);
      if (first) named.add(pair);
      formPost(ctx, action, first && name ? { ...answer, user: JSON.stringify({ name, email }) } : answer);
    },
  });

  return {
    ...peer,
    // register makes a services id, with the key of a team.
    register: async (redirect) => {
      const { client_id, client_secret } = await peer.register(redirect);
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const team = { team_id: capitals(10), key_id: capitals(10), key: createPublicKey(privateKey), client_secret };
      teams.set(client_id, team);
      const private_key = privateKey.export({ type: 'pkcs8', format: 'pem' }).replace(/-----.*?-----|\n/g, '');
      return { client_id, team_id: team.team_id, key_id: team.key_id, private_key };
    },
  };
}

const capitals = (n) => randomBytes(n).toString('hex').toUpperCase().slice(0, n);

// proves tells whether a client secret is what Apple's documentation asks for.
async function proves(team, address, { client_id, client_secret }) {
  try {
    if (decodeProtectedHeader(client_secret).kid !== team.key_id) return false;
    const { payload } = await jwtVerify(client_secret, team.key, {
      algorithms: ['ES256'], issuer: team.team_id, subject: client_id, audience: address, requiredClaims: ['iat', 'exp'],
    });
    return payload.exp - payload.iat <= 15777000;
  } catch {
    return false;
  }
}

// facebook has no ID tokens; its scopes are separated by commas, its token endpoint is asked by GET, and its errors are its own.
export function facebook(app, address, path) {
  const refuse = (response, message, code = 100) =>
    response.status(400).json({ error: { message, type: 'OAuthException', code, fbtrace_id: capitals(11) } });

  app.get(`${path}/:version/dialog/oauth`, (request, response) => {
    const { scope = '', ...rest } = request.query;
    forward(response, address, { ...rest, scope: scope.split(/[, ]+/).join(' '), response_mode: 'facebook' });
  });
  app.get(`${path}/:version/oauth/access_token`, async (request, response) => {
    const { status, body } = await redeem(address, { grant_type: 'authorization_code', ...request.query });
    if (status !== 200) return refuse(response, body.error_description ?? body.error);
    const { access_token, token_type, expires_in } = body;
    response.json({ access_token, token_type: token_type.toLowerCase(), expires_in });
  });
  app.get(`${path}/:version/me`, async (request, response) => {
    const id = await peer.subjectOf(bearer(request) ?? request.query.access_token ?? '');
    if (!id) return refuse(response, 'Invalid OAuth access token - Cannot parse access token', 190);
    const { picture, ...person } = { id, ...peer.claims(id) };
    const all = { ...person, picture: { data: { url: picture, is_silhouette: false } } };
    const fields = ['id', ...(request.query.fields ?? 'name').split(',')];
    const unknown = fields.find((name) => !known.has(name));
    if (unknown) return refuse(response, `(#100) Tried accessing nonexisting field (${unknown}) on node type (User)`);
    response.json(Object.fromEntries(fields.filter((name) => all[name] !== undefined).map((name) => [name, all[name]])));
  });

  const known = new Set(['id', 'name', 'email', 'first_name', 'last_name', 'middle_name', 'picture', 'locale', 'gender', 'birthday', 'link']);
  const peer = oidc(app, address, path, { scopes: ['public_profile', 'email'], claims: { openid: ['sub'] } }, {
    facebook: (ctx, uri, { iss, error, error_description, ...answer }) => {
      const declined = { error, error_code: 200, error_description: 'Permissions error', error_reason: 'user_denied' };
      redirect(ctx, uri, error ? { ...declined, ...answer } : answer);
    },
  });
  return peer;
}

// amazon has no ID tokens either, and calls a person's subject user_id.
export function amazon(app, address, path) {
  app.get(`${path}/ap/oa`, (request, response) => forward(response, address, { ...request.query, response_mode: 'amazon' }));
  app.post(`${path}/auth/o2/token`, form, async (request, response) => {
    const { status, body } = await redeem(address, request.body);
    response.status(status).json(body);
  });
  app.get(`${path}/user/profile`, async (request, response) => {
    const token = bearer(request) ?? request.headers['x-amz-access-token'] ?? '';
    const id = await peer.subjectOf(token);
    if (!id) return response.status(400).json({ error: 'invalid_token', error_description: 'The request has an invalid parameter : access_token' });
    const scopes = await peer.scopesOf(token);
    const { postal_code, name, email } = peer.claims(id);
    response.json({ user_id: id, ...(scopes.has('profile') && { name, email }), ...(scopes.has('postal_code') && { postal_code }) });
  });
  const peer = oidc(app, address, path, { scopes: ['profile', 'postal_code'], claims: { openid: ['sub'] } }, {
    amazon: (ctx, uri, { iss, ...answer }) => redirect(ctx, uri, answer),
  });
  return peer;
}
