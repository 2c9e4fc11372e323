package token

import (
	"cmp"
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"time"

	"cardea/engine/access"
	"cardea/engine/factor"
	"cardea/engine/trigger"
	"cardea/platform/audit"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/platform/tracing"
	"cardea/record/datakey"
	"cardea/record/group"
	"cardea/record/pool"
	"cardea/record/session"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/dpop"
	"cardea/spec/id"
	"cardea/spec/jose"
	"cardea/spec/triggerevent"
)

// Minter makes tokens and verifies them.
type Minter struct {
	DB   *db.DB
	Ring *datakey.Ring

	// Issuer names the issuer of a pool's tokens, without a slash at the end but with the pool's id there:
	// "https://auth.example.com/us-east-1_AbC123xyz".
	Issuer func(id.Pool) string

	// Triggers asks PreTokenGeneration.
	Triggers trigger.Triggers

	// Signer signs with a private key; nil: the standard library does.
	Signer func(*rsa.PrivateKey) jose.Signer

	remembered remembered // access tokens that were verified before
}

// Grant is a finished sign-in, to be turned into a session and its tokens.
type Grant struct {
	access.App
	User      *user.User // as the transaction that opens the session has left them
	Kind      session.Kind
	Session   string   // the new session's id, a UUID; empty: a new one
	Scopes    []string // of an OAuth session
	Resource  string   // the aud claim of access tokens; empty: none
	SSO       string   // UUID: the single sign-on session of the hosted pages that it came from; empty: none
	Nonce     string
	Level     string             // of authentication, the acr claim; empty: the app has not asked for it
	Proofs    []factor.Proof     // how the user has shown who they are
	AuthTime  time.Time          // when they did; zero: now
	DeviceKey string             // the device that the session is bound to; empty: none
	Implicit  bool               // there is no refresh token: the session lasts as long as its tokens
	Key       *dpop.Proof        // of the key that the access token is bound to, and refresh tokens of clients without a secret; nil: none
	Overrides *trigger.Overrides // of Customize; required when the pool has the trigger PreTokenGeneration
	From      caller.Caller      // where the request came from
	Groups    Groups             // the user's, as AskGroups has asked for them in the transaction; nil: Open asks
}

// Groups waits for the groups of a user that were asked for.
type Groups func() ([]group.Group, error)

// AskGroups asks for the groups of a user, which tokens name, without waiting (as db.Ask): for callers who read more in the
// transaction that opens the session.
func AskGroups(tx *db.Tx, pool id.Pool, sub id.Sub) Groups { return group.AskForUser(tx, pool, sub) }

// Opened is a session just made, from which Sign makes tokens.
type Opened struct {
	pool    *pool.Pool
	facts   *facts
	refresh *refreshToken // nil: none
}

// Open creates a session, in the transaction that uses up the proofs of the sign-in. It answers the conditions of
// account.Active, and ErrProofMissing, when the user may not have tokens.
//
// The session must be durable before Sign is called: then a one-time proof is used up before there are tokens, a second
// request with the same proof costs no signature, and the claims are what the transaction saw, its own changes included.
// If the program dies in between, an unused session remains and the user signs in again.
func (m *Minter) Open(tx *db.Tx, g Grant) (*Opened, error) {
	if g.Overrides == nil && trigger.Configured(g.Pool.Doc.LambdaConfig, triggerevent.PreTokenGeneration) {
		return nil, errors.New("the PreTokenGeneration trigger was not asked")
	}
	audit.About(tx.Context(), string(g.Pool.ID), string(g.User.Sub))
	if err := Eligible(g.Pool, g.User, g.Proofs); err != nil {
		return nil, err
	}

	if err := Spend(tx, g.Pool.ID, g.Key); err != nil {
		return nil, err
	}
	s := g.session(tx.Now)
	var refresh *refreshToken
	var first session.Refresh
	if !g.Implicit {
		var err error
		if refresh, err = m.newRefreshToken(tx, s); err != nil {
			return nil, err
		}
		first = refresh.record(s.Pool)
	}
	groups := g.Groups
	if groups == nil {
		groups = AskGroups(tx, g.Pool.ID, g.User.Sub)
	}
	f, err := m.gather(tx, g.App, g.User, groups)
	if err != nil {
		return nil, err
	}
	makeRoom(tx, g.Pool, s)
	session.InsertLater(tx, s, first)

	f.session, f.nonce, f.key, f.overrides = s, g.Nonce, thumbprint(g.Key), g.Overrides
	if f.sid, err = m.sid(tx, g.App, s.SSO); err != nil {
		return nil, err
	}
	if g.Level != "" {
		f.level, f.methods = g.Level, factor.Methods(g.Proofs)
	}
	return &Opened{g.Pool, f, refresh}, nil
}

// Sign makes the tokens of a session that is durable.
func (m *Minter) Sign(ctx context.Context, made *Opened) (*cognitoidp.AuthenticationResultType, error) {
	result, err := m.sign(ctx, made.pool, made.facts)
	if err != nil {
		return nil, err
	}
	if made.refresh != nil {
		result.RefreshToken = made.refresh.text
	}
	return result, nil
}

// sign signs with the pool's keys.
func (m *Minter) sign(ctx context.Context, p *pool.Pool, f *facts) (*cognitoidp.AuthenticationResultType, error) {
	ctx, span := tracing.Start(ctx, "sign tokens")
	defer span.End(false)
	keys, err := m.signingKeysOf(ctx, p.ID)
	if err != nil {
		return nil, goneWithPool(p, err)
	}
	f.keys = keys
	return f.sign()
}

func (g *Grant) session(now time.Time) *session.Session {
	begun := now
	if g.Pool.Outlived(now) {
		begun = g.Pool.SignedOut // the clock of the node that has ended all sessions is ahead
	}
	proven := g.AuthTime
	if proven.IsZero() {
		proven = begun
	}
	return &session.Session{
		Pool:      g.Pool.ID,
		ID:        cmp.Or(g.Session, id.NewOrderedUUID(now)),
		Origin:    id.NewUUID(),
		Sub:       g.User.Sub,
		Client:    g.Client.ID,
		Kind:      g.Kind,
		Scopes:    g.Scopes,
		Resource:  g.Resource,
		JKT:       g.refreshKey(),
		DeviceKey: g.DeviceKey,
		SSO:       g.SSO,
		Federated: factor.ByProvider(g.Proofs),
		AuthTime:  proven.Truncate(time.Second),
		Created:   After(begun, g.User),
		Expires:   now.Add(g.life()),
		Activity:  Use(now, g.From),
	}
}

// refreshKey is the key that refresh tokens are bound to. Those of clients with a secret are bound to that (RFC 9449 §5).
func (g *Grant) refreshKey() string {
	if g.Client.HasSecret() {
		return ""
	}
	return thumbprint(g.Key)
}

// life is how long the session lasts.
func (g *Grant) life() time.Duration {
	if g.Implicit {
		return max(g.Client.AccessTTL(), g.Client.IDTTL())
	}
	return g.Client.RefreshTTL()
}

// gather collects the values of a user's claims.
func (m *Minter) gather(tx *db.Tx, app access.App, u *user.User, groups Groups) (*facts, error) {
	all, err := groups()
	if err != nil {
		return nil, fmt.Errorf("groups of user: %w", err)
	}
	return &facts{issuer: m.Issuer(app.Pool.ID), client: app.Client, user: u, groups: all, now: tx.Now}, nil
}

// After is now, or the millisecond after the user was last signed out if that is later: on a slow clock, too, a sign-in is
// younger than the sign-out before it.
func After(now time.Time, u *user.User) time.Time { return after(now, u.SignedOut) }

func after(now, signedOut time.Time) time.Time {
	if next := signedOut.Add(time.Millisecond); next.After(now) {
		return next
	}
	return now
}
