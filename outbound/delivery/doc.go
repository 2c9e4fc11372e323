// Package delivery names how an attempt to hand a message to a provider ended, whichever transport carried it.
//
// Transports answer nil or an *Error, whose class says what is to be done next. When to try again is engine/message's
// business.
package delivery
