// Package throttle bounds how often strangers may ask operations that need no signature. It counts in memory, by the network that a request
// comes from: a stranger's request stores nothing, and each node has bounds of its own. Guesses at secrets are left to engine/lockout.
package throttle
