package oauth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cardea/engine/access"
	"cardea/engine/lockout"
	"cardea/engine/scope"
	"cardea/engine/token"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/pool"
	"cardea/record/quota"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// Bounds of registration.
const (
	maxRegistered    = 1000 // apps of a pool that have registered themselves
	maxOpenOfAddress = 10   // in openTime, from one address without an access token
	maxOpenOfPool    = 100  // likewise, from all addresses
	openTime         = time.Hour
)

// ErrTokenNeeded says that the pool takes registrations with an access token only.
var ErrTokenNeeded = errors.New("apps register with an access token only")

// Registered is an app that has registered itself.
type Registered struct {
	Metadata oauth2.Metadata // as it was registered
	ID       string
	Secret   string // empty: none
	At       time.Time
}

// registration is the wish of an app to be registered.
type registration struct {
	*Service
	pool   id.Pool
	claims *token.Claims // of the access token that allows it; nil: there is none
	asked  oauth2.Metadata
	app    id.Client
	secret string
}

// Register makes a client of an app, as the app describes itself: with an access token that has the scope scope.Register, or
// without one where the pool has open registration (docs/cognito/oauth.md, "Registration"). It answers ErrTokenNeeded, the
// conditions of the access token, lockout.ErrRateLimited, and what is wrong with the description as an *oauth2.Error. Where it
// answers an error, nothing is stored.
func (s *Service) Register(ctx context.Context, pool id.Pool, accessToken string, asked oauth2.Metadata) (*Registered, error) {
	r := &registration{Service: s, pool: pool, asked: asked, app: id.NewClient()}
	if accessToken != "" {
		var err error
		if r.claims, err = s.Tokens.Authenticate(ctx, accessToken); err != nil {
			return nil, err
		}
	}
	if asked.AuthMethod != oauth2.AuthNone {
		r.secret = id.NewClientSecret()
	}

	err := s.DB.Read(ctx, func(tx *db.Tx) error { // what is refused writes nothing
		if _, err := r.judge(tx); err != nil {
			return err
		}
		return r.count(tx, checkUse)
	})
	if err != nil {
		return nil, err
	}
	var made *client.Client
	err = s.DB.Write(ctx, func(tx *db.Tx) (err error) {
		made, err = r.store(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return r.registered(made), nil
}

// judge decides whether the app may be registered, and makes its client.
func (r *registration) judge(tx *db.Tx) (*client.Client, error) {
	p, err := access.Pool(tx, string(r.pool))
	if err != nil {
		return nil, err
	}
	if err := r.admit(tx, p); err != nil {
		return nil, err
	}
	scopes, err := r.scopes(tx, p)
	if err != nil {
		return nil, err
	}
	return r.client(tx, p, scopes), nil
}

// admit decides whether the caller may register an app of this kind.
func (r *registration) admit(tx *db.Tx, p *pool.Pool) error {
	open := p.Registers() && p.Doc.DcrConfiguration.OpenDcrEnabled
	switch {
	case !p.Registers(), r.claims == nil && !open:
		return ErrTokenNeeded
	case r.claims != nil:
		if err := r.Tokens.Holds(tx, r.claims, p.ID, scope.Register); err != nil {
			return err
		}
	}
	for _, flow := range p.RegistrationGrants(r.claims != nil) {
		if flow == r.flow() {
			return nil
		}
	}
	return &oauth2.Error{Code: oauth2.InvalidClientMetadata, Description: "The grant type is not allowed."}
}

// store counts the registration, and adds the client.
func (r *registration) store(tx *db.Tx) (*client.Client, error) {
	c, err := r.judge(tx)
	if err != nil {
		return nil, err
	}
	if err := r.count(tx, use); err != nil {
		return nil, err
	}
	if r.secret != "" {
		box, err := r.Apps.Ring.Box(tx, r.pool)
		if err != nil {
			return nil, fmt.Errorf("get the pool's key: %w", err)
		}
		c.Secrets = []client.Secret{c.NewSecret(box, r.secret, tx.Now)}
	}
	if err := client.Insert(tx, c); err != nil {
		return nil, fmt.Errorf("insert client: %w", err)
	}
	return c, nil
}

// count answers lockout.ErrRateLimited when the pool has as many self-registered apps as it may have, or open registrations
// come too often.
func (r *registration) count(tx *db.Tx, use func(tx *db.Tx, pool id.Pool, name string, most int64) error) error {
	there, err := client.CountOfKind(tx, r.pool, cognitoidp.ClientTypeTypeDcr, maxRegistered)
	if err != nil {
		return fmt.Errorf("count registered clients: %w", err)
	}
	if there >= maxRegistered {
		return lockout.ErrRateLimited
	}
	if r.claims != nil {
		return nil
	}
	network := lockout.Source{Address: caller.From(tx.Context()).IP}.Network()
	if err := use(tx, r.pool, "register/address/"+network, maxOpenOfAddress); err != nil {
		return err
	}
	return use(tx, r.pool, "register", maxOpenOfPool)
}

// use counts an open registration under a name, or answers lockout.ErrRateLimited.
func use(tx *db.Tx, pool id.Pool, name string, most int64) error {
	uses, err := quota.Use(tx, pool, name, most, openTime)
	if err == nil && uses > most {
		err = lockout.ErrRateLimited
	}
	return err
}

// checkUse answers what use would, and counts nothing.
func checkUse(tx *db.Tx, pool id.Pool, name string, most int64) error {
	full, err := quota.Full(tx, pool, name, most)
	if err == nil && full {
		err = lockout.ErrRateLimited
	}
	return err
}
