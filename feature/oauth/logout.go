package oauth

import (
	"context"
	"slices"

	"cardea/engine/access"
	"cardea/engine/hosted"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/pool"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// Logout ends the session of a browser and answers where the browser goes on. The two forms are those of
// docs/cognito/oauth.md, "Logout"; the parameters of OpenID Connect RP-Initiated Logout 1.0 are taken as well, when they name
// the client. In pools that follow that standard, requests of its form are rpLogout's. A request that is refused ends nothing,
// nor does one whose user is asked first. confirmation is what that question has answered, if it was asked.
func (s *Service) Logout(ctx context.Context, name id.Pool, v oauth2.Values, b hosted.Browser, confirmation string) (out Onward, err error) {
	out, err = s.judgeLogout(ctx, rpLogout{name, v, b, confirmation})
	if err != nil || out.Ask != "" {
		return out, err
	}
	out.Ended, err = s.Hosted.SignOut(ctx, name, b)
	return out, err
}

// LoggedOut tells where a browser goes on that was signed out by a request of Logout and has been elsewhere since. The request is
// judged again, and ends nothing.
func (s *Service) LoggedOut(ctx context.Context, name id.Pool, v oauth2.Values) (Onward, error) {
	return s.judgeLogout(ctx, rpLogout{pool: name, v: v})
}

// judgeLogout decides where the browser of a request to sign out goes on, or what its user is asked.
func (s *Service) judgeLogout(ctx context.Context, r rpLogout) (out Onward, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := access.Pool(tx, string(r.pool))
		if err != nil {
			return err
		}
		if err := r.v.Check(); err != nil {
			return err
		}
		if p.Follows(pool.RPInitiatedLogout) && r.v.Get("logout_uri") == "" && r.v.Get("redirect_uri") == "" {
			out, err = s.rpLogout(tx, r)
			return err
		}
		app, _, err := s.logoutApp(tx, r.pool, r.v)
		if err != nil {
			return err
		}
		out, err = s.logout(tx, app, r.v)
		return err
	})
	if err != nil {
		return Onward{}, err
	}
	return out, nil
}

func (s *Service) logout(tx *db.Tx, app access.App, v oauth2.Values) (Onward, error) {
	if address := v.Get("logout_uri"); address != "" {
		return signedOutTo(app.Client, address, "")
	}
	if address := v.Get("post_logout_redirect_uri"); address != "" {
		return signedOutTo(app.Client, address, v.Get("state"))
	}
	if v.Get("redirect_uri") == "" {
		return Onward{}, &oauth2.Error{Code: oauth2.InvalidRequest, Description: "Required String parameter 'redirect_uri' is not present"}
	}
	_, err := s.Hosted.Judge(tx, app.Pool.ID, v)
	return Onward{Query: v.Encode()}, err
}

// signedOutTo sends a browser to an address that is one of a client's LogoutURLs, byte for byte.
func signedOutTo(c *client.Client, address, state string) (Onward, error) {
	if !slices.Contains(c.Doc.LogoutURLs, address) || oauth2.Executable(address) {
		return Onward{}, hosted.ErrRedirect
	}
	return Onward{Location: oauth2.Answer{URI: address}.With(oauth2.Pair{Name: "state", Value: state})}, nil
}
