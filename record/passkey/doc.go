// Package passkey remembers users' WebAuthn credentials, and the registrations that wait for an authenticator's answer.
//
// A credential's row has what the credential record of WebAuthn (Level 3, §4) has, so that it can be verified here and
// exported to another server. Its signature counter only ever grows: of two uses that bring the same counter one is refused.
// engine/passkey judges answers.
package passkey
