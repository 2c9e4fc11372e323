// Package mail hands messages to a mail provider: an SMTP relay (RFC 5321), or Amazon SES by its API.
//
// SMTP formats one letter, sends it over a connection that it may have kept from the last one, under the operator's TLS
// policy, and signs in if there is a user name. What failed comes back as a *delivery.Error. When to try, how often, and
// what the letter says is engine/message's business. mailtest holds a small SMTP server for tests.
package mail
