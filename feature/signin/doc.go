// Package signin proves who someone is: InitiateAuth, RespondToAuthChallenge and their Admin forms, and what factors a
// user has (Cognito's developer guide, "Authentication with user pools").
//
// A sign-in is a chain of steps: Begin starts a flow, Answer answers a challenge, and each ends in an Outcome, which is the
// next challenge or tokens. Every step goes through one pipeline (pipeline.go):
//
//	load    the app, the user, and what the answer is judged by    one read snapshot
//	judge   whether the answer holds                               no transaction
//	decide  what is still missing                                  engine/factor, or functions (rounds.go)
//	ask     triggers, and the messages they compose                no transaction (ask.go)
//	commit  what the answer changes, and what comes of it          one write transaction
//	finish  the next challenge, or the signed tokens               after COMMIT (finish.go)
//
// There is one small type for each proof: password.go, srp.go, newpassword.go, otp.go, totp.go, passkey.go, device.go,
// custom.go, and the choices of choice.go and mfa.go. What a right answer changes (a session used up, failures forgiven, a password
// replaced) is committed together with what it leads to, so that of a hundred answers to one challenge one wins. A wrong
// answer is counted, and leaves the challenge open until the account is locked (failure.go).
//
// Who may have tokens is decided by engine/token alone. Refreshing goes straight to it (refresh.go).
package signin
