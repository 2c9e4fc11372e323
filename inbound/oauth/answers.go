package oauth

import (
	"net/http"
	"strings"

	"cardea/feature/oauth"
	"cardea/spec/dpop"
	"cardea/spec/oauth2"
)

// tokens is the answer of the token endpoint.
type tokens struct {
	ID      string `json:"id_token,omitzero"`
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token,omitzero"`
	Expires int64  `json:"expires_in"`
	Type    string `json:"token_type"`
	Scope   string `json:"scope,omitzero"`
	Issued  string `json:"issued_token_type,omitzero"`
}

func (c *call) token() error {
	request, err := c.request()
	if err != nil {
		return err
	}
	if err := c.withinRates(); err != nil {
		return err
	}
	made, err := c.Service.Token(c.r.Context(), request)
	if err != nil {
		return err
	}
	c.write(http.StatusOK, tokens{made.IdToken, made.AccessToken, made.RefreshToken, made.ExpiresIn, made.TokenType, made.Scope, made.Kind})
	return nil
}

func (c *call) revoke() error {
	request, err := c.request()
	if err != nil {
		return err
	}
	if err := c.Service.Revoke(c.r.Context(), request); err != nil {
		return err
	}
	c.status = http.StatusOK
	c.w.Header().Set("Content-Length", "0")
	c.w.WriteHeader(c.status)
	return nil
}

func (c *call) userInfo() error {
	given, err := c.shown()
	if err != nil {
		return err
	}
	shown, err := c.Service.UserInfo(c.r.Context(), c.pool, given)
	if err != nil {
		return err
	}
	c.write(http.StatusOK, shown)
	return nil
}

// shown is the access token of a request, from the header Authorization or from a form, but never from the query, which
// logs and histories keep (RFC 6750 §2, RFC 9700 §4.3.2). One that comes with a proof is in the header.
func (c *call) shown() (oauth.Shown, error) {
	wrong := &oauth2.Error{Code: oauth2.InvalidRequest, Description: "Bad OAuth2 request at UserInfo Endpoint"}
	headers := c.r.Header.Values("Authorization")
	c.anonymous = len(headers) == 0
	if len(headers) == 1 {
		scheme, given, _ := strings.Cut(headers[0], " ")
		given = strings.TrimLeft(given, " ")
		c.bound = strings.EqualFold(scheme, dpop.Scheme)
		if given != "" && (c.bound || strings.EqualFold(scheme, "Bearer")) {
			return oauth.Shown{Token: given, Bound: c.bound, Holder: c.holder()}, nil
		}
	}
	if len(headers) > 0 || c.r.Method != http.MethodPost || c.readForm() != nil || c.form.Get("access_token") == "" {
		return oauth.Shown{}, wrong
	}
	c.anonymous = false
	return oauth.Shown{Token: c.form.Get("access_token")}, nil
}

// holder is what the caller shows of the key that its tokens are bound to.
func (c *call) holder() oauth.Holder {
	return oauth.Holder{Proofs: c.r.Header.Values("DPoP"), Method: c.r.Method, URL: c.base + c.path}
}
