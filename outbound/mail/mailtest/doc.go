// Package mailtest is an SMTP server for tests, on a loopback port of its own: emersion/go-smtp with STARTTLS and AUTH
// PLAIN.
//
// It accepts letters as a relay would and keeps them; it delivers nothing. Tests that check what is sent point mail.SMTP
// at it.
package mailtest
