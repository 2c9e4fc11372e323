// Package upstreamtest is a small identity provider for tests: OpenID Connect, Google, Apple, Facebook or Amazon as they answer on
// the wire. It checks what a client sends as strictly as the real ones do, and can be told to misbehave.
package upstreamtest
