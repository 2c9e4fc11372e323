// Package mfa answers the operations by which users, and administrators for them, set up second factors: software tokens
// and what factors are switched on and preferred. See "Adding MFA to a user pool" in the Amazon Cognito Developer Guide.
//
// A software token is set up with an access token or, in the middle of a sign-in, with the Session of MFA_SETUP.
// engine/factor decides which factor a sign-in asks for, and feature/signin asks.
package mfa
