// Package mailtest is a small SMTP server for tests (RFC 5321 with STARTTLS and AUTH PLAIN), on a loopback port of its own.
//
// It takes letters as a relay would and keeps them; it delivers nothing. Tests that check what leaves the house point
// mail.SMTP at it.
package mailtest
