// Package samltest is a SAML identity provider for tests: it answers requests with messages that are as they should be, unless a
// test turns one of the knobs. It shares no code with package saml.
package samltest
