// Package code remembers the short codes that prove who reads a mailbox or holds a phone.
//
// Only the hash of a code is stored. engine/verification computes it and decides which tries are allowed. A
// user has at most one code per purpose.
package code
