// Package delivery names how an attempt to hand a message to a provider ended, whichever transport carried it.
//
// Transports answer nil or an *Error, whose class says what to do next. engine/message decides when to try again.
package delivery
