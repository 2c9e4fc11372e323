package token_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"cardea/engine/account"
	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/pool"
	"cardea/record/session"
	"cardea/record/user"
)

// A token whose signature was verified before is refused like any other as soon as it is not good any more.
func TestTokensThatWereVerifiedBeforeEndToo(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(t *testing.T, w *world)
		want error
	}{
		"expired": {func(_ *testing.T, w *world) { w.clock.Advance(time.Hour) }, token.ErrExpiredAccess},
		"revoked": {func(t *testing.T, w *world) {
			w.write(t, func(tx *db.Tx) error { return session.RevokeUser(tx, w.pool.ID, w.user.Sub) })
		}, token.ErrRevokedAccess},
		"signed out": {func(t *testing.T, w *world) {
			w.write(t, func(tx *db.Tx) error {
				u, err := user.Get(tx, w.pool.ID, w.user.Sub)
				if err != nil {
					return err
				}
				return w.tokens.SignOut(tx, u)
			})
		}, token.ErrRevokedAccess},
		"session deleted": {func(t *testing.T, w *world) {
			w.write(t, func(tx *db.Tx) error { return session.DeleteUser(tx, w.pool.ID, w.user.Sub) })
		}, token.ErrRevokedAccess},
		"user disabled": {func(t *testing.T, w *world) { w.setUser(t, func(u *user.User) { u.Enabled = false }) }, account.ErrDisabled},
		"user deleted": {func(t *testing.T, w *world) {
			w.write(t, func(tx *db.Tx) error { return user.Delete(tx, w.pool.ID, w.user.Sub) })
		}, account.ErrNoUser},
		"client deleted": {func(t *testing.T, w *world) {
			w.write(t, func(tx *db.Tx) error { return client.Delete(tx, w.pool.ID, w.client.ID) })
		}, token.ErrInvalidAccess},
		"pool deleted": {func(t *testing.T, w *world) {
			w.write(t, func(tx *db.Tx) error { return pool.Delete(tx, w.pool.ID) })
		}, token.ErrInvalidAccess},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				shown := w.signIn(t).AccessToken
				for range 2 {
					if _, err := w.bearer(shown); err != nil {
						t.Fatal(err)
					}
				}
				c.end(t, w)
				_, err := w.bearer(shown)
				wantCondition(t, err, c.want)
			})
		})
	}
}

// Tokens of clients have no session at which their time is looked at again.
func TestTokensThatWereVerifiedBeforeExpire(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqlite(t))
	shown := w.signIn(t).AccessToken
	if _, err := w.tokens.Authenticate(t.Context(), shown); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Hour)
	_, err := w.tokens.Authenticate(t.Context(), shown)
	wantCondition(t, err, token.ErrExpiredAccess)
}

func TestOnlyTheVeryTokenThatWasVerifiedIsBelieved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqlite(t))
	shown := w.signIn(t).AccessToken
	if _, err := w.bearer(shown); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(shown, ".")
	payload := strings.Replace(string(w.payload(t, shown)), "alice", "admin", 1)
	for name, changed := range map[string]string{
		"signature": parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])),
		"payload":   parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + "." + parts[2],
		"unsigned":  parts[0] + "." + parts[1] + ".",
	} {
		if _, err := w.bearer(changed); err == nil {
			t.Errorf("%s: a changed token was believed", name)
		}
	}
}

func TestNoMoreTokensAreRememberedThanThereIsRoomFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqlite(t))
	most := 0
	for n := range 3 * token.MaxRemembered {
		w.tokens.Remember(n)
		most = max(most, w.tokens.Remembered())
	}
	if most > 2*token.MaxRemembered {
		t.Errorf("%d tokens are remembered, want at most %d", most, 2*token.MaxRemembered)
	}
}

func TestTokensThatAreShownAgainStayRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqlite(t))
	shown := w.signIn(t).AccessToken
	for round := range 5 {
		for n := range token.MaxRemembered / 2 {
			w.tokens.Remember(round*token.MaxRemembered + n)
		}
		if _, err := w.bearer(shown); err != nil {
			t.Fatal(err)
		}
		if !w.tokens.Remembers(shown) {
			t.Fatal("a token that is shown again and again was forgotten")
		}
	}
}
