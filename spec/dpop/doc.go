// Package dpop judges the proofs by which clients show that they hold the key that their tokens are bound to (RFC 9449). That
// a proof is shown once only is for the caller to see, who stores what was used.
package dpop
