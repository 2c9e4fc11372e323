// A SAML provider made with npm's samlify: its page asks who somebody is, and believes it.
import { randomBytes } from 'node:crypto';
import saml from 'samlify';
import { keyPair } from './keypair.mjs';
import { form } from './oidc.mjs';

saml.setSchemaValidator({ validate: async () => 'not checked' });

const { namespace } = saml.Constants;
const rsaSha256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
const escape = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

// samlify mounts the provider at a path.
export function samlify(app, address, path) {
  const people = new Map();
  const services = new Map(); // by entity id
  const sessions = new Map(); // indexes by who has signed in
  let keys = keyPair('samlify');

  // provider is the one that a service has to do with.
  const provider = ({ signed, encrypted } = {}) =>
    saml.IdentityProvider({
      entityID: `${address}/metadata`,
      signingCert: keys.certificate,
      privateKey: keys.key,
      isAssertionEncrypted: Boolean(encrypted),
      wantAuthnRequestsSigned: Boolean(signed),
      wantLogoutRequestSigned: true,
      wantLogoutResponseSigned: true,
      messageSigningOrder: 'encrypt-then-sign',
      requestSignatureAlgorithm: rsaSha256,
      nameIDFormat: ['urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'],
      singleSignOnService: [{ Binding: namespace.binding.redirect, Location: `${address}/sso` }],
      singleLogoutService: [{ Binding: namespace.binding.redirect, Location: `${address}/slo` }],
    });

  const service = (settings) =>
    saml.ServiceProvider({
      entityID: settings.entity,
      authnRequestsSigned: Boolean(settings.signed),
      wantAssertionsSigned: true,
      wantMessageSigned: Boolean(settings.wholly),
      wantLogoutRequestSigned: true,
      wantLogoutResponseSigned: true,
      signingCert: settings.signed ?? settings.logoutSigned,
      encryptCert: settings.encrypted,
      assertionConsumerService: [{ Binding: namespace.binding.post, Location: settings.acs }],
      singleLogoutService: settings.slo ? [{ Binding: namespace.binding.post, Location: settings.slo }] : [],
    });

  // respond gives the page that posts what a person has proven, or has declined, to a service.
  const respond = async (settings, { name, request, relay }) => {
    if (!people.has(name)) return post(settings.acs, { SAMLResponse: declined(address, settings, request), RelayState: relay });
    const index = `_${randomBytes(16).toString('hex')}`;
    sessions.set(name, index);
    const fill = () => response({ address, settings, request, name, index, attributes: people.get(name) });
    const { context } = await provider(settings).createLoginResponse(service(settings), {}, 'post', {}, { customTagReplacement: fill, encryptThenSign: Boolean(settings.encrypted) });
    return post(settings.acs, { SAMLResponse: context, RelayState: relay });
  };

  // parse reads a message of the Redirect binding, and verifies it where the service signs.
  const parse = (kind, settings, request) => {
    const query = new URL(request.originalUrl, address).search.slice(1);
    const octetString = query.split('&').filter((part) => !part.startsWith('Signature=')).join('&');
    return provider(settings)[kind](service(settings), 'redirect', { query: request.query, octetString });
  };

  app.get(`${path}/metadata`, (_, answer) => answer.type('application/samlmetadata+xml').send(provider().getMetadata()));
  app.get(`${path}/sso`, async (request, answer) => {
    const settings = services.get(issuerOf(request.query.SAMLRequest));
    const { extract } = await parse('parseLoginRequest', settings, request);
    answer.type('html').send(page({ entity: settings.entity, request: extract.request.id, relay: request.query.RelayState ?? '' }));
  });
  app.post(`${path}/sso`, form, async ({ body: { entity, request, relay, login, decline } }, answer) => {
    answer.type('html').send(await respond(services.get(entity), { name: decline ? undefined : login, request, relay }));
  });
  app.get(`${path}/start`, async ({ query: { entity, relay, login } }, answer) => {
    answer.type('html').send(await respond(services.get(entity), { name: login, relay }));
  });
  app.get(`${path}/slo`, async (request, answer) => {
    if (request.query.SAMLResponse) {
      await parse('parseLogoutResponse', services.get(issuerOf(request.query.SAMLResponse)), request);
      return answer.end('signed out everywhere');
    }
    const settings = services.get(issuerOf(request.query.SAMLRequest));
    const parsed = await parse('parseLogoutRequest', settings, request);
    const { nameID, sessionIndex } = parsed.extract;
    if (![].concat(sessionIndex).includes(sessions.get(nameID))) return answer.status(400).end('no such session');
    sessions.delete(nameID);
    const { context } = provider(settings).createLogoutResponse(service({ ...settings, wholly: true }), parsed, 'post', {});
    answer.type('html').send(post(settings.slo, { SAMLResponse: context, RelayState: request.query.RelayState }));
  });
  // A person signs out here, and their service is told.
  app.get(`${path}/bye`, ({ query: { entity, login } }, answer) => {
    const settings = services.get(entity);
    const user = { logoutNameID: login, sessionIndex: sessions.get(login) };
    sessions.delete(login);
    const { context } = provider(settings).createLogoutRequest(service(settings), 'post', user, { relayState: 'bye' });
    answer.type('html').send(post(settings.slo, { SAMLRequest: context, RelayState: 'bye' }));
  });

  return {
    address,
    start: async () => {}, // it runs with the others
    person: (name, attributes) => people.set(name, attributes),
    knows: (name) => sessions.has(name),
    metadata: () => provider().getMetadata(),
    // serve makes a service known: its entity id, acs, slo, the certificate that its requests are signed for (signed), or only those
    // for logout (logoutSigned), and the one that its assertions are encrypted for (encrypted).
    serve: (settings) => services.set(settings.entity, settings),
    begin: (entity, relay, login) => `${address}/start?${new URLSearchParams({ entity, login, relay })}`,
    bye: (entity, login) => `${address}/bye?${new URLSearchParams({ entity, login })}`,
    // rotate has the provider sign by another key, and publish that alone.
    rotate: () => {
      keys = keyPair('samlify');
    },
  };
}

// signIn signs a person in at the provider's page.
export async function signIn(page, name) {
  await page.fill('[name=login]', name);
  await page.click('button');
}

// decline is what a person does who would rather not.
export const decline = (page) => page.click('[name=decline]');

const issuerOf = (message) => saml.Utility.inflateString(decodeURIComponent(message)).match(/<(?:\w+:)?Issuer[^>]*>([^<]*)</)[1];

// page asks who is there.
const page = (held) => `<!doctype html><title>Sign in</title><form method="post">
${hidden(held)}
<input name="login" autofocus><button>Sign in</button><button name="decline" value="yes">Cancel</button></form>`;

// post is a page that posts by itself, as the POST binding has it.
const post = (action, fields) => `<!doctype html><title>One moment</title><body onload="document.forms[0].submit()">
<form method="post" action="${escape(action)}">${hidden(fields)}</form>`;

const hidden = (fields) =>
  Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${escape(value)}">`)
    .join('\n');

const newID = () => `_${randomBytes(16).toString('hex')}`;
const inResponseTo = (request) => (request ? ` InResponseTo="${escape(request)}"` : '');
const envelope = ({ address, settings, request, status, inside = '' }) =>
  `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${newID()}" Version="2.0" ` +
  `IssueInstant="${new Date().toISOString()}" Destination="${escape(settings.acs)}"${inResponseTo(request)}>` +
  `<saml:Issuer>${address}/metadata</saml:Issuer><samlp:Status>${status}</samlp:Status>${inside}</samlp:Response>`;

const statusCode = (code, inside = '') => `<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:${code}">${inside}</samlp:StatusCode>`;

const declined = (address, settings, request) =>
  Buffer.from(envelope({ address, settings, request, status: statusCode('Responder', statusCode('AuthnFailed')) })).toString('base64');

// response is one with an assertion, before samlify signs and encrypts it.
function response({ address, settings, request, name, index, attributes }) {
  const now = new Date();
  const later = new Date(now.getTime() + 300_000).toISOString();
  const values = (all) => [].concat(all).map((value) => `<saml:AttributeValue xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">${escape(value)}</saml:AttributeValue>`).join('');
  const stated = Object.entries(attributes).map(([key, all]) => `<saml:Attribute Name="${escape(key)}" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic">${values(all)}</saml:Attribute>`).join('');
  const assertion =
    `<saml:Assertion ID="${newID()}" Version="2.0" IssueInstant="${now.toISOString()}"><saml:Issuer>${address}/metadata</saml:Issuer>` +
    `<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">${escape(name)}</saml:NameID>` +
    `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="${later}" Recipient="${escape(settings.acs)}"${inResponseTo(request)}/></saml:SubjectConfirmation></saml:Subject>` +
    `<saml:Conditions NotBefore="${now.toISOString()}" NotOnOrAfter="${later}"><saml:AudienceRestriction><saml:Audience>${escape(settings.entity)}</saml:Audience></saml:AudienceRestriction></saml:Conditions>` +
    `<saml:AuthnStatement AuthnInstant="${now.toISOString()}" SessionIndex="${index}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>` +
    `<saml:AttributeStatement>${stated}</saml:AttributeStatement></saml:Assertion>`;
  return { id: newID(), context: envelope({ address, settings, request, status: statusCode('Success'), inside: assertion }) };
}
