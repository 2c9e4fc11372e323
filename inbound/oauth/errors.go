package oauth

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/hosted"
	"cardea/engine/lockout"
	"cardea/engine/scope"
	"cardea/engine/token"
	"cardea/engine/trigger"
	"cardea/feature/oauth"
	"cardea/spec/dpop"
	"cardea/spec/jose"
	"cardea/spec/oauth2"
)

// entry is a condition and the error code for it.
type entry struct {
	condition         error
	code, description string
}

// lost is said of an access token that is no longer good, whatever the reason (docs/cognito/oauth.md, "UserInfo").
const lost = "Access token is expired, disabled, or deleted, or the user has globally signed out."

// conditions are those that the endpoints answer, of whatever engine.
var conditions = []entry{
	{access.ErrGrant, oauth2.UnauthorizedClient, ""},
	{scope.ErrRefused, oauth2.InvalidScope, ""},
	{hosted.ErrCode, oauth2.InvalidGrant, ""},
	{hosted.ErrRedirect, "redirect_mismatch", ""},
	{dpop.ErrProof, oauth2.InvalidProof, ""},
	{hosted.ErrDevice, oauth2.InvalidRequest, ""},
	{hosted.ErrPending, oauth2.AuthorizationPending, ""},
	{hosted.ErrSlow, oauth2.SlowDown, ""},
	{hosted.ErrLate, oauth2.ExpiredToken, ""},
	{hosted.ErrDenied, oauth2.AccessDenied, ""},
	{hosted.ErrPushed, oauth2.InvalidRequestURI, ""},
	{hosted.ErrProvider, oauth2.InvalidRequest, "Login option is not available. Please try another one"},
	{hosted.ErrInteractionRequired, oauth2.InteractionRequired, ""},
	{hosted.ErrLoginRequired, oauth2.LoginRequired, ""},
	{lockout.ErrRateLimited, oauth2.TemporarilyUnavailable, ""},

	{account.ErrDisabled, oauth2.InvalidGrant, ""},
	{account.ErrUnconfirmed, oauth2.InvalidGrant, ""},
	{account.ErrResetRequired, oauth2.InvalidGrant, ""},
	{token.ErrProofMissing, oauth2.InvalidGrant, ""},
	{token.ErrInvalidRefresh, oauth2.InvalidGrant, ""},
	{token.ErrExpiredRefresh, oauth2.InvalidGrant, ""},
	{token.ErrRevokedRefresh, oauth2.InvalidGrant, ""},
	{token.ErrReusedRefresh, oauth2.InvalidGrant, ""},
	{token.ErrNotRevocable, oauth2.InvalidRequest, ""},
	{token.ErrNotRefresh, oauth2.UnsupportedTokenType, ""},
	{token.ErrOthersToken, oauth2.InvalidGrant, ""},
	{token.ErrSubject, oauth2.InvalidRequest, "subject_token is not valid"},
	{token.ErrTarget, oauth2.InvalidTarget, ""},
	{token.ErrHint, oauth2.InvalidRequest, "id_token_hint is not valid"},
}

// ofBearer are the conditions of the access token at the endpoints that take one.
var ofBearer = []entry{
	{dpop.ErrProof, oauth2.InvalidProof, "The DPoP proof is not valid for this request."},
	{token.ErrBoundAccess, oauth2.InvalidToken, "The access token is bound to a key, of which there is no proof."},
	{token.ErrForgedAccess, oauth2.InvalidToken, lost},
	{token.ErrInvalidAccess, oauth2.InvalidToken, lost},
	{token.ErrExpiredAccess, oauth2.InvalidToken, lost},
	{token.ErrRevokedAccess, oauth2.InvalidToken, lost},
	{account.ErrNoUser, oauth2.InvalidToken, lost},
	{account.ErrDisabled, oauth2.InvalidToken, lost},
	{oauth.ErrNotOpenID, oauth2.InvalidToken, "Access token does not contain openid scope"},
	{oauth.ErrTokenNeeded, oauth2.InvalidToken, "An access token is required."},
	{token.ErrScopeMissing, oauth2.InsufficientScope, ""},
}

// Word is what an app is told of an error with which the browser comes back, or nil where it is a failure.
func Word(err error) *oauth2.Error { return word(err, conditions) }

// wordOf is the error for err, or nil where err is a failure.
func (c *call) wordOf(err error) *oauth2.Error {
	if c.takesBearer() {
		return word(err, slices.Concat(ofBearer, conditions))
	}
	return word(err, conditions)
}

// word finds an error in a table.
func word(err error, table []entry) *oauth2.Error {
	if wrong, ok := errors.AsType[*oauth2.Error](err); ok {
		return wrong
	}
	for _, e := range table {
		if errors.Is(err, e.condition) {
			return &oauth2.Error{Code: e.code, Description: e.description}
		}
	}

	if stopped, ok := errors.AsType[*trigger.Error](err); ok {
		return &oauth2.Error{Code: oauth2.InvalidRequest, Description: stoppedText(stopped)}
	}
	if _, ok := errors.AsType[account.StatusError](err); ok {
		return &oauth2.Error{Code: oauth2.InvalidGrant}
	}
	_, unknown := errors.AsType[*access.UnknownError](err)
	_, unproven := errors.AsType[*access.SecretError](err)
	if unknown || unproven {
		return &oauth2.Error{Code: oauth2.InvalidClient}
	}
	return nil
}

// takesBearer tells whether the endpoint is called with an access token.
func (c *call) takesBearer() bool { return c.name == "UserInfo" || c.name == "Register" }

// isOfToken tells whether an error is about an access token that was shown or is missing.
func isOfToken(word *oauth2.Error) bool {
	return word.Code == oauth2.InvalidToken || word.Code == oauth2.InsufficientScope
}

// stoppedText says how a trigger has kept tokens from being made, as the API does.
func stoppedText(e *trigger.Error) string {
	switch e.Kind {
	case trigger.Invalid:
		return "Unrecognizable lambda output"
	case trigger.NotInvoked:
		return string(e.Trigger) + " invocation failed due to error " + e.Text + "."
	}
	return string(e.Trigger) + " failed with error " + e.Text + "."
}

// refuse writes the error for err.
func (c *call) refuse(err error) {
	if c.refused {
		c.tooMany()
		return
	}
	if !c.open {
		c.refuseBrowser(err)
		return
	}
	word := c.wordOf(err)
	c.bound = c.bound || errors.Is(err, token.ErrBoundAccess)
	if word == nil {
		c.failure = err
		c.fail(&oauth2.Error{Code: oauth2.ServerError}, http.StatusInternalServerError)
		return
	}
	if c.follows(oauth.Strict) {
		c.refuseStrictly(err, word)
		return
	}
	c.fail(word, c.statusOf(word))
}

func (c *call) statusOf(word *oauth2.Error) int {
	switch {
	case word.Code == oauth2.TemporarilyUnavailable:
		return http.StatusTooManyRequests
	case word.Code == oauth2.InvalidToken, word.Code == oauth2.InvalidProof && c.name == "UserInfo":
		return http.StatusUnauthorized
	case word.Code == oauth2.InsufficientScope:
		return http.StatusForbidden
	case word.Code == oauth2.InvalidClient && (c.basic || c.name == "Revoke" || c.name == "Introspect"):
		return http.StatusUnauthorized
	}
	return http.StatusBadRequest
}

// challenge says how an access token has to be shown, and what is wrong with the one that was.
func (c *call) challenge(word *oauth2.Error) string {
	said := "error=" + quoted(word.Code) + ", error_description=" + quoted(word.Description)
	if c.bound {
		return dpop.Scheme + " " + said + ", algs=" + quoted(strings.Join(jose.HeldAlgorithms(), " "))
	}
	return "Bearer " + said
}

// fail writes an error in Cognito's form.
func (c *call) fail(word *oauth2.Error, status int) {
	switch {
	case c.name == "UserInfo", c.name == "Register" && isOfToken(word):
		c.w.Header().Set("WWW-Authenticate", c.challenge(word))
	case status == http.StatusUnauthorized && (c.basic || c.name == "Introspect"):
		c.w.Header().Set("WWW-Authenticate", `Basic realm="token"`)
	}
	c.writeError(word, status)
}

func (c *call) writeError(word *oauth2.Error, status int) {
	c.code = word.Code
	c.write(status, struct {
		Error       string `json:"error"`
		Description string `json:"error_description,omitzero"`
	}{word.Code, word.Description})
}
