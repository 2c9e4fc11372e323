package token_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/factor"
	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/pool"
	"cardea/record/replay"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

func sqlite(t testing.TB) string { return dbtest.SQLite(t) }

func TestIneligibleUsersGetNoTokens(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(u *user.User)
		want   error
	}{
		"disabled":    {func(u *user.User) { u.Enabled = false }, account.ErrDisabled},
		"unconfirmed": {func(u *user.User) { u.Status = "UNCONFIRMED" }, account.ErrUnconfirmed},
		"reset":       {func(u *user.User) { u.Status = "RESET_REQUIRED" }, account.ErrResetRequired},
		"temporary":   {func(u *user.User) { u.Status = "FORCE_CHANGE_PASSWORD" }, account.StatusError{Status: "FORCE_CHANGE_PASSWORD"}},
		"unknown":     {func(u *user.User) { u.Status = "COMPROMISED" }, account.StatusError{Status: "COMPROMISED"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sqlite(t))
			before := w.signIn(t)
			w.setUser(t, c.change)
			_, err := w.mint(w.grant(), nil)
			wantCondition(t, err, c.want)
			_, err = w.refresh(before.RefreshToken)
			wantCondition(t, err, c.want)
		})
	}
}

// A user without a password gets tokens by their identity provider alone, now and later; so does one whose password is not good.
func TestProvidersVouchForUsersWithoutPasswords(t *testing.T) {
	t.Parallel()
	for status, condition := range map[string]error{
		"CONFIRMED":             nil,
		"EXTERNAL_PROVIDER":     account.StatusError{Status: "EXTERNAL_PROVIDER"},
		"FORCE_CHANGE_PASSWORD": account.StatusError{Status: "FORCE_CHANGE_PASSWORD"},
		"RESET_REQUIRED":        account.ErrResetRequired,
	} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sqlite(t))
			local := w.signIn(t)
			w.setUser(t, func(u *user.User) { u.Status = status })

			g := w.grant()
			g.Pool = w.pool.Clone()
			g.Pool.MFA.MfaConfiguration = cognitoidp.UserPoolMfaTypeOn
			g.Pool.MFA.SoftwareTokenMfaConfiguration = &cognitoidp.SoftwareTokenMfaConfigType{Enabled: true}
			g.Proofs = []factor.Proof{factor.Federated}
			made, err := w.mint(g, nil)
			if err != nil {
				t.Fatal(err)
			}
			_, err = w.refresh(made.RefreshToken)
			wantCondition(t, err, nil)

			_, err = w.refresh(local.RefreshToken)
			wantCondition(t, err, condition)
			w.setUser(t, func(u *user.User) { u.Enabled = false })
			_, err = w.mint(g, nil)
			wantCondition(t, err, account.ErrDisabled)
			w.setUser(t, func(u *user.User) { u.Enabled, u.Status = true, "UNCONFIRMED" })
			_, err = w.mint(g, nil)
			wantCondition(t, err, account.ErrUnconfirmed)
			_, err = w.refresh(made.RefreshToken)
			wantCondition(t, err, account.ErrUnconfirmed)
		})
	}
}

func TestPoolsThatRequireMoreProofsIssueNoTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqlite(t))
	before := w.signIn(t)

	missing := token.ErrProofMissing
	g := w.grant()
	g.Proofs = nil
	_, err := w.mint(g, nil)
	wantCondition(t, err, missing)

	g = w.grant()
	g.Pool = w.pool.Clone()
	g.Pool.MFA.MfaConfiguration = cognitoidp.UserPoolMfaTypeOn
	g.Pool.MFA.SoftwareTokenMfaConfiguration = &cognitoidp.SoftwareTokenMfaConfigType{Enabled: true}
	_, err = w.mint(g, nil)
	wantCondition(t, err, missing)
	g.Proofs = append(g.Proofs, factor.SoftwareToken)
	_, err = w.mint(g, nil)
	wantCondition(t, err, missing) // by a factor that is not theirs
	w.setUser(t, func(u *user.User) { u.MFA.Software = true })
	if _, err = w.mint(g, nil); err != nil {
		t.Errorf("with both factors: %v", err)
	}
	_, err = w.tokens.Refresh(context.Background(), token.RefreshRequest{App: access.App{Pool: g.Pool, Client: w.client}, RefreshToken: before.RefreshToken})
	if err != nil {
		t.Errorf("a session from before: %v", err)
	}

	g.Pool = w.pool.Clone()
	g.Pool.Doc.LambdaConfig = &cognitoidp.LambdaConfigType{PreTokenGeneration: "arn:aws:lambda:us-east-1:123456789012:function:f"}
	if _, err = w.mint(g, nil); err == nil {
		t.Error("minted without the trigger")
	}
	_, err = w.tokens.Refresh(context.Background(), token.RefreshRequest{App: access.App{Pool: g.Pool, Client: w.client}, RefreshToken: before.RefreshToken})
	if err == nil {
		t.Error("refreshed without the trigger")
	}
}

func TestPoolDeletedMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var made *token.Opened
		w.write(t, func(tx *db.Tx) (err error) {
			g := w.grant()
			if g.User, err = user.Get(tx, w.pool.ID, w.user.Sub); err != nil {
				return err
			}
			made, err = w.tokens.Open(tx, g)
			return err
		})
		w.write(t, func(tx *db.Tx) error { return pool.Delete(tx, w.pool.ID) })
		_, err := w.tokens.Sign(context.Background(), made)
		if gone, ok := errors.AsType[*access.UnknownError](err); !ok || gone.Pool != string(w.pool.ID) {
			t.Errorf("got %v", err)
		}
	})
}

func TestClaimsShowWhatTheSignInChanged(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.setUser(t, func(u *user.User) { u.Status = cognitoidp.UserStatusTypeForceChangePassword })
		g := w.grant()
		confirm := func(tx *db.Tx, u *user.User) error {
			u.Status = cognitoidp.UserStatusTypeConfirmed
			u.Attributes["name"] = "Alice Smith"
			return account.Save(tx, w.pool, u, false)
		}
		result, err := w.mint(g, confirm)
		if err != nil {
			t.Fatal(err)
		}
		if name := w.claims(t, result.IdToken)["name"]; name != "Alice Smith" {
			t.Errorf("name %v", name)
		}
		w.mustRefresh(t, result.RefreshToken)
	})
}

func TestRefusedCommitMakesNoSession(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		g := w.grant()
		refusal := errors.New("no")
		refuse := func(tx *db.Tx, u *user.User) error {
			u.Attributes["name"] = "Mallory"
			return errors.Join(account.Save(tx, w.pool, u, false), refusal)
		}
		if _, err := w.mint(g, refuse); !errors.Is(err, refusal) {
			t.Fatalf("got %v", err)
		}
		if name := w.claims(t, w.signIn(t).IdToken)["name"]; name == "Mallory" {
			t.Error("the change was kept")
		}
	})
}

func TestOneTimeProofIssuesTokensOnceInParallel(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		g := w.grant()
		spend := func(tx *db.Tx, _ *user.User) error {
			return replay.Use(tx, w.pool.ID, "proof", tx.Now.Add(time.Minute))
		}
		won := parallel(100, func() bool {
			_, err := w.mint(g, spend)
			if err != nil && !errors.Is(err, db.ErrExists) {
				t.Error(err)
			}
			return err == nil
		})
		if won != 1 {
			t.Errorf("%d of 100 won", won)
		}
	})
}

// parallel counts how many of n callers at once succeed.
func parallel(n int, try func() bool) (won int) {
	var mu sync.Mutex
	var all sync.WaitGroup
	start := make(chan struct{})
	for range n {
		all.Go(func() {
			<-start
			if try() {
				mu.Lock()
				defer mu.Unlock()
				won++
			}
		})
	}
	close(start)
	all.Wait()
	return won
}
