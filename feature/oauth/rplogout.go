package oauth

import (
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"fmt"

	"cardea/engine/access"
	"cardea/engine/hosted"
	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// rpLogout is a request of OpenID Connect RP-Initiated Logout 1.0, which may have no parameters at all.
type rpLogout struct {
	pool         id.Pool
	v            oauth2.Values
	browser      hosted.Browser
	confirmation string
}

// rpLogout decides whether a browser is signed out, and where it goes on. Without an ID token of the user who is signed in, any
// page could have made the request, so that the user is asked. A browser is sent only to an address that is registered for the
// client that the request names, by its id or by the ID token; without an address the user is told that they are signed out.
func (s *Service) rpLogout(tx *db.Tx, r rpLogout) (out Onward, err error) {
	app, hint, err := s.logoutApp(tx, r.pool, r.v)
	named := err == nil
	if _, unknown := errors.AsType[*access.UnknownError](err); err != nil && (!unknown || r.v.Has("client_id")) {
		return out, err
	}
	out.SignedOut = true
	if address := r.v.Get("post_logout_redirect_uri"); address != "" {
		if !named {
			return out, hosted.ErrRedirect
		}
		if out, err = signedOutTo(app.Client, address, r.v.Get("state")); err != nil {
			return out, err
		}
	}

	who, err := s.Hosted.UserOf(tx, r.pool, r.browser)
	if errors.Is(err, hosted.ErrLoginRequired) {
		return out, nil // nobody is signed in
	}
	if err != nil || hint.Sub == who {
		return out, err
	}
	question, err := s.question(tx, r)
	if err == nil && !hmac.Equal([]byte(question), []byte(r.confirmation)) {
		return Onward{Ask: question}, nil
	}
	return out, err
}

// question is what only the page that asks can know of a request: it is for the request and for the browser's session.
func (s *Service) question(tx *db.Tx, r rpLogout) (string, error) {
	box, err := s.Tokens.Ring.Box(tx, r.pool)
	if err != nil {
		return "", fmt.Errorf("open pool's box: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(box.MAC("logout", []byte(r.browser.SSO+"\n"+r.v.Encode()))), nil
}

// logoutApp finds the client that a request names, by its id or by the ID token that was made for it. Both may be given, and
// have to agree.
func (s *Service) logoutApp(tx *db.Tx, pool id.Pool, v oauth2.Values) (app access.App, hint token.Hint, err error) {
	if given := v.Get("id_token_hint"); given != "" {
		if hint, err = s.Tokens.ReadHint(tx, pool, given); err != nil {
			return app, hint, err
		}
		if v.Has("client_id") && v.Get("client_id") != hint.Client {
			return app, token.Hint{}, token.ErrHint
		}
		app, err = s.Apps.FindIn(tx, string(pool), hint.Client)
		return app, hint, err
	}
	app, err = s.Hosted.App(tx, pool, v)
	return app, hint, err
}
