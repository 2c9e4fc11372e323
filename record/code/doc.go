// Package code remembers the short codes that prove who reads a mailbox or holds a phone, and how often each user has
// tried.
//
// A code is known only by its hash; what is hashed, and which tries are allowed, is engine/verification's business. A
// user has at most one code per purpose. Counters of uses live beside the codes because they guard the same door and are
// pruned together.
package code
