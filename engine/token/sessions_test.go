package token_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/access"
	"cardea/engine/token"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/session"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

func newBox(t *testing.T, scope string) *seal.Box {
	t.Helper()
	box, err := seal.NewBox(scope, 1, seal.Key{ID: 1, Secret: []byte(strings.Repeat("k", 32))})
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func TestSessionsAreNamedReversibly(t *testing.T) {
	t.Parallel()
	box, shape, now := newBox(t, "pool"), regexp.MustCompile(`^tkn[a-z0-9]{25}$`), time.Now()
	seen := map[string]bool{}
	for range 1000 {
		of := id.NewOrderedUUID(now)
		name, err := token.SessionName(box, token.TokenSession, of)
		if err != nil || !shape.MatchString(name) || seen[name] {
			t.Fatalf("%s is named %q, %v", of, name, err)
		}
		seen[name] = true
		if back, ok := token.ParseSessionName(box, token.TokenSession, name); !ok || back != of {
			t.Fatalf("%s was named %s, which is %s, %v", of, name, back, ok)
		}
	}
	for _, of := range []string{"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"} {
		name, err := token.SessionName(box, token.SSOSession, of)
		back, ok := token.ParseSessionName(box, token.SSOSession, name)
		if err != nil || back != of || !ok || len(name) != 28 {
			t.Errorf("%s is named %q, %v, which is %s, %v", of, name, err, back, ok)
		}
	}
	if name, err := token.SessionName(box, token.TokenSession, "no UUID"); err == nil {
		t.Errorf("no UUID is named %q", name)
	}
}

func TestNamesOfOtherKindsAndPoolsAreOthers(t *testing.T) {
	t.Parallel()
	box, of := newBox(t, "pool"), id.NewUUID()
	name := func(box *seal.Box, kind string) string {
		text, err := token.SessionName(box, kind, of)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	good := name(box, token.TokenSession)
	if name(box, token.SSOSession)[3:] == good[3:] || name(newBox(t, "other"), token.TokenSession) == good {
		t.Error("a name is that of another kind, or of another pool")
	}
	if back, ok := token.ParseSessionName(newBox(t, "other"), token.TokenSession, good); ok && back == of {
		t.Error("another pool reads the name")
	}
	for _, bad := range []string{
		"", "tkn", good[:27], good + "0", "sso" + good[3:], strings.ToUpper(good), "tkn" + strings.Repeat("z", 25),
		"tkn-" + good[4:], "tkn+" + good[4:], "tkn_" + good[4:], "tkn" + strings.Repeat("é", 25),
	} {
		if back, ok := token.ParseSessionName(box, token.TokenSession, bad); ok {
			t.Errorf("%q is the name of %s", bad, back)
		}
	}
}

// sessions are the user's live sessions, the most recently used first.
func (w *world) sessions(t testing.TB) (list []*session.Session) {
	t.Helper()
	err := w.db.Read(context.Background(), func(tx *db.Tx) (err error) {
		list, err = session.List(tx, session.Query{Pool: w.pool.ID, Sub: w.user.Sub, Limit: 200})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// signInFrom signs in from a caller and gives the refresh token.
func (w *world) signInFrom(t testing.TB, from caller.Caller) string {
	t.Helper()
	g := w.grant()
	g.From = from
	result, err := w.mint(g, nil)
	if err != nil {
		t.Fatal(err)
	}
	return result.RefreshToken
}

func TestSignInNotesWhereItCameFrom(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
		for from, want := range map[caller.Caller]session.Activity{
			{IP: "192.0.2.1", UserAgent: firefox}:                     {IP: "192.0.2.1", DeviceType: "Firefox on Windows"},
			{IP: "::ffff:192.0.2.2", UserAgent: "aws-sdk-js/3.700.0"}: {IP: "192.0.2.2", DeviceType: "aws-sdk-js"},
			{IP: "2001:DB8::1%" + strings.Repeat("x", 1000)}:          {IP: "2001:db8::1"},
			{IP: "somewhere", UserAgent: "\x00"}:                      {},
		} {
			w.clock.Advance(time.Second)
			w.signInFrom(t, from)
			want.Active = w.clock.Now()
			if diff := cmp.Diff(want, w.sessions(t)[0].Activity); diff != "" {
				t.Errorf("from %q (-want +got):\n%s", from.IP, diff)
			}
		}
	})
}

// refreshFrom refreshes at an address and says whether that wrote anything.
func (w *world) refreshFrom(t testing.TB, refreshToken, ip string) (next string, wrote bool) {
	t.Helper()
	before := w.writes.Load()
	result, err := w.tokens.Refresh(context.Background(), token.RefreshRequest{
		App: access.App{Pool: w.pool, Client: w.client}, RefreshToken: refreshToken, From: caller.Caller{IP: ip},
	})
	if err != nil {
		t.Fatal(err)
	}
	return result.RefreshToken, w.writes.Load() != before
}

func TestRefreshNotesItsUseOnlyInPoolsThatKeepAccount(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		refreshToken := w.signInFrom(t, caller.Caller{IP: "192.0.2.1"})
		began := w.clock.Now()
		check := func(name string, wrote, want bool, active time.Time, ip string) {
			t.Helper()
			got := w.sessions(t)[0]
			if wrote != want || !got.Active.Equal(active) || got.IP != ip {
				t.Errorf("%s: wrote %v, want %v; last active %v at %s, want %v at %s", name, wrote, want, got.Active, got.IP, active, ip)
			}
		}

		w.clock.Advance(time.Hour)
		_, wrote := w.refreshFrom(t, refreshToken, "192.0.2.2")
		check("off", wrote, false, began, "192.0.2.1")

		w.track(t, 20)
		_, wrote = w.refreshFrom(t, refreshToken, "192.0.2.2")
		noted := w.clock.Now()
		check("on", wrote, true, noted, "192.0.2.2")
		w.clock.Advance(59 * time.Second)
		_, wrote = w.refreshFrom(t, refreshToken, "192.0.2.2")
		check("soon", wrote, false, noted, "192.0.2.2")
		_, wrote = w.refreshFrom(t, refreshToken, "192.0.2.3")
		check("soon, elsewhere", wrote, true, w.clock.Now(), "192.0.2.3")
		w.clock.Advance(time.Minute)
		_, wrote = w.refreshFrom(t, refreshToken, "192.0.2.3")
		check("a minute later", wrote, true, w.clock.Now(), "192.0.2.3")

		w.rotate(t, 0)
		w.clock.Advance(time.Minute)
		refreshToken, wrote = w.refreshFrom(t, refreshToken, "192.0.2.3")
		check("rotating", wrote, true, w.clock.Now(), "192.0.2.3")
		w.clock.Advance(time.Minute)
		_, _ = w.refreshFrom(t, refreshToken, "192.0.2.4")
		check("rotated", true, true, w.clock.Now(), "192.0.2.4")
	})
}

func TestSignInBeyondTheLimitEndsTheLeastRecentlyUsed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var tokens []*cognitoidp.AuthenticationResultType
		for range 3 {
			tokens = append(tokens, w.signIn(t))
			w.clock.Advance(time.Minute)
		}
		w.track(t, 3)
		w.mustRefresh(t, tokens[0].RefreshToken)
		w.clock.Advance(time.Minute)
		tokens = append(tokens, w.signIn(t))

		for i, over := range []bool{false, true, false, false} {
			_, refused := w.refresh(tokens[i].RefreshToken)
			_, err := w.bearer(tokens[i].AccessToken)
			if !over && (refused != nil || err != nil) {
				t.Errorf("%d: %v, %v; want a live session", i, refused, err)
			}
			if over {
				wantCondition(t, refused, revoked)
				wantCondition(t, err, token.ErrRevokedAccess)
			}
		}

		w.track(t, 1)
		if n := len(w.sessions(t)); n != 3 {
			t.Errorf("%d sessions once the limit is lower, want 3 until the next sign-in", n)
		}
		w.signIn(t)
		if n := len(w.sessions(t)); n != 1 {
			t.Errorf("%d sessions after it, want 1", n)
		}
	})
}

func TestSignInsAtOnceStayWithinTheLimit(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.track(t, 5)
		errs := make([]error, 100)
		var wait sync.WaitGroup
		for i := range errs {
			wait.Go(func() { _, errs[i] = w.mint(w.grant(), nil) })
		}
		wait.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		if n := len(w.sessions(t)); n != 5 {
			t.Errorf("%d sessions are left, want 5", n)
		}
	})
}

func TestLinkedRevocationTakesTheSessionsOfTheSameSSOSession(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		from := func(sso string) string {
			g := w.grant()
			g.SSO = sso
			result, err := w.mint(g, nil)
			if err != nil {
				t.Fatal(err)
			}
			return result.RefreshToken
		}
		one, other := id.NewUUID(), id.NewUUID()
		first, second, third, plain, another := from(one), from(one), from(one), from(""), from(other)

		if err := w.tokens.Revoke(context.Background(), w.client, first); err != nil {
			t.Fatal(err)
		}
		w.mustRefresh(t, second)
		for _, revoke := range []string{second, plain} {
			if err := w.tokens.RevokeLinked(context.Background(), w.client, revoke); err != nil {
				t.Fatal(err)
			}
		}
		for _, over := range []string{first, second, third, plain} {
			_, err := w.refresh(over)
			wantCondition(t, err, revoked)
		}
		w.mustRefresh(t, another)
	})
}

func TestSessionsAreFoundByTheirOwnUserOnly(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.signIn(t)
		of := w.sessions(t)[0]
		find := func(u *user.User, name string) (s *session.Session, err error) {
			err = w.db.Read(context.Background(), func(tx *db.Tx) error {
				s, err = w.tokens.Session(tx, u, name)
				return err
			})
			return s, err
		}
		var name string
		w.write(t, func(tx *db.Tx) error {
			box, err := w.ring.Box(tx, w.pool.ID)
			if err != nil {
				return err
			}
			name, err = token.SessionName(box, token.TokenSession, of.ID)
			return err
		})

		if s, err := find(w.user, name); err != nil || s.ID != of.ID {
			t.Errorf("got %v, %v; want the session", s, err)
		}
		other := *w.user
		other.Sub = id.NewSub()
		out := *w.user
		out.SignedOut = w.clock.Now()
		for what, try := range map[string]struct {
			user *user.User
			name string
		}{
			"another's": {&other, name}, "signed out since": {&out, name}, "unknown": {w.user, "tkn" + strings.Repeat("a", 25)}, "no name": {w.user, "x"},
		} {
			if _, err := find(try.user, try.name); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("%s: got %v, want ErrNotFound", what, err)
			}
		}
		w.write(t, func(tx *db.Tx) error { return token.End(tx, of) })
		if _, err := find(w.user, name); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("over: got %v, want ErrNotFound", err)
		}
	})
}
