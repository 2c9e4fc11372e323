// Package access answers who and what an operation is about: the pool or client that a request names, whether a client's
// secret or secret hash is right, and whose access token was presented.
//
// Its answers are the faults that Cognito gives, since their wording is the same for every operation (01-wire §6).
package access
