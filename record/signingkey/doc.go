// Package signingkey remembers the RSA keys that sign tokens: two for each pool, one for the tokens of identity pools, and a
// stock of spare ones made ahead, because making one takes fifty milliseconds of arithmetic.
//
// Private keys are sealed before they come here: those of a pool in the pool's box, so that deleting the pool's data key
// makes them unreadable in every backup; the others in the server's.
package signingkey
