package verification_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/access"
	"cardea/engine/message"
	"cardea/engine/verification"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/platform/seal"
	"cardea/record/datakey"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

type world struct {
	*verification.Codes
	clock atomic.Int64
	pool  *pool.Pool
	box   *seal.Box
	jane  *user.User
}

func (w *world) advance(d time.Duration) { w.clock.Add(d.Milliseconds()) }

func each(t *testing.T, body func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		p := &pool.Pool{ID: id.NewPool("us-east-1")}
		w := &world{pool: p, jane: &user.User{
			Pool: p.ID, Sub: id.NewSub(), Username: "jane", Enabled: true, Pending: map[string]string{},
			Attributes: map[string]string{"email": "jane@example.org", "email_verified": "true"},
		}}
		w.clock.Store(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixMilli())
		d, err := db.Open(t.Context(), url, db.Options{Fast: true, Now: func() time.Time { return db.Time(w.clock.Load()) }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		master, err := seal.NewMaster(seal.NewKey())
		if err != nil {
			t.Fatal(err)
		}
		w.Codes = &verification.Codes{Outbox: &message.Outbox{DB: d, Ring: &datakey.Ring{Master: master}, Keep: true}}
		err = d.Write(t.Context(), func(tx *db.Tx) (err error) {
			w.box, err = w.Outbox.Ring.Box(tx, p.ID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		body(t, w)
	})
}

// with runs fn as features do: judgements commit.
func (w *world) with(t *testing.T, fn func(tx *db.Tx) error) (condition error) {
	t.Helper()
	err := verification.Write(context.WithoutCancel(t.Context()), w.Outbox.DB, func(tx *db.Tx) error {
		condition = fn(tx)
		return condition
	})
	if condition == nil && err != nil {
		t.Fatal(err)
	}
	return condition
}

// app is the pool as administrators use it.
func (w *world) app() access.App { return access.App{Pool: w.pool, Box: w.box} }

func (w *world) target(purpose verification.Purpose) verification.Target {
	return verification.Target{App: w.app(), User: w.jane, Purpose: purpose, Attribute: "email", Kind: message.SignUp}
}

func (w *world) unknown(name string) verification.Target {
	return verification.Target{App: w.app(), UnknownUser: name, Purpose: verification.Reset, Attribute: "email", Kind: message.ForgotPassword}
}

func (w *world) send(t *testing.T, target verification.Target) *cognitoidp.CodeDeliveryDetailsType {
	t.Helper()
	p, err := w.Prepare(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.with(t, func(tx *db.Tx) error { return w.Post(tx, p) }); err != nil {
		t.Fatal(err)
	}
	return p.Details
}

func (w *world) check(t *testing.T, target verification.Target, code string) error {
	t.Helper()
	return w.with(t, func(tx *db.Tx) error { return w.Check(tx, target, code) })
}

// newest is the code that was sent last.
func (w *world) newest(t *testing.T) string {
	t.Helper()
	messages, err := w.Outbox.Inbox(t.Context(), "", 1)
	if err != nil || len(messages) != 1 {
		t.Fatalf("%d messages, %v", len(messages), err)
	}
	return messages[0].Code
}

// wrong is a code like the right one, and another.
func wrong(code string) string {
	if code == "123456" {
		return "654321"
	}
	return "123456"
}

func TestCodeIsSixDigitsAndWorksOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for _, purpose := range []verification.Purpose{verification.SignUp, verification.Attribute, verification.Reset} {
			details := w.send(t, w.target(purpose))
			want := &cognitoidp.CodeDeliveryDetailsType{AttributeName: "email", DeliveryMedium: "EMAIL", Destination: "j***@e***"}
			if diff := cmp.Diff(want, details); diff != "" {
				t.Errorf("details (-want +got):\n%s", diff)
			}
			code := w.newest(t)
			if !regexp.MustCompile(`^[0-9]{6}$`).MatchString(code) {
				t.Errorf("code %q", code)
			}
			if err := w.check(t, w.target(purpose), wrong(code)); !errors.Is(err, verification.ErrMismatch) {
				t.Errorf("%s, wrong code: %v", purpose, err)
			}
			if err := w.check(t, w.target(purpose), code); err != nil {
				t.Errorf("%s, right code: %v", purpose, err)
			}
			if err := w.check(t, w.target(purpose), code); !errors.Is(err, verification.ErrExpired) {
				t.Errorf("%s, used code: %v", purpose, err)
			}
			w.advance(time.Millisecond)
		}
	})
}

func TestCodeIsGoodForNothingElse(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.send(t, w.target(verification.SignUp))
		code := w.newest(t)
		w.send(t, w.target(verification.Reset))
		if reset := w.newest(t); reset != code {
			if err := w.check(t, w.target(verification.Reset), code); !errors.Is(err, verification.ErrMismatch) {
				t.Errorf("a sign-up code for a reset: %v", err)
			}
		}

		phone := w.target(verification.Attribute)
		phone.Attribute = "phone_number"
		w.send(t, w.target(verification.Attribute))
		if err := w.check(t, phone, w.newest(t)); !errors.Is(err, verification.ErrExpired) {
			t.Errorf("an e-mail code for the phone: %v", err)
		}

		other := w.target(verification.Attribute)
		other.User = w.jane.Clone()
		other.User.Sub = id.NewSub()
		if err := w.check(t, other, w.newest(t)); !errors.Is(err, verification.ErrExpired) {
			t.Errorf("another's code: %v", err)
		}
	})
}

func TestNewestCodeReplacesOlderOnes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.send(t, w.target(verification.SignUp))
		first := w.newest(t)
		w.advance(time.Second)
		w.send(t, w.target(verification.SignUp))
		second := w.newest(t)
		for first == second { // one chance in a million
			w.advance(time.Second)
			w.send(t, w.target(verification.SignUp))
			second = w.newest(t)
		}
		if err := w.check(t, w.target(verification.SignUp), first); !errors.Is(err, verification.ErrMismatch) {
			t.Errorf("the older code: %v", err)
		}
		if err := w.check(t, w.target(verification.SignUp), second); err != nil {
			t.Errorf("the newer code: %v", err)
		}
	})
}

func TestCodesLiveAsLongAsCognitos(t *testing.T) {
	t.Parallel()
	for purpose, life := range map[verification.Purpose]time.Duration{
		verification.SignUp: 24 * time.Hour, verification.Attribute: 24 * time.Hour, verification.Reset: time.Hour,
	} {
		t.Run(string(purpose), func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, w *world) {
				w.send(t, w.target(purpose))
				w.advance(life - time.Millisecond)
				if err := w.with(t, func(tx *db.Tx) error { return w.Peek(tx, w.target(purpose), w.newest(t)) }); err != nil {
					t.Errorf("in its last moment: %v", err)
				}
				w.advance(time.Millisecond)
				if err := w.check(t, w.target(purpose), w.newest(t)); !errors.Is(err, verification.ErrExpired) {
					t.Errorf("after its life: %v", err)
				}
			})
		})
	}
}

func TestTooManyWrongTriesKillTheCode(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.send(t, w.target(verification.SignUp))
		code := w.newest(t)
		for range 15 {
			if err := w.check(t, w.target(verification.SignUp), wrong(code)); !errors.Is(err, verification.ErrMismatch) {
				t.Fatalf("got %v, want ErrMismatch", err)
			}
		}
		if err := w.check(t, w.target(verification.SignUp), code); !errors.Is(err, verification.ErrTooMany) {
			t.Errorf("the right code after too many wrong ones: %v", err)
		}
		w.advance(time.Second)
		w.send(t, w.target(verification.SignUp))
		if err := w.check(t, w.target(verification.SignUp), w.newest(t)); err != nil {
			t.Errorf("a new code: %v", err)
		}
	})
}

func TestCodeProvesOnlyTheAddressItWentTo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.send(t, w.target(verification.Attribute))
		code := w.newest(t)
		w.jane.Attributes["email"] = "elsewhere@example.org"
		if err := w.check(t, w.target(verification.Attribute), code); !errors.Is(err, verification.ErrMismatch) {
			t.Errorf("the address changed since: %v", err)
		}

		w.advance(time.Second)
		w.jane.Pending["email"] = "pending@example.org"
		w.send(t, w.target(verification.Attribute))
		messages, err := w.Outbox.Inbox(t.Context(), "pending@example.org", 1)
		if err != nil || len(messages) != 1 {
			t.Fatalf("%d messages to the pending address, %v", len(messages), err)
		}
		if err := w.check(t, w.target(verification.Attribute), messages[0].Code); err != nil {
			t.Errorf("a code to the pending address: %v", err)
		}
	})
}

func TestResetCodesGoOnlyToVerifiedAddresses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.jane.Pending["email"] = "thief@example.org"
		w.send(t, w.target(verification.Reset))
		code := w.newest(t)
		if messages, err := w.Outbox.Inbox(t.Context(), "jane@example.org", 1); err != nil || len(messages) != 1 {
			t.Errorf("the code did not go to the verified address: %v", err)
		}
		w.jane.Attributes["email_verified"] = "false"
		if err := w.check(t, w.target(verification.Reset), code); !errors.Is(err, verification.ErrMismatch) {
			t.Errorf("the address lost its verification since: %v", err)
		}
		if _, err := w.Prepare(t.Context(), w.target(verification.Reset)); err == nil {
			t.Error("a reset code was sent to an address that is not verified")
		}
	})
}

func TestOneOfHundredRedeemsACode(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.send(t, w.target(verification.Reset))
		code := w.newest(t)
		var wins atomic.Int64
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				switch err := w.check(t, w.target(verification.Reset), code); {
				case err == nil:
					wins.Add(1)
				case !errors.Is(err, verification.ErrExpired):
					t.Errorf("got %v, want ErrExpired", err)
				}
			})
		}
		all.Wait()
		if wins.Load() != 1 {
			t.Errorf("%d of 100 redeemed the code, want 1", wins.Load())
		}
	})
}

func TestUnknownUsersGetStablePlausibleDetailsAndNoMessage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for _, c := range []struct{ name, attribute, want string }{
			{"nobody", "email", `^[a-z]\*\*\*@[a-z]\*\*\*$`},
			{"nobody", "phone_number", `^\+\*{7}[0-9]{4}$`},
			{"someone@example.org", "phone_number", `^s\*\*\*@e\*\*\*$`},
			{"+15551234567", "email", `^\+\*{7}4567$`},
		} {
			target := w.unknown(c.name)
			target.Attribute = c.attribute
			first := w.send(t, target)
			if !regexp.MustCompile(c.want).MatchString(first.Destination) {
				t.Errorf("%s by %s: destination %q", c.name, c.attribute, first.Destination)
			}
			if diff := cmp.Diff(first, w.send(t, target)); diff != "" {
				t.Errorf("%s: asked again (-first +second):\n%s", c.name, diff)
			}
		}
		if messages, err := w.Outbox.Inbox(t.Context(), "", 10); err != nil || len(messages) != 0 {
			t.Errorf("%d messages, %v", len(messages), err)
		}
		seen := map[string]bool{}
		for i := range 50 {
			seen[w.send(t, w.unknown(fmt.Sprint("name", i))).Destination] = true
		}
		if len(seen) < 20 {
			t.Errorf("50 unknown users share %d destinations", len(seen))
		}
	})
}

func TestUnknownUsersCodesBehaveAsUsersDo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		target := w.unknown("nobody")
		if err := w.check(t, target, "123456"); !errors.Is(err, verification.ErrExpired) {
			t.Errorf("none was asked for: %v", err)
		}
		w.send(t, target)
		for range 15 {
			if err := w.check(t, target, "123456"); !errors.Is(err, verification.ErrMismatch) {
				t.Fatalf("got %v, want ErrMismatch", err)
			}
		}
		if err := w.check(t, target, "123456"); !errors.Is(err, verification.ErrTooMany) {
			t.Errorf("after 15 tries: %v", err)
		}
		w.send(t, target)
		w.advance(time.Hour)
		if err := w.check(t, target, "123456"); !errors.Is(err, verification.ErrExpired) {
			t.Errorf("after an hour: %v", err)
		}
	})
}

func TestAllowCountsPerUserAndHour(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		allow := func(key string, rule verification.Rule) error {
			return w.with(t, func(tx *db.Tx) error { return w.Allow(tx, w.pool.ID, key, rule) })
		}
		for range 5 {
			if err := allow("a", verification.ResendCode); err != nil {
				t.Fatal(err)
			}
		}
		if err := allow("a", verification.ResendCode); !errors.Is(err, verification.ErrTooMany) {
			t.Errorf("the sixth: %v", err)
		}
		if err := errors.Join(allow("b", verification.ResendCode), allow("a", verification.ChangePassword)); err != nil {
			t.Errorf("another user, another rule: %v", err)
		}
		w.advance(time.Hour)
		if err := allow("a", verification.ResendCode); err != nil {
			t.Errorf("an hour later: %v", err)
		}
	})
}
