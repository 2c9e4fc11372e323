package token_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/pool"
	"cardea/record/session"
	"cardea/record/user"
	"cardea/spec/id"
	"cardea/spec/jose"
)

func TestAccessTokenNamesTheUserWhoSignedIn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		result := w.signIn(t)
		b, err := w.bearer(result.AccessToken)
		if err != nil {
			t.Fatal(err)
		}
		if b.User.Sub != w.user.Sub || b.Client.ID != w.client.ID || b.Pool.ID != w.pool.ID || b.Session.Sub != w.user.Sub {
			t.Errorf("bearer %+v", b)
		}
	})
}

func TestAccessTokensExpire(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		result := w.signIn(t)
		w.clock.Advance(time.Hour - time.Millisecond)
		if _, err := w.bearer(result.AccessToken); err != nil {
			t.Error(err)
		}
		w.clock.Advance(time.Millisecond)
		_, err := w.bearer(result.AccessToken)
		wantCondition(t, err, token.ErrExpiredAccess)
	})
}

func TestForgedAccessTokensAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqlite(t))
	result := w.signIn(t)
	parts := strings.Split(result.AccessToken, ".")
	payload := string(w.payload(t, result.AccessToken))
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	kid, err := jose.Parse(result.AccessToken)
	if err != nil {
		t.Fatal(err)
	}

	forged, invalid := token.ErrForgedAccess, token.ErrInvalidAccess
	for name, c := range map[string]struct {
		jwt  string
		want error
	}{
		"empty":         {"", forged},
		"garbage":       {"garbage", forged},
		"refresh token": {result.RefreshToken, forged},
		"changed":       {parts[0] + "." + encode(strings.Replace(payload, "alice", "admin", 1)) + "." + parts[2], forged},
		"none":          {encode(`{"kid":"`+kid.KeyID+`","alg":"none"}`) + "." + parts[1] + "." + parts[2], forged},
		"unknown key":   {encode(`{"kid":"x","alg":"RS256"}`) + "." + parts[1] + "." + parts[2], forged},
		"ID token":      {result.IdToken, invalid},
		"other issuer":  {parts[0] + "." + encode(strings.Replace(payload, issuer, "https://evil.example/", 1)) + "." + parts[2], invalid},
		"no issuer":     {parts[0] + "." + encode(`{}`) + "." + parts[2], invalid},
		"not an object": {parts[0] + "." + encode(`[]`) + "." + parts[2], invalid},
		"other pool":    {parts[0] + "." + encode(strings.Replace(payload, string(w.pool.ID), "us-east-1_000000000", 1)) + "." + parts[2], invalid},
	} {
		_, err := w.bearer(c.jwt)
		if err == nil {
			t.Errorf("%s was believed", name)
			continue
		}
		wantCondition(t, err, c.want)
	}
}

// An ID token is no access token, whatever it says: a function may have it say much.
func TestKeysOfIDTokensSignNoAccessTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqlite(t))
	_, err := w.tokens.Authenticate(t.Context(), w.signIn(t).IdToken)
	wantCondition(t, err, token.ErrInvalidAccess)
}

func TestOnlyIDTokensAreHints(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqlite(t))
	result := w.signIn(t)
	logout, err := w.tokens.LogoutToken(t.Context(), token.LogoutNotice{Pool: w.pool.ID, Client: w.client.ID, Sub: w.user.Sub, SSO: id.NewUUID()})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		jwt  string
		want error
	}{"ID": {result.IdToken, nil}, "access": {result.AccessToken, token.ErrHint}, "logout": {logout, token.ErrHint}} {
		w.write(t, func(tx *db.Tx) error {
			if _, err := w.tokens.ReadHint(tx, w.pool.ID, c.jwt); !errors.Is(err, c.want) {
				t.Errorf("%s token: %v", name, err)
			}
			return nil
		})
	}
}

// Test keys are shared between pools, so that here nothing but the issuer keeps pools apart.
func TestTokensOfOnePoolDoNotOpenAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqlite(t))
	result := w.signIn(t)
	other := &pool.Pool{ID: "us-east-1_other0000"}
	w.write(t, func(tx *db.Tx) error { return pool.Insert(tx, other) })
	moved := &token.Minter{DB: w.tokens.DB, Ring: w.ring, Issuer: func(p id.Pool) string {
		if p == other.ID {
			return w.tokens.Issuer(w.pool.ID)
		}
		return "https://elsewhere.example/" + string(p)
	}}
	w.authenticator.Tokens = moved
	_, err := w.bearer(result.AccessToken)
	wantCondition(t, err, token.ErrInvalidAccess)
}

func TestTokensEndWithTheirClient(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		result := w.signIn(t)
		w.write(t, func(tx *db.Tx) error { return client.Delete(tx, w.pool.ID, w.client.ID) })
		_, err := w.bearer(result.AccessToken)
		wantCondition(t, err, token.ErrInvalidAccess)
	})
}

func TestRevokeEndsOneSession(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		one, other := w.signIn(t), w.signIn(t)
		renewed := w.mustRefresh(t, one.RefreshToken)
		for range 2 { // the second time there is nothing left to do
			if err := w.tokens.Revoke(context.Background(), w.client, one.RefreshToken); err != nil {
				t.Fatal(err)
			}
		}
		for _, jwt := range []string{one.AccessToken, renewed.AccessToken} {
			_, err := w.bearer(jwt)
			wantCondition(t, err, token.ErrRevokedAccess)
		}
		_, err := w.refresh(one.RefreshToken)
		wantCondition(t, err, revoked)
		w.mustRefresh(t, other.RefreshToken)
		if _, err := w.bearer(other.AccessToken); err != nil {
			t.Error(err)
		}
	})
}

func TestSignOutEndsAllSessionsAndNoLaterOnes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		one, two := w.signIn(t), w.signIn(t)
		var after [2]string
		for i := range after { // the clock stands still: order alone decides
			w.write(t, func(tx *db.Tx) error {
				u, err := user.Get(tx, w.pool.ID, w.user.Sub)
				if err != nil {
					return err
				}
				return w.tokens.SignOut(tx, u)
			})
			result := w.signIn(t)
			if _, err := w.bearer(result.AccessToken); err != nil {
				t.Fatalf("signed in after sign-out %d: %v", i+1, err)
			}
			w.mustRefresh(t, result.RefreshToken)
			after[i] = result.AccessToken
		}
		for _, jwt := range []string{one.AccessToken, two.AccessToken, after[0]} {
			_, err := w.bearer(jwt)
			wantCondition(t, err, token.ErrRevokedAccess)
		}
		_, err := w.refresh(two.RefreshToken)
		wantCondition(t, err, revoked)
	})
}

func TestExpiredAccessTokensReachNoTransaction(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqlite(t))
	result := w.signIn(t)
	w.clock.Advance(time.Hour)
	_, err := w.authenticator.Authenticate(t.Context(), result.AccessToken)
	wantCondition(t, err, token.ErrExpiredAccess)
}

func TestASessionOfAnotherUserOrClientIsNotTheTokens(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(s *session.Session){
		"user":   func(s *session.Session) { s.Sub = id.NewSub() },
		"client": func(s *session.Session) { s.Client = id.NewClient() },
	} {
		w := newWorld(t, sqlite(t))
		result := w.signIn(t)
		b, err := w.bearer(result.AccessToken)
		if err != nil {
			t.Fatal(err)
		}
		w.write(t, func(tx *db.Tx) error {
			if err := session.DeleteUser(tx, w.pool.ID, w.user.Sub); err != nil {
				return err
			}
			other := *b.Session
			change(&other)
			return session.Insert(tx, &other, session.Refresh{Pool: w.pool.ID, Session: other.ID, Hash: "h"})
		})
		_, err = w.bearer(result.AccessToken)
		if !errors.Is(err, token.ErrInvalidAccess) {
			t.Errorf("a session of another %s: got %v", name, err)
		}
	}
}

func TestKeysOfAccessTokensSignNoIDTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqlite(t))
	result := w.signIn(t)
	for jwt, want := range map[string]error{result.IdToken: nil, result.AccessToken: token.ErrForgedID} {
		parsed, err := jose.Parse(jwt)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.tokens.SignedID(t.Context(), w.pool.ID, parsed); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}
