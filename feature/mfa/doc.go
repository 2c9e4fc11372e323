// Package mfa answers the operations by which users, and administrators for them, set up second factors: software tokens
// and what factors are switched on and preferred. See "Adding MFA to a user pool" in the Amazon Cognito Developer Guide.
//
// A software token is set up by who bears an access token, or in the middle of a sign-in by who holds the Session of
// MFA_SETUP. What is asked at sign-in is engine/factor's decision and feature/signin's to ask.
package mfa
