package oauth

import (
	"context"
	"errors"

	"cardea/engine/hosted"
	"cardea/platform/db"
	"cardea/record/ssosession"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// Onward is where a browser goes on: at an address of the app, or at the sign-in page with a query.
type Onward struct {
	Location oauth2.Location // zero: the sign-in page
	Query    string

	Provider  *hosted.Request // for whose identity provider the browser may leave at once; nil: for none
	Ask       string          // what the answer has to have of a user who is to be asked whether to sign out; empty: nobody is
	SignedOut bool            // there is nowhere to go on: the user is told that they are signed out

	Ended ssosession.Upstream // where the user had signed in for the session that was ended; zero: here, or there was none
}

// Authorize judges an authorization request, and answers it at once where the browser has a session that does. Otherwise the
// browser goes on at the sign-in page, or at the identity provider that the request asks for.
func (s *Service) Authorize(ctx context.Context, pool id.Pool, v oauth2.Values, b hosted.Browser) (Onward, error) {
	var r *hosted.Request
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		r, err = s.Hosted.Begin(tx, pool, v)
		return err
	})
	if err != nil {
		return Onward{}, err
	}
	if r.Own() != "" {
		return Onward{}, hosted.ErrRedirect // no app may ask for that
	}
	if !r.Prompts(oauth2.PromptSelect) && !r.Consents() {
		out, err := s.Hosted.Reuse(ctx, r, b)
		if err == nil {
			return Onward{Location: out.Location}, nil
		}
		if !errors.Is(err, hosted.ErrLoginRequired) {
			return Onward{}, err
		}
		if r.Prompts(oauth2.PromptNone) {
			return Onward{}, r.Refused(err)
		}
	}
	out := Onward{Query: v.Encode()}
	if r.Upstream() != "" {
		out.Provider = r
	}
	return out, nil
}
