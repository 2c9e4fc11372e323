// Pools and people for the scenarios that run in Node.js and in a browser.
import {
  AdminCreateUserCommand,
  AdminSetUserMFAPreferenceCommand,
  AdminSetUserPasswordCommand,
  SetUserPoolMfaConfigCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { randomInt } from 'node:crypto';
import { settings } from '../amplify.mjs';
import { newApp, newPool, password, sdk, unique } from '../world.mjs';

export const idp = sdk();
export const signedIn = { isSignedIn: true, nextStep: { signInStep: 'DONE' } };

// Cognito's conditions for second factors by mail and by text message.
export const mail = {
  EmailConfiguration: {
    EmailSendingAccount: 'DEVELOPER',
    SourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/example.com',
  },
};
export const texts = { SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms' } };

const factors = {
  totp: { SoftwareTokenMfaConfiguration: { Enabled: true } },
  sms: { SmsMfaConfiguration: texts },
  email: { EmailMfaConfiguration: { Message: 'Your code is {####}', Subject: 'Code' } },
};

// mfaPool makes a pool with these second factors ('totp', 'sms', 'email') and gives an application of it. Passwords are
// not recovered by code, so that no address is kept from being a second factor.
export async function mfaPool(MfaConfiguration, names, { pool = {}, client = {} } = {}) {
  const UserPoolId = await newPool(idp, {
    ...(names.includes('email') ? mail : {}),
    ...(names.includes('sms') ? texts : {}),
    AccountRecoverySetting: { RecoveryMechanisms: [{ Name: 'admin_only', Priority: 1 }] },
    ...pool,
  });
  const app = settings(UserPoolId, await newApp(UserPoolId, idp, client));
  await setMfa(app, Object.assign({ MfaConfiguration }, ...names.map((name) => factors[name])));
  return { ...app, byEmail: pool.UsernameAttributes?.includes('email') };
}

// setMfa sets what SetUserPoolMfaConfig can.
export const setMfa = ({ userPoolId: UserPoolId }, config) =>
  idp.send(new SetUserPoolMfaConfigCommand({ UserPoolId, ...config }));

// preferMfa has an administrator set a user's preferences, some of which Amplify does not know.
export const preferMfa = ({ userPoolId: UserPoolId }, { username: Username }, preferences) =>
  idp.send(new AdminSetUserMFAPreferenceCommand({ UserPoolId, Username, ...preferences }));

// choicePool makes a pool whose users choose how to sign in, with passkeys for pages of localhost.
export async function choicePool({ pool = {}, client = {}, passkeys = {} } = {}) {
  const UserPoolId = await newPool(idp, {
    ...mail,
    ...texts,
    Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN'] } },
    ...pool,
  });
  const ExplicitAuthFlows = ['ALLOW_USER_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'];
  const app = settings(UserPoolId, await newApp(UserPoolId, idp, { ExplicitAuthFlows, ...client }));
  const WebAuthnConfiguration = { RelyingPartyId: 'localhost', UserVerification: 'preferred', ...passkeys };
  await setMfa(app, { WebAuthnConfiguration });
  return { ...app, byEmail: pool.UsernameAttributes?.includes('email') };
}

export const phoneNumber = () => `+1555${randomInt(1_000_000, 9_999_999)}`;

const addresses = { email: (name) => (name.includes('@') ? name : `${name}@example.com`), phone_number: phoneNumber };

// newPerson makes a confirmed user who has the addresses that are named, each 'verified' or 'unverified', and gives
// their values beside username, which is the e-mail address in a pool where that is what users sign in with.
export async function newPerson({ userPoolId: UserPoolId, byEmail }, name, states = { email: 'verified' }) {
  const username = byEmail ? addresses.email(unique(name)) : unique(name);
  const person = { username };
  const UserAttributes = [];
  for (const [attribute, state] of Object.entries(states)) {
    person[attribute] = addresses[attribute](username);
    UserAttributes.push({ Name: attribute, Value: person[attribute] });
    UserAttributes.push({ Name: `${attribute}_verified`, Value: String(state === 'verified') });
  }
  const who = { UserPoolId, Username: username };
  await idp.send(new AdminCreateUserCommand({ ...who, MessageAction: 'SUPPRESS', UserAttributes }));
  await idp.send(new AdminSetUserPasswordCommand({ ...who, Password: password, Permanent: true }));
  return person;
}

// invite makes a user with a temporary password.
export async function invite({ userPoolId: UserPoolId }, name, attributes = {}) {
  const username = unique(name);
  const TemporaryPassword = 'Temporary-1';
  const UserAttributes = Object.entries(attributes).map(([Name, Value]) => ({ Name, Value }));
  await idp.send(
    new AdminCreateUserCommand({
      UserPoolId,
      Username: username,
      TemporaryPassword,
      MessageAction: 'SUPPRESS',
      UserAttributes,
    }),
  );
  return { username, password: TemporaryPassword };
}
