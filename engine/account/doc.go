// Package account keeps a user's row, names and search index in step, and knows which names a pool's settings give a user.
//
// It finds users by any of their names, creates and deletes them, and works out what a change of their
// attributes leads to (docs/cognito/accounts.md, "Changing an address" and "Names"). It sends nothing: Change names the
// contacts that need a code.
package account
