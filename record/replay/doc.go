// Package replay remembers which one-time values have been used: the Sessions of sign-in challenges, SECRET_BLOCKs and other
// sealed values that the server does not store until they are used.
package replay
