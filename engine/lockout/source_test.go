package lockout

import (
	"context"
	"errors"
	"testing"
	"time"

	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/record/attempt"
	"cardea/record/client"
	"cardea/spec/cognitoidp"
)

// failOften counts failures at a source.
func (w *world) failOften(t *testing.T, s Source, times int) {
	t.Helper()
	err := w.Write(t.Context(), func(tx *db.Tx) error {
		for range times {
			if err := s.Fail(tx, w.pool); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// rateLimited tells whether an attempt from a source is refused.
func (w *world) rateLimited(t *testing.T, s Source) bool {
	t.Helper()
	var verdicts [2]error
	err := w.Read(t.Context(), func(tx *db.Tx) error {
		_, verdicts[0] = Begin(tx, w.pool, w.key, s)
		verdicts[1] = s.RateLimited(tx, w.pool)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range verdicts {
		if v != nil && !errors.Is(v, ErrRateLimited) || errors.Is(v, ErrRateLimited) != errors.Is(verdicts[0], ErrRateLimited) {
			t.Fatalf("told %v", verdicts)
		}
	}
	return verdicts[0] != nil
}

func TestFailuresOfAnAddressAreLimited(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		here, there := Source{"app", "192.0.2.1"}, Source{"app", "192.0.2.2"}
		w.failOften(t, here, allowance-1)
		if w.rateLimited(t, here) {
			t.Error("refused before its share is used up")
		}
		w.failOften(t, here, 1)
		for p, want := range map[Source]bool{
			here: true, {"other app", "192.0.2.1"}: true, {"app", "::ffff:192.0.2.1"}: true,
			there: false, {Client: "app"}: false, {"app", "no address"}: false,
		} {
			if got := w.rateLimited(t, p); got != want {
				t.Errorf("%v: rateLimited is %v", p, got)
			}
		}
		w.advance(window - time.Millisecond)
		if !w.rateLimited(t, here) {
			t.Error("forgiven before its time")
		}
		w.advance(time.Millisecond)
		if w.rateLimited(t, here) {
			t.Error("not forgiven")
		}
	})
}

func TestIPv6AddressesCountByTheirNetwork(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.failOften(t, Source{"app", "2001:db8::1"}, allowance)
		if !w.rateLimited(t, Source{"app", "2001:db8::ffff:1"}) || w.rateLimited(t, Source{"app", "2001:db8:0:1::1"}) {
			t.Error("failures are not counted by network")
		}
	})
}

func TestFailuresOfAClientLowerTheAllowanceOfEachAddress(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		few, many, none := Source{"app", "192.0.2.1"}, Source{"app", "192.0.2.2"}, Source{"app", "192.0.2.3"}
		w.failOften(t, few, underAttackAllowance-1)
		w.failOften(t, many, underAttackAllowance)
		if w.rateLimited(t, many) {
			t.Error("refused without an attack")
		}
		w.failOften(t, Source{Client: "app"}, 2*underAttack)
		if w.rateLimited(t, few) || !w.rateLimited(t, many) || w.rateLimited(t, none) {
			t.Errorf("under attack: few %v, many %v, none %v", w.rateLimited(t, few), w.rateLimited(t, many), w.rateLimited(t, none))
		}
		if w.rateLimited(t, Source{"other app", "192.0.2.2"}) {
			t.Error("another client is under attack, too")
		}
	})
}

func TestServersThatForwardNoAddressAreNotLimited(t *testing.T) {
	t.Parallel()
	ctx := caller.With(context.Background(), caller.Caller{IP: "192.0.2.1"})
	if p := From(ctx, &client.Client{ID: "app"}, nil); p != (Source{"app", "192.0.2.1"}) {
		t.Errorf("a public client's source: %v", p)
	}
	if p := From(ctx, &client.Client{ID: "app", Secrets: []client.Secret{{}}}, nil); p != (Source{Client: "app"}) {
		t.Errorf("a confidential client's source: %v", p)
	}
	registered := &client.Client{ID: "app", Secrets: []client.Secret{{}}}
	registered.Doc.ClientType = cognitoidp.ClientTypeTypeDcr
	if p := From(ctx, registered, nil); p != (Source{"app", "192.0.2.1"}) {
		t.Errorf("the source of an app that has given itself a secret: %v", p)
	}
}

func TestFailedTryCountsItsSource(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := Source{"app", "192.0.2.1"}
		err := w.Write(t.Context(), func(tx *db.Tx) error {
			try, err := Begin(tx, w.pool, w.key, s)
			if err != nil {
				return err
			}
			if err := try.Fail(tx); err != nil {
				return err
			}
			a, err := attempt.Get(tx, w.pool, s.address())
			if err == nil && a.Failures != 1 {
				t.Errorf("%d failures are counted", a.Failures)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
