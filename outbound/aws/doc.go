// Package aws calls operations of AWS services, signed by Signature Version 4, at AWS or at an endpoint that stands in for it.
//
// What an operation's body means is left to the packages of the transports. They share which codes of errors say that the
// caller's access is wrong, or that there are too many calls.
package aws
