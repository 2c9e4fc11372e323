package token

import "errors"

// The conditions of access tokens.
var (
	ErrForgedAccess  = errors.New("no pool of this server signed the access token")
	ErrInvalidAccess = errors.New("the token is no access token of a user")
	ErrExpiredAccess = errors.New("the access token has expired")
	ErrRevokedAccess = errors.New("the access token is revoked")
	ErrBoundAccess   = errors.New("the caller has not proven to hold the key that the access token is bound to")
)

// The conditions of refresh tokens.
var (
	ErrInvalidRefresh = errors.New("the refresh token is none of this client's")
	ErrExpiredRefresh = errors.New("the refresh token has expired")
	ErrRevokedRefresh = errors.New("the refresh token is revoked")
	ErrReusedRefresh  = errors.New("the refresh token was replaced by rotation") // its session has been ended
)

// The conditions of revoking a token.
var (
	ErrNotRevocable = errors.New("the client does not revoke tokens")
	ErrNotRefresh   = errors.New("the token is no refresh token")
	ErrOthersToken  = errors.New("the token was issued to another client")
)

// ErrScopeMissing says that an access token, or the client that it was issued to, lacks a scope.
var ErrScopeMissing = errors.New("the access token lacks the scope")

// ErrProofMissing says that the proofs of a sign-in are not all that the pool asks of the user.
var ErrProofMissing = errors.New("a proof of the user's identity is missing")
