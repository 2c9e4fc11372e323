package challenge

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/access"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/platform/seal"
	"cardea/record/client"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/id"
)

const home = id.Pool("us-east-1_AbC123xyz")

// seat is one app client of the test's pool.
func seat(t *testing.T, app string) Sessions {
	t.Helper()
	box, err := seal.NewBox(string(home), 1, seal.Key{ID: 1, Secret: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	return Sessions{access.App{Pool: &pool.Pool{ID: home}, Client: &client.Client{Pool: home, ID: id.Client(app)}, Box: box}}
}

func open(t *testing.T, d *db.DB, s Sessions, step, text string) (st State, err error) {
	t.Helper()
	_ = d.Read(t.Context(), func(tx *db.Tx) error {
		st, err = s.Open(tx, step, text)
		return nil
	})
	return st, err
}

func want(t *testing.T, err error, message string) {
	t.Helper()
	if got := errorText(err); got != message {
		t.Errorf("got  %q\nwant %q", got, message)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

const (
	invalidText = "the session is none, or not for this"
	expiredText = "the session has expired"
	reusedText  = "the session has been used"
)

func TestSessionOpensForItsClientAndStepAlone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := seat(t, "1example23456789")
		now := time.Now()
		st := New(now, "alice", &user.User{Sub: "the-sub", PasswordSet: now})
		st.Proven, st.Device, st.Options, st.Data = []string{"PASSWORD"}, "device", []string{"SMS_MFA"}, []byte{1, 0, 2}
		text, err := s.Seal("SMS_MFA", st)
		if err != nil {
			t.Fatal(err)
		}

		got, err := open(t, d, s, "SMS_MFA", text)
		want(t, err, "")
		if diff := cmp.Diff(st, got); diff != "" {
			t.Errorf("sealed (-), opened (+):\n%s", diff)
		}
		_, err = open(t, d, s, "EMAIL_OTP", text)
		want(t, err, invalidText)
		_, err = open(t, d, seat(t, "2example23456789"), "SMS_MFA", text)
		want(t, err, invalidText)
		forged := text[:len(text)-3] + "AAA"
		if forged == text {
			forged = text[:len(text)-3] + "BBB"
		}
		for _, bad := range []string{"", "x", text[:20], text[:len(text)-4], text + "A", text + "\n", forged, strings.Repeat("A", 4000)} {
			_, err = open(t, d, s, "SMS_MFA", bad)
			want(t, err, invalidText)
		}
	})
}

func TestSessionEndsWithItsTimeAndItsUse(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := seat(t, "1example23456789")
		old := New(time.Now().Add(-s.Client.SessionTTL()-time.Second), "alice", nil)
		text, err := s.Seal("SMS_MFA", old)
		if err != nil {
			t.Fatal(err)
		}
		_, err = open(t, d, s, "SMS_MFA", text)
		want(t, err, expiredText)

		text, err = s.Seal("SMS_MFA", New(time.Now(), "alice", nil))
		if err != nil {
			t.Fatal(err)
		}
		st, err := open(t, d, s, "SMS_MFA", text)
		want(t, err, "")
		spend := func() error { return d.Write(t.Context(), func(tx *db.Tx) error { return s.Spend(tx, st) }) }
		want(t, spend(), "")
		want(t, spend(), reusedText)
		_, err = open(t, d, s, "SMS_MFA", text)
		want(t, err, reusedText)
	})
}

func TestNextStepKeepsTheSignInAndNothingOfTheStep(t *testing.T) {
	t.Parallel()
	now := time.Now()
	first := New(now, "alice", nil)
	first.Proven, first.Choice, first.Source = []string{"PASSWORD"}, true, "Authentication"
	first.Options, first.Data = []string{"SMS_MFA"}, []byte("code")
	next := first.Next(now.Add(time.Minute))
	if next.ID == first.ID || next.At == first.At || next.Options != nil || next.Data != nil {
		t.Errorf("the step's own went on: %+v", next)
	}
	if next.Name != "alice" || !next.Choice || next.Source != "Authentication" || len(next.Proven) != 1 {
		t.Errorf("the sign-in's own was lost: %+v", next)
	}
}

func FuzzSessionStrings(f *testing.F) {
	f.Add("")
	f.Add(join("1example23456789", []byte("sealed")))
	f.Add(join("", nil))
	f.Fuzz(func(t *testing.T, text string) {
		c, sealed, ok := split(text)
		if ok && join(c, sealed) != text {
			t.Errorf("%q was read as another string's content", text)
		}
	})
}
