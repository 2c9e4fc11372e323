package hosted

import (
	"context"
	"errors"
	"fmt"

	"cardea/engine/access"
	"cardea/engine/token"
	"cardea/engine/trigger"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/record/devicegrant"
	"cardea/record/pool"
	"cardea/record/session"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/dpop"
	"cardea/spec/id"
	"cardea/spec/triggerevent"
)

// What a device that waits is told (RFC 8628 §3.5).
var (
	ErrPending = errors.New("the device's user has not answered")
	ErrSlow    = errors.New("the device asks too often")
	ErrLate    = errors.New("the device code has expired")
	ErrDenied  = errors.New("the device's user has not allowed it")
)

// DevicePoll is a client, which has proven itself, with a device code.
type DevicePoll struct {
	access.App
	Code string
	Key  *dpop.Proof // of the key that the tokens are bound to; nil: none
}

// Poll gives the tokens of a device that its user has allowed, once. It answers ErrPending, ErrSlow, ErrLate, ErrDenied, and the
// conditions of Redeem; ErrCode for a code that is not the client's, that was used, or whose user has been signed out since.
func (s *Server) Poll(ctx context.Context, x DevicePoll) (*cognitoidp.AuthenticationResultType, error) {
	var g *devicegrant.Grant
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		g, err = x.find(tx)
		return err
	})
	if err != nil {
		return nil, s.refuse(ctx, x.Pool.ID, err)
	}
	if err := s.knock(ctx, g); err != nil {
		return nil, err
	}
	var who *allowance
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		who, err = s.allowed(tx, x)
		return err
	})
	if err != nil {
		return nil, s.refuse(ctx, x.Pool.ID, err)
	}
	overrides, err := s.Tokens.Customize(ctx, token.Customization{
		App: x.App, User: who.user, Kind: session.OAuth, Scopes: who.scopes, Occasion: triggerevent.HostedAuth,
	})
	if err != nil {
		return nil, err
	}
	var made *token.Opened
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		made, err = s.openAllowed(tx, x, overrides)
		return err
	})
	if errors.Is(err, db.ErrStale) {
		return nil, ErrCode
	}
	if err != nil {
		return nil, s.refuse(ctx, x.Pool.ID, err)
	}
	return s.Tokens.Sign(ctx, made)
}

// openAllowed uses the device code up and makes its session, both or neither.
func (s *Server) openAllowed(tx *db.Tx, x DevicePoll, overrides *trigger.Overrides) (*token.Opened, error) {
	who, err := s.allowed(tx, x)
	if err != nil {
		return nil, err
	}
	if err := devicegrant.Use(tx, who.grant); err != nil {
		return nil, fmt.Errorf("use device code: %w", err)
	}
	doc := who.grant.Doc
	return s.Tokens.Open(tx, token.Grant{
		App: who.App, User: who.user, Kind: session.OAuth, Scopes: who.scopes, SSO: doc.SSO,
		Proofs: doc.Proofs, AuthTime: doc.AuthTime, Key: x.Key, Overrides: overrides, From: caller.From(tx.Context()),
	})
}

// find finds the grant of a code of the client.
func (x DevicePoll) find(tx *db.Tx) (*devicegrant.Grant, error) {
	g, err := devicegrant.OfDevice(tx, x.Pool.ID, id.Digest(x.Code))
	if errors.Is(err, db.ErrNotFound) || err == nil && g.Client != x.Client.ID {
		return nil, mismatchError{}
	}
	if err != nil {
		return nil, fmt.Errorf("get device grant: %w", err)
	}
	return g, nil
}

// knock notes that a device has asked. It answers ErrSlow when that was too soon.
func (s *Server) knock(ctx context.Context, g *devicegrant.Grant) error {
	var slow bool
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		err := devicegrant.Poll(tx, g)
		if slow = errors.Is(err, db.ErrStale); slow {
			return devicegrant.Slow(tx, g, min(g.Pause+DevicePause, longPause))
		}
		return err
	})
	if err == nil && slow {
		return ErrSlow
	}
	return err
}

// allowance is a grant that was allowed, and its user.
type allowance struct {
	access.App
	grant  *devicegrant.Grant
	user   *user.User
	scopes []string
}

// allowed finds a grant that may be redeemed.
func (s *Server) allowed(tx *db.Tx, x DevicePoll) (*allowance, error) {
	app, err := s.Apps.FindIn(tx, string(x.Pool.ID), string(x.Client.ID))
	if err != nil {
		return nil, err
	}
	if err := app.MayUse(cognitoidp.OAuthFlowTypeCode); err != nil {
		return nil, err
	}
	g, err := x.find(tx)
	if err != nil {
		return nil, err
	}
	switch {
	case !app.Pool.Follows(pool.DeviceGrant), g.State == devicegrant.Used, g.State == devicegrant.Allowed && app.Pool.Outlived(g.Doc.AuthTime):
		return nil, ErrCode
	case g.State == devicegrant.Denied:
		return nil, ErrDenied
	case !tx.Now.Before(g.Expires):
		return nil, ErrLate
	case g.State != devicegrant.Allowed:
		return nil, ErrPending
	}
	u, err := stillSignedIn(tx, signedIn{g.Pool, g.Sub, g.Doc.Answered, g.Doc.PasswordSet, g.Doc.SSO, g.Doc.Proofs})
	if err != nil {
		return nil, err
	}
	return &allowance{app, g, u, g.Doc.Scopes}, nil
}
