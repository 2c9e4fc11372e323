// Package code remembers the short codes that prove who reads a mailbox or holds a phone.
//
// A code is known only by its hash; what is hashed, and which tries are allowed, is engine/verification's business. A
// user has at most one code per purpose.
package code
