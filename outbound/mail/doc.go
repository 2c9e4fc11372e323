// Package mail hands messages to an SMTP relay (RFC 5321).
//
// It formats one letter, opens a connection under the operator's TLS policy, signs in if there is a user name, and tells
// refusals for good from those worth another attempt. When to try, how often, and what the letter says is
// engine/message's business. mailtest holds a small SMTP server for tests.
package mail
