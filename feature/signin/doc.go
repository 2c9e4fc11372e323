// Package signin proves who someone is: InitiateAuth, RespondToAuthChallenge and their Admin forms, and what factors a
// user has (Cognito's developer guide, "Authentication with user pools").
//
// It is one machine and one small type per proof. Begin starts a flow, Answer answers a challenge; either ends in an
// Outcome, which is the next challenge or tokens. A proof (password.go, srp.go, newpassword.go, otp.go, totp.go,
// passkey.go, device.go, and the choices of choice.go and mfa.go) says what to ask and judges the answer; what comes after
// one that held, engine/factor alone decides. What a right answer means in the database (a session spent, failures
// forgiven, a password changed) is written at once, with the tokens if they come next, so that of a hundred answers to one
// challenge one wins. A wrong answer counts, and leaves the challenge open until it has locked the account.
//
// Who may have tokens is decided by engine/token alone. Refreshing goes straight to it.
package signin
