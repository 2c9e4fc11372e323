package oauth2

// Error codes of the endpoints.
const (
	InvalidRequest           = "invalid_request"
	InvalidClient            = "invalid_client"
	InvalidProof             = "invalid_dpop_proof" // RFC 9449
	InvalidGrant             = "invalid_grant"
	InvalidRequestURI        = "invalid_request_uri" // RFC 9101, RFC 9126
	InvalidScope             = "invalid_scope"
	InvalidTarget            = "invalid_target" // RFC 8707
	InvalidToken             = "invalid_token"  // RFC 6750
	UnauthorizedClient       = "unauthorized_client"
	UnsupportedGrantType     = "unsupported_grant_type"
	UnsupportedResponseType  = "unsupported_response_type"
	UnsupportedTokenType     = "unsupported_token_type" // RFC 7009
	AuthorizationPending     = "authorization_pending"  // RFC 8628
	SlowDown                 = "slow_down"              // RFC 8628
	ExpiredToken             = "expired_token"          // RFC 8628
	AccessDenied             = "access_denied"
	LoginRequired            = "login_required"             // OpenID Connect Core
	InteractionRequired      = "interaction_required"       // the same
	RequestNotSupported      = "request_not_supported"      // OpenID Connect Core
	RequestURINotSupported   = "request_uri_not_supported"  // the same
	RegistrationNotSupported = "registration_not_supported" // the same
	InvalidRedirectURI       = "invalid_redirect_uri"       // RFC 7591
	InvalidClientMetadata    = "invalid_client_metadata"    // the same
	InsufficientScope        = "insufficient_scope"         // RFC 6750
	ServerError              = "server_error"
	TemporarilyUnavailable   = "temporarily_unavailable"
)

// Error is an error code with a description, which may be empty.
type Error struct {
	Code, Description string
}

func (e *Error) Error() string {
	if e.Description == "" {
		return e.Code
	}
	return e.Code + ": " + e.Description
}
