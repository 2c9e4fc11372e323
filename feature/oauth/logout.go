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

// Logout ends the session of a browser and answers where the browser goes on. The two forms are those of
// docs/cognito/oauth.md, "Logout"; the parameters of OpenID Connect RP-Initiated Logout 1.0 are taken as well, when they name
// the client. A request that is refused ends nothing.
func (s *Service) Logout(ctx context.Context, pool id.Pool, v oauth2.Values, b hosted.Browser) (out Onward, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		app, err := s.Hosted.App(tx, pool, v)
		if err != nil {
			return err
		}
		out, err = s.logout(tx, app, v)
		return err
	})
	if err != nil {
		return Onward{}, err
	}
	return out, s.Hosted.SignOut(ctx, pool, b)
}

func (s *Service) logout(tx *db.Tx, app access.App, v oauth2.Values) (Onward, error) {
	if err := v.Check(); err != nil {
		return Onward{}, err
	}
	for _, name := range []string{"logout_uri", "post_logout_redirect_uri"} {
		address := v.Get(name)
		if address == "" {
			continue
		}
		if !signsOutTo(app.Client, address) {
			return Onward{}, hosted.ErrRedirect
		}
		answer := oauth2.Answer{URI: address}
		if name == "logout_uri" {
			return Onward{Location: answer.With()}, nil
		}
		return Onward{Location: answer.With(oauth2.Pair{Name: "state", Value: v.Get("state")})}, nil
	}
	if v.Get("redirect_uri") == "" {
		return Onward{}, &oauth2.Error{Code: oauth2.InvalidRequest, Description: "Required String parameter 'redirect_uri' is not present"}
	}
	_, err := s.Hosted.Judge(tx, app.Pool.ID, v)
	return Onward{Query: v.Encode()}, err
}

// signsOutTo reports whether an address is one of a client's LogoutURLs, byte for byte.
func signsOutTo(c *client.Client, address string) bool {
	return slices.Contains(c.Doc.LogoutURLs, address) && !oauth2.Executable(address)
}
