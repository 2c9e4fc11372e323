package token_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/session"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

var (
	invalid = token.ErrInvalidRefresh
	expired = token.ErrExpiredRefresh
	revoked = token.ErrRevokedRefresh
	rotated = token.ErrReusedRefresh
)

func TestRefreshRefusesWhatIsNoToken(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		good := w.signIn(t).RefreshToken
		for _, bad := range []string{
			"", "x", good + "A", good[:len(good)-1], strings.ToUpper(good), good[:40] + "AAAA" + good[44:],
			w.signIn(t).AccessToken, good[:20] + "\n" + good[21:],
		} {
			_, err := w.refresh(bad)
			wantCondition(t, err, invalid)
		}
		w.mustRefresh(t, good)
	})
}

func TestRefreshRefusesOtherClients(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		good := w.signIn(t).RefreshToken
		other := &client.Client{ID: "2example23456789abcdefghij", Pool: w.pool.ID}
		w.write(t, func(tx *db.Tx) error { return client.Insert(tx, other) })
		_, err := w.tokens.Refresh(context.Background(), token.RefreshRequest{App: access.App{Pool: w.pool, Client: other}, RefreshToken: good})
		wantCondition(t, err, invalid)
	})
}

func TestRefreshAsksTheCallersCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqlite(t))
	_, err := w.tokens.Refresh(context.Background(), token.RefreshRequest{
		App: access.App{Pool: w.pool, Client: w.client}, RefreshToken: w.signIn(t).RefreshToken,
		Check: func(u *user.User) error { return cognitoidp.NotAuthorized("not you, " + u.Username) },
	})
	if err == nil || err.Error() != "NotAuthorizedException: not you, alice" {
		t.Errorf("got %v", err)
	}
}

func TestRefreshTokensExpire(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		result := w.signIn(t)
		w.clock.Advance(30*24*time.Hour - time.Second)
		w.mustRefresh(t, result.RefreshToken)
		w.clock.Advance(time.Second)
		_, err := w.refresh(result.RefreshToken)
		wantCondition(t, err, expired)

		// Long after, nothing is left of the session, and the answer is the same.
		w.clock.Advance(48 * time.Hour)
		w.write(t, func(tx *db.Tx) error {
			_, err := session.Prune(tx, tx.Now, 10)
			return err
		})
		_, err = w.refresh(result.RefreshToken)
		wantCondition(t, err, expired)
	})
}

func TestTokensOfADeletedUserAreRefusedAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		result := w.signIn(t)
		w.write(t, func(tx *db.Tx) error {
			u, err := user.Get(tx, w.pool.ID, w.user.Sub)
			if err != nil {
				return err
			}
			return account.Delete(tx, w.pool, u)
		})
		_, err := w.refresh(result.RefreshToken)
		wantCondition(t, err, revoked)
		_, err = w.bearer(result.AccessToken)
		wantCondition(t, err, account.ErrNoUser)
	})
}

func TestTokensOfADisabledUserAreRefusedAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		result := w.signIn(t)
		w.setUser(t, func(u *user.User) { u.Enabled = false })
		_, err := w.refresh(result.RefreshToken)
		wantCondition(t, err, account.ErrDisabled)
		_, err = w.bearer(result.AccessToken)
		wantCondition(t, err, account.ErrDisabled)
	})
}

func TestRotationReplacesTheRefreshToken(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.rotate(t, 10)
		first := w.signIn(t)
		w.clock.Advance(20 * 24 * time.Hour)
		second := w.mustRefresh(t, first.RefreshToken)
		if second.RefreshToken == "" || second.RefreshToken == first.RefreshToken {
			t.Fatal("no new refresh token")
		}

		// A retry within the grace period gets another token; all of them work until the first would have expired.
		w.clock.Advance(9 * time.Second)
		third := w.mustRefresh(t, first.RefreshToken)
		w.clock.Advance(10*24*time.Hour - 10*time.Second)
		w.mustRefresh(t, second.RefreshToken)
		fourth := w.mustRefresh(t, third.RefreshToken)
		w.clock.Advance(time.Second)
		_, err := w.refresh(fourth.RefreshToken)
		wantCondition(t, err, expired)
	})
}

func TestReuseAfterGraceEndsTheSession(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.rotate(t, 10)
		other := w.signIn(t)
		first := w.signIn(t)
		second := w.mustRefresh(t, first.RefreshToken)
		w.clock.Advance(10 * time.Second)

		_, err := w.refresh(first.RefreshToken)
		wantCondition(t, err, rotated)
		_, err = w.refresh(second.RefreshToken)
		wantCondition(t, err, revoked)
		_, err = w.bearer(second.AccessToken)
		wantCondition(t, err, token.ErrRevokedAccess)
		w.mustRefresh(t, other.RefreshToken)
	})
}

func TestRotationLeavesFewRowsAndStillKnowsOldTokens(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.rotate(t, 10)
		first := w.signIn(t)
		second := w.mustRefresh(t, first.RefreshToken)
		current := second
		for range 30 {
			w.clock.Advance(time.Minute)
			current = w.mustRefresh(t, current.RefreshToken)
		}
		rows := func() (n int64) {
			err := w.db.Read(t.Context(), func(tx *db.Tx) (err error) {
				n, err = db.One(tx, func(row db.Scanner) (n int64, err error) { return n, row.Scan(&n) }, "SELECT count(*) FROM refresh_token")
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n := rows(); n > 7 {
			t.Errorf("%d refresh tokens are remembered, want the current one and those replaced within minutes", n)
		}

		_, err := w.refresh(second.RefreshToken)
		wantCondition(t, err, rotated)
		_, err = w.refresh(current.RefreshToken)
		wantCondition(t, err, revoked)

		// Within its grace period a token gives many others, but not any number.
		first = w.signIn(t)
		n := 0
		for err = nil; err == nil && n < 250; n++ {
			w.clock.Advance(time.Millisecond)
			_, err = w.refresh(first.RefreshToken)
		}
		if n := rows(); n > 207 {
			t.Errorf("%d refresh tokens are remembered", n)
		}
	})
}

func TestReplacedTokenStaysVoidWhenRotationEnds(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.rotate(t, 0)
		first := w.signIn(t)
		second := w.mustRefresh(t, first.RefreshToken)
		w.setClient(t, func(c *cognitoidp.UserPoolClientType) { c.RefreshTokenRotation = nil })
		w.mustRefresh(t, second.RefreshToken)
		_, err := w.refresh(first.RefreshToken)
		wantCondition(t, err, rotated)
	})
}

func TestParallelRotationHasOneWinner(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.rotate(t, 0)
		first := w.signIn(t)
		won := parallel(100, func() bool {
			_, err := w.refresh(first.RefreshToken)
			if err != nil && !errors.Is(err, rotated) && !errors.Is(err, revoked) {
				t.Error(err)
			}
			return err == nil
		})
		if won != 1 {
			t.Errorf("%d of 100 won", won)
		}
		_, err := w.refresh(first.RefreshToken)
		wantCondition(t, err, revoked)
	})
}

func TestNoTokenSurvivesARevocationDuringRefreshes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.rotate(t, 60)
		first := w.signIn(t)
		results := make(chan *cognitoidp.AuthenticationResultType, 32)
		parallel(32, func() bool {
			result, err := w.refresh(first.RefreshToken)
			if err == nil {
				results <- result
			}
			return err == nil || w.tokens.Revoke(context.Background(), w.client, first.RefreshToken) == nil
		})
		if err := w.tokens.Revoke(context.Background(), w.client, first.RefreshToken); err != nil {
			t.Fatal(err)
		}
		close(results)
		for result := range results {
			_, err := w.refresh(result.RefreshToken)
			wantCondition(t, err, revoked)
			_, err = w.bearer(result.AccessToken)
			wantCondition(t, err, token.ErrRevokedAccess)
		}
	})
}

func TestRefreshTokensAreNotInTheDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqlite(t))
	result := w.signIn(t)
	event := w.claims(t, result.AccessToken)["event_id"].(string)
	var hashes []string
	err := w.db.Read(context.Background(), func(tx *db.Tx) (err error) {
		hashes, err = db.All(tx, func(row db.Scanner) (h string, err error) { return h, row.Scan(&h) },
			`SELECT refresh_hash FROM session WHERE id = $1`, event)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(hashes) != 1 || hashes[0] == result.RefreshToken || strings.Contains(result.RefreshToken, hashes[0]) {
		t.Errorf("remembered %q of %q", hashes, result.RefreshToken)
	}
}

func FuzzRefresh(f *testing.F) {
	w := newWorld(f, sqlite(f))
	good := w.signIn(f).RefreshToken
	f.Add(good)
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := w.refresh(text); err == nil && text != good {
			t.Fatalf("refreshed with %q", text)
		}
	})
}

// A refresh may find a token valid that another request replaces before the refresh's write transaction.
func TestATokenReplacedBeforeItsRotationEndsTheSession(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.rotate(t, 0)
		first := w.signIn(t)
		second := w.mustRefresh(t, first.RefreshToken)
		_, err := w.tokens.Rotate(t.Context(), token.RefreshRequest{
			App: access.App{Pool: w.pool, Client: w.client}, RefreshToken: first.RefreshToken,
		})
		wantCondition(t, err, rotated)
		_, err = w.refresh(second.RefreshToken)
		wantCondition(t, err, revoked)
	})
}
