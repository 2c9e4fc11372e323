// Package code stores the short codes that prove that a user reads a mailbox or has a phone.
//
// Only the hash of a code is stored. engine/verification computes it and decides which tries are allowed. A
// user has at most one code per purpose.
package code
