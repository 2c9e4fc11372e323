package token

import (
	"context"
	"crypto/rsa"
	"fmt"
	"time"

	"cardea/engine/access"
	"cardea/engine/factor"
	"cardea/outbound/trigger"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/datakey"
	"cardea/record/group"
	"cardea/record/pool"
	"cardea/record/session"
	"cardea/record/user"
	"cardea/spec/awsjson"
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

	// Signer puts a private key to work; nil: by the standard library.
	Signer func(*rsa.PrivateKey) jose.Signer
}

// Grant is a finished sign-in, to be turned into tokens.
type Grant struct {
	access.App
	Sub      id.Sub
	Scopes   []string // OAuth scopes; nil: a sign-in through the API
	SSO      string   // UUID: the single sign-on session of the hosted pages that it came from; empty: none
	Nonce    string
	Proofs   []factor.Proof // how the user has shown who they are
	Source   string         // what the sign-in was, as triggers name it: "Authentication", "NewPasswordChallenge"
	Metadata map[string]string
	From     awsjson.Caller // the user's end

	// Device, if set, names in the same transaction the device that the session is bound to.
	Device func(tx *db.Tx, u *user.User) (key string, err error)

	// Commit, if set, runs first in the transaction that makes the session: it spends what may be used once, and makes the
	// changes that the sign-in brings (a new password, a status), in u as well, since the gate and the claims look at u
	// afterwards. It holds nothing but SQL, may run more than once, and its error refuses the tokens.
	Commit func(tx *db.Tx, u *user.User) error
}

// Mint turns a sign-in into a session and its tokens, if the user may have them; otherwise it answers the condition that keeps them from it: those of account.Active, account.ErrNoUser, ErrProofMissing.
//
// The session is durable before anything is signed. So a one-time proof is spent before it pays out, those who come late
// with it cost no signature, and the claims are what the transaction saw, its own changes included. Should the program
// die in between, an unused session is left behind and the user signs in again.
func (m *Minter) Mint(ctx context.Context, g Grant) (*cognitoidp.AuthenticationResultType, error) {
	keys, err := m.keyringOf(ctx, g.Pool.ID)
	if err != nil {
		return nil, goneWithPool(g.Pool, err)
	}
	var made *Opened
	err = m.DB.Write(ctx, func(tx *db.Tx) error {
		u, err := user.Get(tx, g.Pool.ID, g.Sub)
		if err != nil {
			return missingUser(err)
		}
		made, err = m.Open(tx, u, g)
		return err
	})
	if err != nil {
		return nil, err
	}
	return made.sign(keys)
}

// Opened is a session just made, from which Sign makes tokens.
type Opened struct {
	pool    *pool.Pool
	facts   *facts
	refresh *refreshToken
}

// Open is the first half of Mint, for callers that have a transaction and u, the user, from it. What it answers must not be
// signed before that has committed.
func (m *Minter) Open(tx *db.Tx, u *user.User, g Grant) (*Opened, error) {
	if err := trigger.Refuse(g.Pool.Doc.LambdaConfig, trigger.PreTokenGeneration); err != nil {
		return nil, err
	}
	if g.Commit != nil {
		if err := g.Commit(tx, u); err != nil {
			return nil, err
		}
	}
	if err := eligible(g.Pool, u, g.Proofs); err != nil {
		return nil, err
	}

	s := g.session(tx.Now, u)
	var err error
	if g.Device != nil {
		if s.DeviceKey, err = g.Device(tx, u); err != nil {
			return nil, err
		}
	}
	refresh, err := m.newRefreshToken(tx, s)
	if err != nil {
		return nil, err
	}
	if err := makeRoom(tx, g.Pool, s); err != nil {
		return nil, err
	}
	if err := session.Insert(tx, s, refresh.record(s.Pool)); err != nil {
		return nil, err
	}

	f, err := m.gather(tx, g.Pool, g.Client, u)
	if err != nil {
		return nil, err
	}
	f.session, f.nonce = s, g.Nonce
	return &Opened{g.Pool, f, refresh}, nil
}

// Sign is the other half of Mint, for a session that is durable by now.
func (m *Minter) Sign(ctx context.Context, made *Opened) (*cognitoidp.AuthenticationResultType, error) {
	keys, err := m.keyringOf(ctx, made.pool.ID)
	if err != nil {
		return nil, goneWithPool(made.pool, err)
	}
	return made.sign(keys)
}

func (o *Opened) sign(keys *keyring) (*cognitoidp.AuthenticationResultType, error) {
	o.facts.keys = keys
	result, err := o.facts.sign()
	if err != nil {
		return nil, err
	}
	result.RefreshToken = o.refresh.text
	return result, nil
}

func (g *Grant) session(now time.Time, u *user.User) *session.Session {
	return &session.Session{
		Pool:     g.Pool.ID,
		ID:       id.NewOrderedUUID(now),
		Origin:   id.NewUUID(),
		Sub:      g.Sub,
		Client:   g.Client.ID,
		Scopes:   g.Scopes,
		SSO:      g.SSO,
		AuthTime: now.Truncate(time.Second),
		Created:  after(now, u.SignedOut),
		Expires:  now.Add(g.Client.RefreshTTL()),
		Activity: use(now, g.From),
	}
}

// gather collects what the claims of a user are made of.
func (m *Minter) gather(tx *db.Tx, p *pool.Pool, c *client.Client, u *user.User) (*facts, error) {
	groups, err := group.ForUser(tx, p.ID, u.Sub)
	if err != nil {
		return nil, fmt.Errorf("groups of user: %w", err)
	}
	return &facts{issuer: m.Issuer(p.ID), client: c, user: u, groups: groups, now: tx.Now}, nil
}

// after is now, or the millisecond after the user was last signed out if that is later: on a slow clock, too, a session
// is younger than the sign-out before it.
func after(now, signedOut time.Time) time.Time {
	if next := signedOut.Add(time.Millisecond); next.After(now) {
		return next
	}
	return now
}
