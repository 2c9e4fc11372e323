// Package migration fetches users whom a pool does not have from the directory where they were: it asks the pool's
// UserMigration function, and creates the user whom the function has found.
//
// Fetch is called outside of transactions, for a name that no user has. It makes sure that strangers, who can send any name,
// do not run an operator's function without bound (limits.go), and creates the user in one transaction of its own
// (create.go). Whether somebody has the name in the end is all that a caller learns: a function that refuses, fails or answers
// what it may not leaves an unknown user, and a line in the log. What an unknown user is answered is the feature's business
// (docs/cognito/triggers.md, "Migration").
package migration
