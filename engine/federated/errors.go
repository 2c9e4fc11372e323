package federated

import (
	"errors"
	"fmt"
)

var (
	// ErrNoProvider says that the identity pool, or IAM, knows no provider of this name.
	ErrNoProvider = errors.New("the login's provider is not configured")

	// ErrUnsupported says that a provider is configured, but not for the client that the token was made for.
	ErrUnsupported = errors.New("the token is for a client that is not configured")

	// ErrUnbuilt says that logins of a provider are not supported by this server: those of Twitter and Digits.
	ErrUnbuilt = errors.New("logins of this provider are not supported")

	// ErrOwnToken says that a token of an identity pool was given where none may be.
	ErrOwnToken = errors.New("a token of an identity pool was given")

	// ErrNotIdentity says that a text is no ID token.
	ErrNotIdentity = errors.New("not an ID token")

	// ErrIssuer says that the token is of another issuer than the login names.
	ErrIssuer = errors.New("the token is of another issuer")

	// ErrSignature says that no key of the provider verifies the token.
	ErrSignature = errors.New("the signature of the token cannot be verified")

	// ErrEarly says that a token is not good yet.
	ErrEarly = errors.New("the token is from the future")

	// ErrEnded says that the user of a token was signed out, disabled or deleted, or that the token was revoked.
	ErrEnded = errors.New("the user of the token is not signed in any more")

	// ErrRejected says that a provider does not know an access token.
	ErrRejected = errors.New("the provider does not accept the access token")

	// ErrAssertion says that a SAML response is not one to be believed.
	ErrAssertion = errors.New("the SAML response cannot be believed")
)

// ClaimError says that a token lacks a claim.
type ClaimError struct{ Claim string }

func (e *ClaimError) Error() string { return "the token has no claim " + e.Claim }

// ExpiredError says when a token expired, and what time it was; both in Unix seconds.
type ExpiredError struct{ Expired, Now int64 }

func (e *ExpiredError) Error() string {
	return fmt.Sprintf("the token expired at %d, it is %d", e.Expired, e.Now)
}

// UnreachableError says that a provider gave no answer by which a token could be judged.
type UnreachableError struct {
	Provider string
	Err      error
}

func (e *UnreachableError) Error() string {
	return "identity provider " + e.Provider + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *UnreachableError) Unwrap() error { return e.Err }
