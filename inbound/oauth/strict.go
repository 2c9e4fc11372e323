package oauth

import (
	"errors"
	"net/http"

	"cardea/feature/oauth"
	"cardea/spec/oauth2"
)

// authorizeByForm takes an authorization request that is posted (OpenID Connect Core §3.1.2.1). The browser comes again with
// the same parameters in a query: what another site's page has it post is without the cookies that the answer depends on.
func (c *call) authorizeByForm() error {
	if err := c.readForm(); err != nil && c.form.Encode() == "" {
		return err
	}
	c.comeByQuery()
	return nil
}

// comeByQuery has the browser come again with the parameters of its form in a query.
func (c *call) comeByQuery() {
	c.client = c.form.Get("client_id")
	c.status = http.StatusSeeOther
	c.w.Header()["Location"] = []string{c.base + c.path + "?" + c.form.Encode()}
	c.w.WriteHeader(c.status)
}

// refuseStrictly writes an error as RFC 6749 §5.2 and RFC 6750 §3 have it.
func (c *call) refuseStrictly(err error, word *oauth2.Error) {
	status := c.statusOf(word)
	switch {
	case c.name != "UserInfo" && word.Code == oauth2.InvalidClient:
		status = http.StatusUnauthorized
		c.w.Header().Set("WWW-Authenticate", `Basic realm="token"`)
	case c.name == "Register" && isOfToken(word):
		c.w.Header().Set("WWW-Authenticate", c.challenge(word))
	case c.name != "UserInfo":
	case c.anonymous:
		c.status, c.code = http.StatusUnauthorized, word.Code
		c.w.Header().Set("WWW-Authenticate", "Bearer")
		c.w.WriteHeader(c.status)
		return
	case errors.Is(err, oauth.ErrNotOpenID):
		word, status = &oauth2.Error{Code: oauth2.InsufficientScope, Description: word.Description}, http.StatusForbidden
		c.w.Header().Set("WWW-Authenticate", `Bearer error="insufficient_scope", scope="openid"`)
	default:
		c.w.Header().Set("WWW-Authenticate", c.challenge(word))
	}
	c.writeError(word, status)
}
