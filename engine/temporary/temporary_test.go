package temporary_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/temporary"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/platform/seal"
	"cardea/record/datakey"
)

var start = time.UnixMilli(1_800_000_000_123).UTC()

// world is an issuer with its clock.
type world struct {
	*temporary.Issuer
	mu  sync.Mutex
	now time.Time
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func open(t testing.TB, url string) *world {
	t.Helper()
	w := &world{now: start}
	d, err := db.Open(t.Context(), url, db.Options{Fast: true, Now: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	w.Issuer = &temporary.Issuer{DB: d, Ring: ring(t)}
	return w
}

func ring(t testing.TB) *datakey.Ring {
	t.Helper()
	master, err := seal.NewMaster(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return &datakey.Ring{Master: master}
}

func each(t *testing.T, body func(t *testing.T, w *world)) {
	dbtest.EachURL(t, func(t *testing.T, url string) { body(t, open(t, url)) })
}

func (w *world) issue(t testing.TB, s temporary.Session) temporary.Credentials {
	t.Helper()
	c, _, err := w.Issue(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// session opens credentials as a verifier does whose caller had the secret.
func (w *world) session(t testing.TB, c temporary.Credentials) (*temporary.Session, error) {
	t.Helper()
	opened, err := w.Open(t.Context(), c.AccessKeyID, c.Token)
	if err != nil {
		return nil, err
	}
	if opened.Secret != c.Secret {
		t.Errorf("opened with secret %q, want %q", opened.Secret, c.Secret)
	}
	return opened.Session()
}

func small() temporary.Session {
	return temporary.Session{
		Kind: temporary.AssumedRole, Account: "123456789012", PrincipalID: "AROAEXAMPLEEXAMPLE22", Name: "CognitoIdentityCredentials",
		Expires: start.Add(time.Hour),
		Keys: map[string][]string{
			"aws:federatedprovider":              {"cognito-identity.amazonaws.com"},
			"cognito-identity.amazonaws.com:aud": {"us-east-1:6f6b3f5e-3f63-4d4f-9e4c-0d5c5e0d2b0a"},
			"cognito-identity.amazonaws.com:sub": {"us-east-1:0d5c5e0d-3f63-4d4f-9e4c-6f6b3f5e2b0a"},
			"cognito-identity.amazonaws.com:amr": {"authenticated", "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC123xyz"},
		},
	}
}

const document = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":["arn:aws:s3:::photos/*"]}]}`

func full() temporary.Session {
	s := small()
	s.Kind, s.AccessKeyID = temporary.SessionToken, "AKIAEXAMPLEEXAMPLE22"
	s.Tags, s.Transitive = map[string]string{"Team": "ä & b", "Empty": ""}, []string{"Team"}
	s.Policy, s.PolicyARNs = strings.Repeat(document, 10), []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}
	s.Guest, s.MFA, s.Chained, s.SourceIdentity = true, true, true, "alice"
	return s
}

func TestCredentialsSayWhoseTheyAre(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for name, s := range map[string]temporary.Session{"small": small(), "full": full()} {
			c := w.issue(t, s)
			if !regexp.MustCompile(`^ASIA[A-Z2-7]{16}$`).MatchString(c.AccessKeyID) || !regexp.MustCompile(`^[A-Za-z0-9+/]{40}$`).MatchString(c.Secret) {
				t.Errorf("%s: got id %q and secret %q", name, c.AccessKeyID, c.Secret)
			}
			want := s
			want.Issued, want.Expires = start.Truncate(time.Second), start.Add(time.Hour).Truncate(time.Second)
			got, err := w.session(t, c)
			if diff := cmp.Diff(&want, got); diff != "" || err != nil {
				t.Error(name, diff, err)
			}
			if len(c.Token) > 1024 || !c.Expires.Equal(want.Expires) {
				t.Errorf("%s: the token has %d characters and ends at %v", name, len(c.Token), c.Expires)
			}
			if again := w.issue(t, s); again.Token == c.Token || again.AccessKeyID == c.AccessKeyID || again.Secret == c.Secret {
				t.Errorf("%s: two sessions have the same credentials", name)
			}
		}
	})
}

func TestTokensShowNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.issue(t, small())
		text, err := base64.RawURLEncoding.DecodeString(c.Token)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"AROA", "us-east-1", c.Secret, "CognitoIdentity"} {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("the token shows %q", secret)
			}
		}
	})
}

func TestAnyChangeOfATokenIsNoticed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.issue(t, small())
		sealed, err := base64.RawURLEncoding.DecodeString(c.Token)
		if err != nil {
			t.Fatal(err)
		}
		for i := range len(sealed) * 8 {
			forged := bytes.Clone(sealed)
			forged[i/8] ^= 1 << (i % 8)
			w.refuses(t, "bit flipped", c.AccessKeyID, base64.RawURLEncoding.EncodeToString(forged))
		}
		for _, token := range []string{
			"", "x", "%", c.Token[:len(c.Token)-1], c.Token + "A", c.Token + "=", c.Token + "\n", "\r" + c.Token, c.Token[:40] + "\n" + c.Token[40:],
			" " + c.Token, base64.StdEncoding.EncodeToString(sealed) + "+", strings.Repeat("A", 4096), strings.Repeat("A", 1<<20),
		} {
			w.refuses(t, "other text", c.AccessKeyID, token)
		}
	})
}

// The last character of a token has bits that mean nothing, unless its length is a multiple of four.
func TestTokensHaveOneText(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		for _, name := range []string{"a", "ab", "abc"} {
			s := small()
			s.Name = name
			c := w.issue(t, s)
			last := len(c.Token) - 1
			for _, character := range alphabet {
				if other := c.Token[:last] + string(character); other != c.Token {
					w.refuses(t, "another last character", c.AccessKeyID, other)
				}
			}
		}
	})
}

func (w *world) refuses(t *testing.T, what, id, token string) {
	t.Helper()
	if got, err := w.Open(t.Context(), id, token); !errors.Is(err, temporary.ErrForged) || got != nil {
		t.Errorf("%s: got %v, %v", what, got, err)
	}
}

func TestAccessKeysGoWithTheirTokenAlone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		one, two := w.issue(t, small()), w.issue(t, small())
		w.refuses(t, "the other's id", one.AccessKeyID, two.Token)
		w.refuses(t, "the other's id", two.AccessKeyID, one.Token)
		for _, id := range []string{"", "ASIA", "AKIA" + one.AccessKeyID[4:], strings.ToLower(one.AccessKeyID), one.AccessKeyID + "A", one.AccessKeyID[:19]} {
			w.refuses(t, id, id, one.Token)
		}
	})
}

// What is sealed for another purpose under the same key has an id that goes with it, as everything does; it does not open.
func TestWhatIsSealedForAnotherPurposeIsNoToken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		box, err := w.Ring.ServerBoxOf(t.Context(), w.DB)
		if err != nil {
			t.Fatal(err)
		}
		payload := []byte("\x01" + `{"k":"role","a":"123456789012","i":1800000000,"e":1800003600}`)
		for label, want := range map[string]error{"sts session": nil, "access-key/AKIA": temporary.ErrForged} {
			id, token := temporary.KeyOf(box, box.Seal(label, payload))
			opened, err := w.Open(t.Context(), id, token)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := opened.Session(); !errors.Is(err, want) {
				t.Errorf("%s: got %v, want %v", label, err, want)
			}
		}
	})
}

func TestTokensOfAnotherServerAreNoTokens(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.issue(t, small())
		dbtest.EachURL(t, func(t *testing.T, url string) { // the same master key, and so wrapped alike, but data keys of its own
			other := open(t, url)
			other.issue(t, small())
			other.refuses(t, "another server", c.AccessKeyID, c.Token)
		})
		node := &world{Issuer: &temporary.Issuer{DB: w.DB, Ring: ring(t)}}
		if _, err := node.session(t, c); err != nil {
			t.Errorf("another node: %v", err)
		}
	})
}

func TestSessionsOutliveTheDataKey(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		before := w.issue(t, small())
		if err := w.DB.Write(t.Context(), func(tx *db.Tx) error { return w.Ring.Rotate(tx, "") }); err != nil {
			t.Fatal(err)
		}
		w.advance(10 * time.Minute)
		after := w.issue(t, small())
		box, err := w.Ring.ServerBoxOf(t.Context(), w.DB)
		if err != nil {
			t.Fatal(err)
		}
		for c, want := range map[temporary.Credentials]bool{before: false, after: true} {
			if sealed, err := base64.RawURLEncoding.DecodeString(c.Token); err != nil || box.Current(sealed) != want {
				t.Error("the new key does not seal, or the old one does")
			}
		}
		for _, c := range []temporary.Credentials{before, after} {
			if _, err := w.session(t, c); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestSessionsEndInTheSecondThatTheySay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.issue(t, small())
		w.advance(c.Expires.Sub(start) - time.Millisecond)
		if _, err := w.session(t, c); err != nil {
			t.Errorf("a millisecond before: %v", err)
		}
		w.advance(time.Millisecond)
		if _, err := w.session(t, c); !errors.Is(err, temporary.ErrExpired) {
			t.Errorf("at its end: got %v, want ErrExpired", err)
		}
	})
}

func TestLivesAreBounded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for life, good := range map[time.Duration]bool{
			0: false, -time.Hour: false, time.Second: true, 36 * time.Hour: true, 36*time.Hour + time.Second: false,
		} {
			s := small()
			s.Expires = start.Add(life)
			if _, _, err := w.Issue(t.Context(), s); (err == nil) != good {
				t.Errorf("%v: %v", life, err)
			}
		}
	})
}

func TestSizesAreBoundedAndTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		if _, percent, err := w.Issue(t.Context(), small()); percent != 0 || err != nil {
			t.Errorf("nothing packed: got %d%%, %v", percent, err)
		}
		c, percent, err := w.Issue(t.Context(), full())
		if want := (100*len(c.Token) + 4095) / 4096; percent != want || err != nil {
			t.Errorf("got %d%%, %v, want %d%%", percent, err, want)
		}
		for name, policy := range map[string]string{"beyond a token": noise(4000), "beyond a payload": strings.Repeat(" ", 70_000)} {
			s := small()
			s.Policy = policy
			_, _, err := w.Issue(t.Context(), s)
			large, ok := errors.AsType[*temporary.TooLargeError](err)
			if !ok || large.Percent <= 100 {
				t.Errorf("%s: got %v", name, err)
			}
		}
		s := small()
		s.Policy = strings.Repeat(" ", 60_000) // deflates well
		c = w.issue(t, s)
		got, err := w.session(t, c)
		if err != nil || got.Policy != s.Policy {
			t.Errorf("a long policy does not come back: %v", err)
		}
	})
}

// noise is text that does not deflate.
func noise(length int) string {
	var out strings.Builder
	for out.Len() < length {
		out.WriteString(base64.StdEncoding.EncodeToString(seal.NewKey()))
	}
	return out.String()
}

func FuzzOpen(f *testing.F) {
	w := open(f, dbtest.SQLite(f))
	c := w.issue(f, full())
	f.Add(c.AccessKeyID, c.Token)
	f.Add(c.AccessKeyID, w.issue(f, small()).Token)
	f.Add("", "")
	f.Fuzz(func(t *testing.T, id, token string) {
		opened, err := w.Open(t.Context(), id, token)
		if err == nil && (id != c.AccessKeyID || token != c.Token) {
			t.Errorf("%q opened with %q: %v", token, id, opened)
		}
	})
}

func BenchmarkIssue(b *testing.B) {
	w := open(b, dbtest.SQLite(b))
	for name, s := range map[string]temporary.Session{"role": small(), "narrowed": full()} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w.issue(b, s)
			}
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	w := open(b, dbtest.SQLite(b))
	for name, s := range map[string]temporary.Session{"role": small(), "narrowed": full()} {
		c := w.issue(b, s)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := w.session(b, c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	forged := strings.Repeat("A", 4096)
	b.Run("forged", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := w.Open(b.Context(), "ASIAEXAMPLEEXAMPLE22", forged); err == nil {
				b.Fatal("opened")
			}
		}
	})
}
