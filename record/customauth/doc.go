// Package customauth keeps custom sign-ins (CUSTOM_AUTH) while they have not succeeded: the rounds so far and what the functions
// of the pool remember of the open one, sealed. A sign-in goes from round to round by compare and swap, so that each round is
// answered once.
package customauth
