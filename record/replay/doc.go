// Package replay remembers what works once and has been used: the Sessions of sign-in challenges, sealed tickets and the like,
// which exist nowhere but in their holder's hands until they are redeemed.
package replay
