// Package dryrun asks one trigger of a pool as an operation would, and shows what was said and what it decides. The function
// is really invoked; nothing is written to the database, no message is sent and no token is signed.
package dryrun
