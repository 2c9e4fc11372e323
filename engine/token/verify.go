package token

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/pool"
	"cardea/record/session"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
	"cardea/spec/jose"
)

// Claims are what an access token says, as far as the server reads it.
type Claims struct {
	Issuer   string `json:"iss"`
	Sub      string `json:"sub"`
	Client   string `json:"client_id"`
	Session  string `json:"event_id"`
	Use      string `json:"token_use"`
	Scope    string `json:"scope"`
	Username string `json:"username"`
	Expires  int64  `json:"exp"`
}

// Scopes are the token's scopes.
func (c *Claims) Scopes() []string { return strings.Fields(c.Scope) }

// Verified is an access token that is good now, and all that it stands for.
type Verified struct {
	Claims  *Claims
	Pool    *pool.Pool
	Client  *client.Client
	User    *user.User
	Session *session.Session
}

// Verify judges a user's access token by its signature and by the state of its session and user at this moment. What is
// not good it answers with the fault to show (01-wire §6).
func (m *Minter) Verify(tx *db.Tx, jwt string) (*Verified, error) {
	claims, p, err := m.authenticate(tx, jwt)
	if err != nil {
		return nil, err
	}
	if tx.Now.Unix() >= claims.Expires {
		return nil, cognitoidp.NotAuthorized("Access Token has expired")
	}

	c, err := client.Get(tx, p.ID, id.Client(claims.Client))
	if err != nil {
		return nil, absent(err, invalidAccess())
	}
	u, err := user.Get(tx, p.ID, id.Sub(claims.Sub))
	if err != nil {
		return nil, missingUser(err)
	}
	s, err := session.Get(tx, p.ID, claims.Session)
	if err != nil {
		return nil, absent(err, revokedAccess())
	}

	if s.Sub != u.Sub || s.Client != c.ID {
		return nil, invalidAccess()
	}
	if over(s, u) {
		return nil, revokedAccess()
	}
	if !u.Enabled {
		return nil, cognitoidp.NotAuthorized("User is disabled.")
	}
	return &Verified{claims, p, c, u, s}, nil
}

// authenticate establishes that a pool of this server signed the token, as an access token.
func (m *Minter) authenticate(tx *db.Tx, jwt string) (*Claims, *pool.Pool, error) {
	t, err := jose.Parse(jwt)
	if err != nil {
		return nil, nil, badSignature()
	}
	var c Claims
	if json.Unmarshal(t.Payload, &c) != nil {
		return nil, nil, invalidAccess()
	}

	// The issuer only says whose keys to try, until the signature holds. A token of someone else's is not looked into.
	name := id.Pool(c.Issuer[strings.LastIndexByte(c.Issuer, '/')+1:])
	if len(name) > 55 || c.Issuer != m.Issuer(name) {
		return nil, nil, invalidAccess()
	}
	p, err := pool.Get(tx, name)
	if err != nil {
		return nil, nil, absent(err, invalidAccess())
	}
	keys, err := m.keyring(tx, p.ID)
	if err != nil {
		return nil, nil, err
	}
	for _, key := range keys.public {
		if key.ID != t.KeyID {
			continue
		}
		if t.Verify(key) != nil {
			break
		}
		if c.Use != "access" || key.ID != keys.access.ID {
			return nil, nil, invalidAccess()
		}
		return &c, p, nil
	}
	return nil, nil, badSignature()
}

// absent is the fault for what is not found, and a failure for anything else.
func absent(err, fault error) error {
	if errors.Is(err, db.ErrNotFound) {
		return fault
	}
	return fmt.Errorf("look up what the access token names: %w", err)
}

func invalidAccess() error { return cognitoidp.NotAuthorized("Invalid Access Token") }
func revokedAccess() error { return cognitoidp.NotAuthorized("Access Token has been revoked") }
func badSignature() error {
	return cognitoidp.NotAuthorized("Could not verify signature for Access Token")
}
