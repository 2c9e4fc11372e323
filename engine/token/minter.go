package token

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"time"

	"cardea/outbound/trigger"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/datakey"
	"cardea/record/group"
	"cardea/record/pool"
	"cardea/record/session"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
	"cardea/spec/jose"
)

// Minter mints tokens and judges them.
type Minter struct {
	DB   *db.DB
	Ring *datakey.Ring

	// Issuer names the issuer of a pool's tokens, without a slash at the end but with the pool's id there:
	// "https://auth.example.com/us-east-1_AbC123xyz".
	Issuer func(id.Pool) string

	// Public is where the pool's key set and discovery document are reached, in the same form; nil: at the issuer.
	Public func(id.Pool) string

	// Signer puts a private key to work; nil: by the standard library.
	Signer func(*rsa.PrivateKey) jose.Signer
}

// Grant is a finished sign-in, to be turned into tokens.
type Grant struct {
	Pool      *pool.Pool
	Client    *client.Client
	Sub       id.Sub
	Scopes    []string // OAuth scopes; nil: a sign-in through the API
	Nonce     string
	Source    string // what the sign-in was, as triggers name it: "Authentication", "NewPasswordChallenge"
	DeviceKey string
	Metadata  map[string]string

	// Change, if set, is what the sign-in does to the user: a new password, a status. It changes u and nothing else, and
	// is called for the claims, which show the user as changed, and again on the fresh row for Commit.
	Change func(u *user.User, now time.Time)

	// Commit, if set, runs in the transaction that makes the session, before it is made: it spends what may be used once
	// and saves the changed user. It holds nothing but SQL, may run more than once, and its error refuses the tokens.
	Commit func(tx *db.Tx, u *user.User) error
}

// maxMints bounds how often a mint begins anew because its user was changed meanwhile.
const maxMints = 5

// errMoved says that the user changed between the draft of the claims and the commit.
var errMoved = errors.New("user changed while tokens were minted")

// Mint turns a sign-in into a session and its tokens, if the user may have them; otherwise it answers the fault to show.
func (m *Minter) Mint(ctx context.Context, g Grant) (*cognitoidp.AuthenticationResultType, error) {
	for range maxMints {
		result, err := m.mint(ctx, g)
		if !errors.Is(err, errMoved) {
			return result, err
		}
	}
	return nil, fmt.Errorf("mint: %w, %d times", errMoved, maxMints)
}

func (m *Minter) mint(ctx context.Context, g Grant) (*cognitoidp.AuthenticationResultType, error) {
	var f *facts
	var refresh *refreshToken
	err := m.DB.Read(ctx, func(tx *db.Tx) error {
		u, err := user.Get(tx, g.Pool.ID, g.Sub)
		if err != nil {
			return missingUser(err)
		}
		g.change(u, tx.Now)
		if err := admitSignIn(g.Pool, u); err != nil {
			return err
		}
		if f, err = m.gather(tx, g.Pool, g.Client, u); err != nil {
			return err
		}
		f.session, f.nonce = g.session(tx.Now), g.Nonce
		refresh, err = m.newRefreshToken(tx, f.session)
		return err
	})
	if err != nil {
		return nil, err
	}

	result, err := f.sign()
	if err != nil {
		return nil, err
	}

	if err := m.DB.Write(ctx, func(tx *db.Tx) error { return g.commit(tx, f, refresh) }); err != nil {
		return nil, err
	}
	result.RefreshToken = refresh.text
	return result, nil
}

// commit makes the session, unless the gate has closed since the tokens were drafted.
func (g *Grant) commit(tx *db.Tx, f *facts, refresh *refreshToken) error {
	u, err := user.Get(tx, g.Pool.ID, g.Sub)
	if err != nil {
		return missingUser(err)
	}
	if u.Version != f.version {
		return errMoved
	}
	signedOut := u.SignedOut

	g.change(u, tx.Now)
	if g.Commit != nil {
		if err := g.Commit(tx, u); err != nil {
			return err
		}
	}
	if err := admitSignIn(g.Pool, u); err != nil {
		return err
	}

	s := *f.session
	s.Created = after(tx.Now, signedOut)
	if err := session.Insert(tx, &s); err != nil {
		return err
	}
	return session.AddRefresh(tx, refresh.record(s.Pool))
}

func (g *Grant) change(u *user.User, now time.Time) {
	if g.Change != nil {
		g.Change(u, now)
	}
}

// session drafts the session of the sign-in; commit says when it was made.
func (g *Grant) session(now time.Time) *session.Session {
	return &session.Session{
		Pool:      g.Pool.ID,
		ID:        id.NewUUID(),
		Origin:    id.NewUUID(),
		Sub:       g.Sub,
		Client:    g.Client.ID,
		Scopes:    g.Scopes,
		DeviceKey: g.DeviceKey,
		AuthTime:  now.Truncate(time.Second),
		Expires:   now.Add(g.Client.RefreshTTL()),
	}
}

// gather collects what the claims of a user are made of. The user may be changed already; its version is the row's.
func (m *Minter) gather(tx *db.Tx, p *pool.Pool, c *client.Client, u *user.User) (*facts, error) {
	if err := trigger.Refuse(p.Doc.LambdaConfig, trigger.PreTokenGeneration); err != nil {
		return nil, err
	}
	groups, err := group.ForUser(tx, p.ID, u.Sub)
	if err != nil {
		return nil, fmt.Errorf("groups of user: %w", err)
	}
	keys, err := m.keyring(tx, p.ID)
	if err != nil {
		return nil, err
	}
	return &facts{
		issuer: m.Issuer(p.ID), pool: p, client: c, user: u, version: u.Version, groups: groups, keys: keys, now: tx.Now,
	}, nil
}

// after is now, or the millisecond after the user was last signed out if that is later: on a slow clock, too, a session
// is younger than the sign-out before it.
func after(now, signedOut time.Time) time.Time {
	if next := signedOut.Add(time.Millisecond); next.After(now) {
		return next
	}
	return now
}
