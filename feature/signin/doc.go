// Package signin proves who someone is: InitiateAuth, RespondToAuthChallenge and their Admin forms, and what factors a
// user has (Cognito's developer guide, "Authentication with user pools").
//
// It is one machine and one small type per proof. Begin starts a flow, Answer answers a challenge; either ends in an
// Outcome, which is the next challenge or tokens. A proof (srp.go, password.go, newpassword.go) says what to ask and
// judges the answer; machine.go alone decides what comes after a proof that held. What a proof means in the database (a
// challenge spent, failures forgiven, a password changed) is written in the same transaction as the session of the
// tokens, so that of a hundred answers to one challenge one wins.
//
// Who may have tokens is decided by engine/token alone. Refreshing goes straight to it.
package signin
