// Package passkeytest is a security key made of software, together with the browser around it, for tests: it registers
// credentials and signs in with them, correctly or with the fault that a test wants.
//
//	key := &passkeytest.Authenticator{Origin: "https://example.com"}
//	credential := key.Register(t, options) // for CompleteWebAuthnRegistration
//	answer := key.Assert(t, options)       // for the challenge WEB_AUTHN
package passkeytest
