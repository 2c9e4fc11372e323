package access

import (
	"context"
	"errors"
	"fmt"

	"cardea/engine/lockout"
	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/client"
	"cardea/record/datakey"
	"cardea/record/pool"
	"cardea/record/session"
	"cardea/record/user"
	"cardea/spec/id"
)

// App is an app client with its pool and the pool's box. All three are shared and must not be changed.
type App struct {
	Pool   *pool.Pool
	Client *client.Client
	Box    *seal.Box
}

// ErrGrant says that an app client may not use an OAuth grant.
var ErrGrant = errors.New("the app client may not use this grant")

// MayUse answers ErrGrant unless the app may use an OAuth grant, named as AllowedOAuthFlows names it.
func (a App) MayUse(flow string) error {
	if !a.Client.Grants(flow) {
		return ErrGrant
	}
	return nil
}

// Subject is a user of an app. The user is the caller's own copy, as the transaction that found them saw it.
type Subject struct {
	App
	User    *user.User       // nil: no user has the name that was given
	Session *session.Session // the session of the access token; nil without a token
	Scopes  []string         // of that access token
	Page    string           // the origin of the pool's page that acts for the user; empty: an app does
	SSO     string           // the single sign-on session by which a page acts for its user; empty: none does
}

// Source is where a request for the subject's own account comes from: from the user's browser at a page, and otherwise from
// whoever has the access token.
func (s *Subject) Source(ctx context.Context) lockout.Source {
	if s.SSO != "" {
		return lockout.FromBrowser(ctx, s.Client)
	}
	return lockout.From(ctx, s.Client, nil)
}

// Apps finds apps.
type Apps struct {
	DB   *db.DB
	Ring *datakey.Ring
}

// Find finds the app that an unsigned request names. It answers *UnknownError when there is none.
func (a Apps) Find(tx *db.Tx, clientID string) (App, error) {
	c, version, err := client.Find(tx, id.Client(clientID))
	if errors.Is(err, db.ErrNotFound) {
		return App{}, &UnknownError{Client: clientID}
	}
	if err != nil {
		return App{}, fmt.Errorf("find client: %w", err)
	}

	p, err := pool.At(tx, c.Pool, version)
	if err != nil {
		return App{}, fmt.Errorf("get the client's pool: %w", err)
	}
	return a.app(tx, p, c)
}

// FindIn finds the app of a pool, both named by a signed request. It answers *UnknownError when there is none.
func (a Apps) FindIn(tx *db.Tx, poolID, clientID string) (App, error) {
	p, c, err := PoolClient(tx, poolID, clientID)
	if err != nil {
		return App{}, err
	}
	return a.app(tx, p, c)
}

// Proven finds the app that an unsigned request names and checks its SECRET_HASH, in a transaction of its own.
func (a Apps) Proven(ctx context.Context, clientID, username, hash string) (app App, err error) {
	err = a.DB.Read(ctx, func(tx *db.Tx) error {
		if app, err = a.Find(tx, clientID); err != nil {
			return err
		}
		return app.CheckSecretHash(username, hash)
	})
	return app, err
}

func (a Apps) app(tx *db.Tx, p *pool.Pool, c *client.Client) (App, error) {
	box, err := a.Ring.Box(tx, p.ID)
	if err != nil {
		return App{}, fmt.Errorf("open pool's box: %w", err)
	}
	return App{Pool: p, Client: c, Box: box}, nil
}
