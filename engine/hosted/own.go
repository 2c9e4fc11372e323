package hosted

import (
	"context"
	"errors"
	"regexp"

	"cardea/engine/access"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// OwnPages is the response type of requests by which a user signs in to see their own pages. It is none of OAuth's: no app is
// given anything, and redirect_uri is the path of a page of the site itself (decision 19).
const OwnPages = "account"

// ownPath matches the paths of the user's own pages.
var ownPath = regexp.MustCompile(`^/account(/[a-z-]+)*$`)

// OwnRequest is the request by which the user of an app signs in to see one of their own pages.
func OwnRequest(app, path string) oauth2.Values {
	return oauth2.Values{}.With("client_id", app).With("redirect_uri", path).With("response_type", OwnPages)
}

// AppName is how an app of the pool is called; empty if there is none.
func (s *Server) AppName(ctx context.Context, pool id.Pool, app string) (name string, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		_, c, err := access.PoolClient(tx, string(pool), app)
		if _, unknown := errors.AsType[*access.UnknownError](err); unknown {
			return nil
		}
		if err == nil {
			name = c.Doc.ClientName
		}
		return err
	})
	return name, err
}

// mostApps is how many clients of a pool OnlyApp looks at.
const mostApps = 50

// OnlyApp is the one app of the pool that signs users in at the pages; empty if there are others, or many clients. Apps that have
// registered themselves are none: their users do not choose them by coming here.
func (s *Server) OnlyApp(ctx context.Context, pool id.Pool) (only id.Client, err error) {
	var list []*client.Client
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		list, err = client.ListKind(tx, pool, cognitoidp.ClientTypeTypeRegular, "", mostApps)
		return err
	})
	if err != nil || len(list) == mostApps {
		return "", err
	}
	for _, c := range list {
		switch {
		case !hasPages(c):
		case only != "":
			return "", nil
		default:
			only = c.ID
		}
	}
	return only, nil
}

// hasPages tells whether an app signs users in at the pages.
func hasPages(c *client.Client) bool {
	return c.Grants(cognitoidp.OAuthFlowTypeCode) || c.Grants(cognitoidp.OAuthFlowTypeImplicit)
}

// Own is the path of the user's own page that the request is for; empty: it is an app's.
func (r *Request) Own() string { return r.own }

// readOwn reads a request for the user's own pages. An app that never signs users in at the pages is unknown there.
func (r *Request) readOwn(v oauth2.Values) error {
	if !hasPages(r.Client) {
		return &access.UnknownError{Client: string(r.Client.ID)}
	}
	if v.Check() != nil || v.Repeated("redirect_uri") || v.Repeated("response_type") || !ownPath.MatchString(v.Get("redirect_uri")) {
		return ErrRedirect
	}
	r.own = v.Get("redirect_uri")
	return nil
}
