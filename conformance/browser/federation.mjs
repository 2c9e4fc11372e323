// Pools whose users sign in at identity providers of other makers, each kind of provider as one sets it up by the AWS SDK.
import { operate, unique } from '../js/world.mjs';
import { visit } from './chromium.mjs';
import * as oidc from './peers/oidc.mjs';
import { peers } from './peers/peers.mjs';
import * as samlify from './peers/samlify.mjs';
import * as simplesaml from './peers/simplesaml.mjs';
import { idp, newShopApp, shop } from './shop.mjs';

const verified = { email: 'email', email_verified: 'email_verified' };

// kinds are the providers: how a pool names them, what their button says, what is set up at the pool and there, and how people sign in.
// say tells the provider of a person; it returns what the pool will have of them.
const byOAuth = (name, type, peer, more) => ({
  name,
  type,
  peer,
  title: name,
  declined: 'access_denied',
  signIn: oidc.signIn,
  decline: oidc.decline,
  register: ({ byHost }) => peer.register(`${byHost}/oauth2/idpresponse`),
  ...more,
});

export const kinds = {
  oidc: byOAuth('Partner', 'OIDC', peers.oidc, {
    details: { authorize_scopes: 'openid email profile', oidc_issuer: peers.oidc.address, attributes_request_method: 'GET' },
    mapping: { ...verified, name: 'name', 'custom:role': 'groups' },
    say: (subject, { email, name }) => {
      peers.oidc.person(subject, { email, email_verified: true, name, groups: ['red team', 'ops'] });
      return { email, name, email_verified: 'true', 'custom:role': '[red+team, ops]' };
    },
  }),
  google: byOAuth('Google', 'Google', peers.google, {
    details: { authorize_scopes: 'openid email profile' },
    mapping: { ...verified, name: 'names', picture: 'picture' }, // names is of the People API, picture in the ID token
    say: (subject, { email, name }) => {
      const picture = `https://example.com/${subject}.png`;
      peers.google.person(subject, { email, email_verified: true, name, picture });
      return { email, name, email_verified: 'true', picture };
    },
  }),
  apple: byOAuth('SignInWithApple', 'SignInWithApple', peers.apple, {
    title: 'Apple',
    details: { authorize_scopes: 'email name' },
    mapping: { ...verified, given_name: 'firstName' },
    keeps: 'given_name', // which Apple says but once
    say: (subject, { email, name }) => {
      peers.apple.person(subject, { email, email_verified: 'true', name: { firstName: name, lastName: 'Apple' } });
      return { email, given_name: name, email_verified: 'true' };
    },
  }),
  facebook: byOAuth('Facebook', 'Facebook', peers.facebook, {
    details: { authorize_scopes: 'public_profile, email', api_version: 'v17.0' },
    mapping: { email: 'email', name: 'name' },
    say: (subject, { email, name }) => {
      peers.facebook.person(subject, { email, name });
      return { email, name, email_verified: 'false' };
    },
  }),
  amazon: byOAuth('LoginWithAmazon', 'LoginWithAmazon', peers.amazon, {
    title: 'Amazon',
    details: { authorize_scopes: 'profile postal_code' },
    mapping: { email: 'email', name: 'name', address: 'postal_code' },
    say: (subject, { email, name }) => {
      peers.amazon.person(subject, { email, name, postal_code: '10115' });
      return { email, name, email_verified: 'false', address: '10115' };
    },
  }),
  samlify: bySAML('Campus', peers.samlify, samlify, {
    asksAgain: true, // it has no sessions
    issuer: () => `${peers.samlify.address}/metadata`,
    metadata: () => ({ MetadataURL: `${peers.samlify.address}/metadata` }),
  }),
  simplesaml: bySAML('Office', peers.simplesaml, simplesaml, {
    issuer: () => `${peers.simplesaml.address}/metadata`,
    details: { EncryptedResponses: 'true', RequestSigningAlgorithm: 'rsa-sha256' },
    asksAgain: true, // it tells what it knew at the first sign-in until it has to ask anew
    again: { prompt: 'login' },
    metadata: async () => ({ MetadataFile: await peers.simplesaml.metadata() }),
  }),
};

function bySAML(name, peer, { signIn, decline }, more) {
  return {
    name,
    type: 'SAML',
    peer,
    title: name,
    signIn,
    decline,
    mapping: { email: 'mail', name: 'displayName', 'custom:role': 'groups' },
    saml: true,
    declined: 'invalid_request', // nothing that such a provider says of a failure is told to apps
    say: (subject, { email, name: displayName }) => {
      peer.person(subject, { mail: email, displayName, groups: ['red team', 'ops'] });
      return { email, name: displayName, email_verified: 'false', 'custom:role': '[red+team, ops]' };
    },
    ...more,
  };
}

// Schema has the attribute that is mapped beside Cognito's own.
export const Schema = [{ Name: 'role', AttributeDataType: 'String', Mutable: true }];

// federated makes a pool with a domain and an app whose users come from a provider. details and provider are what is set up besides.
export async function federated(kind, { details, provider, client, pool } = {}) {
  await kind.peer.start?.();
  const world = await shop({ Schema, ...pool });
  const made = await connect(world, kind, { details, provider });
  const app = await newShopApp(world.pool, {
    AllowedOAuthScopes: ['openid', 'email', 'profile', 'aws.cognito.signin.user.admin'],
    SupportedIdentityProviders: [kind.name],
    ...client,
  });
  return { ...world, ...made, client: app };
}

// connect gives a pool a provider, by a client of the SDK for the pool's server.
export async function connect(world, kind, { details, provider, client = idp } = {}) {
  const input = {
    UserPoolId: world.pool,
    ProviderName: kind.name,
    ProviderType: kind.type,
    ProviderDetails: { ...kind.details, ...(await kind.register?.(world)), ...(await kind.metadata?.()), ...details },
    AttributeMapping: kind.mapping,
    ...provider,
  };
  const { IdentityProvider } = await operate('CreateIdentityProvider', input, client);
  if (kind.saml) await introduce(world, kind, IdentityProvider.ProviderDetails, client);
  return { provider: IdentityProvider };
}

// entityOf is how a pool is called as a SAML service.
export const entityOf = (pool) => `urn:amazon:cognito:sp:${pool}`;

// introduce makes a pool known to its SAML provider.
async function introduce({ pool, byHost }, { peer }, details, client) {
  const { Certificate } = await operate('GetSigningCertificate', { UserPoolId: pool }, client);
  peer.serve({
    entity: entityOf(pool),
    acs: `${byHost}/saml2/idpresponse`,
    slo: `${byHost}/saml2/logout`,
    signed: details.RequestSigningAlgorithm && Certificate,
    logoutSigned: Certificate,
    encrypted: details.EncryptedResponses === 'true' ? details.ActiveEncryptionCertificate : undefined,
  });
}

// go opens an address in a new profile, which takes the certificates of the peers.
export const go = (t, address) => visit(t, address, { ignoreHTTPSErrors: true, locale: 'en' });

// choose clicks the button of a provider on the sign-in page.
export const choose = (page, kind) => page.getByRole('button', { name: `Continue with ${kind.title}` }).click();

// newPerson makes somebody known at a provider, and gives their name there and what the pool will have of them.
export function newPerson(kind, more = {}) {
  const subject = unique('mia');
  const person = { email: `${subject}@example.com`, name: 'Mia', ...more };
  return { subject, expected: kind.say(subject, person), again: (changed) => kind.say(subject, { ...person, ...changed }) };
}

// userOf is a user as an administrator sees them, with attributes by name.
export async function userOf(pool, Username) {
  const user = await operate('AdminGetUser', { UserPoolId: pool, Username }, idp);
  return { ...user, attributes: Object.fromEntries(user.UserAttributes.map(({ Name, Value }) => [Name, Value])) };
}
