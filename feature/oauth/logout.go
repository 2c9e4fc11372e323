package oauth

import (
	"context"
	"slices"

	"cardea/engine/access"
	"cardea/engine/hosted"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// SignedOut is where a browser goes on after /logout: at an address of the app, or at the sign-in page with a query.
type SignedOut struct {
	Location string
	Query    string
}

// Logout answers where the browser goes on. The two forms are those of docs/cognito/oauth.md, "Logout"; the parameters of
// OpenID Connect RP-Initiated Logout 1.0 are taken as well, when they name the client.
func (s *Service) Logout(ctx context.Context, pool id.Pool, v oauth2.Values) (out SignedOut, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		app, err := s.Hosted.App(tx, pool, v)
		if err != nil {
			return err
		}
		out, err = s.logout(tx, app, v)
		return err
	})
	return out, err
}

func (s *Service) logout(tx *db.Tx, app access.App, v oauth2.Values) (SignedOut, error) {
	if err := v.Check(); err != nil {
		return SignedOut{}, err
	}
	for _, name := range []string{"logout_uri", "post_logout_redirect_uri"} {
		address := v.Get(name)
		if address == "" {
			continue
		}
		if !signsOutTo(app.Client, address) {
			return SignedOut{}, hosted.ErrRedirect
		}
		answer := oauth2.Answer{URI: address}
		if name == "logout_uri" {
			return SignedOut{Location: answer.URI}, nil
		}
		return SignedOut{Location: answer.With(oauth2.Pair{Name: "state", Value: v.Get("state")})}, nil
	}
	if v.Get("redirect_uri") == "" {
		return SignedOut{}, &oauth2.Error{Code: oauth2.InvalidRequest, Description: "Required String parameter 'redirect_uri' is not present"}
	}
	_, err := s.Hosted.Judge(tx, app.Pool.ID, v)
	return SignedOut{Query: v.Encode()}, err
}

// signsOutTo reports whether an address is one of a client's LogoutURLs, byte for byte.
func signsOutTo(c *client.Client, address string) bool {
	return slices.Contains(c.Doc.LogoutURLs, address) && !oauth2.Executable(address)
}
