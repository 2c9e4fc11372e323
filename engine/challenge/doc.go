// Package challenge makes and reads the Session strings that lead from one step of a sign-in to the next.
//
// A Session is a State, sealed: it holds what the sign-in remembers, so that any node can go on with it and none can be
// made up. The seal binds it to its pool, its app client and its step; it lives as long as the client's
// AuthSessionValidity says, and once the step it stands for has succeeded it is spent. What the steps mean is the
// business of those who take them: feature/signin, feature/signup and feature/mfa (docs/cognito/sign-in.md, "Sessions").
//
// A custom sign-in remembers more than a Session has room for; custom.go keeps it in the database, one row for each.
package challenge
