// Package signingkey remembers the keys that sign tokens: two for each pool, one for the tokens of identity pools, two for those of
// principals of IAM, and a stock of spare ones made ahead, because making one takes fifty milliseconds of arithmetic. All are RSA
// keys but one of the principals'.
//
// Private keys are sealed before they come here: those of a pool in the pool's box, so that deleting the pool's data key
// makes them unreadable in every backup; the others in the server's.
package signingkey
