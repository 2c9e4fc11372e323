package verification_test

import (
	"errors"
	"testing"
	"time"

	"cardea/engine/message"
	"cardea/engine/verification"
	"cardea/platform/db"
	"cardea/record/user"
)

func TestSendPlansAnewWhenTheAddressHasChanged(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		looks := 0
		details, err := w.Send(t.Context(), verification.ForgotPassword, func(*db.Tx) (verification.Target, error) {
			if looks++; looks == 2 { // after the message was composed, before it is posted
				changed := w.jane.Clone()
				changed.Attributes["email"] = "new@example.net"
				w.jane = changed
			}
			return w.target(verification.Reset), nil
		})
		if err != nil || details.Destination != "n***@e***" {
			t.Fatalf("sent to %v, %v", details, err)
		}
		for to, want := range map[string]int{"jane@example.org": 0, "new@example.net": 1} {
			messages, err := w.Outbox.Inbox(t.Context(), to, 10)
			if err != nil || len(messages) != want {
				t.Errorf("%d messages to %s, %v; want %d", len(messages), to, err, want)
			}
		}
		if err := w.check(t, w.target(verification.Reset), w.newest(t)); err != nil {
			t.Errorf("the code: %v", err)
		}
	})
}

func TestSendGivesUpOnATargetThatNeverStays(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		_, err := w.Send(t.Context(), verification.ForgotPassword, func(*db.Tx) (verification.Target, error) {
			w.jane = &user.User{Pool: w.pool.ID, Sub: w.jane.Sub + "x", Attributes: w.jane.Attributes}
			return w.target(verification.Reset), nil
		})
		if err == nil {
			t.Error("a code was sent that was composed for another")
		}
	})
}

func TestRefusedMessageLeavesTheFormerCode(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.Outbox.Limits = message.Limits{Mail: message.Quota{Hour: 1}}
		resend := func() error {
			_, err := w.Send(t.Context(), verification.ResendCode, func(*db.Tx) (verification.Target, error) {
				return w.target(verification.SignUp), nil
			})
			return err
		}
		if err := resend(); err != nil {
			t.Fatal(err)
		}
		code := w.newest(t)
		for range 10 { // more than the rule allows: what was refused is not counted either
			if err := resend(); !errors.Is(err, message.ErrLimit) {
				t.Fatalf("got %v, want message.ErrLimit", err)
			}
		}
		if err := w.check(t, w.target(verification.SignUp), code); err != nil {
			t.Errorf("the code that was sent: %v", err)
		}
	})
}

func TestSendComposesNothingForWhoMustWait(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		looks := 0
		send := func() error {
			_, err := w.Send(t.Context(), verification.ResendCode, func(*db.Tx) (verification.Target, error) {
				looks++
				return w.target(verification.SignUp), nil
			})
			return err
		}
		for range verification.ResendCode.Most {
			if err := send(); err != nil {
				t.Fatal(err)
			}
		}
		looks = 0
		if err := send(); !errors.Is(err, verification.ErrTooMany) || looks != 1 {
			t.Errorf("%v after %d looks, want ErrTooMany after one, before anything is composed", err, looks)
		}
		w.advance(time.Hour)
		if err := send(); err != nil {
			t.Errorf("an hour later: %v", err)
		}
	})
}
