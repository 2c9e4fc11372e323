package hosted

import (
	"context"
	"time"

	"cardea/engine/access"
	"cardea/engine/bearer"
	"cardea/platform/db"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// Recent is how long ago a visitor may have proven who they are, at most, to change what they sign in with.
const Recent = 10 * time.Minute

// Visit is a visitor of the pages, who acts on their own account on behalf of the app of a request.
type Visit struct {
	Pool    id.Pool
	Values  oauth2.Values // of the request, as they were given
	Origin  string        // of the pages
	Browser Browser
	Within  time.Duration // how long ago they may have proven who they are, at most; 0: as long as their session lasts
}

// Visitor finds the visitor and the app, as tx sees them. It answers ErrLoginRequired when the browser has no session that does,
// or another account's than the page has shown, and *access.UnknownError.
func (s *Server) Visitor(tx *db.Tx, v Visit) (*access.Subject, error) {
	app, err := s.App(tx, v.Pool, v.Values)
	if err != nil {
		return nil, err
	}
	session, err := held(tx, v.Pool, v.Browser)
	if err != nil {
		return nil, err
	}
	if v.Within != 0 && tx.Now.Sub(session.AuthTime) > v.Within || v.Browser.Shown != "" && v.Browser.Shown != session.Sub {
		return nil, ErrLoginRequired
	}
	u, err := owner(tx, app.Pool, session)
	if err != nil {
		return nil, err
	}
	return &access.Subject{App: app, User: u, Page: v.Origin, SSO: session.ID}, nil
}

// FindVisitor is Visitor in a transaction of its own.
func (s *Server) FindVisitor(ctx context.Context, v Visit) (who *access.Subject, err error) {
	if v.Browser.SSO == "" {
		return nil, ErrLoginRequired
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		who, err = s.Visitor(tx, v)
		return err
	})
	return who, err
}

// AccountOf is the account of a visitor. It answers the conditions of Visitor.
func (s *Server) AccountOf(ctx context.Context, v Visit) (Account, error) {
	who, err := s.FindVisitor(ctx, v)
	if err != nil {
		return Account{}, err
	}
	return Account{Sub: who.User.Sub, Name: NameOf(who.Pool, who.User)}, nil
}

// AsVisitor makes the context in which operations on the user's own account act for a visitor. They answer the conditions of Visitor.
func (s *Server) AsVisitor(ctx context.Context, v Visit) context.Context {
	return bearer.WithVisitor(ctx, func(tx *db.Tx) (*access.Subject, error) { return s.Visitor(tx, v) })
}
