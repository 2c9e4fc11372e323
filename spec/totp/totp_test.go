package totp_test

import (
	"encoding/base32"
	"fmt"
	"testing"
	"time"

	"cardea/spec/totp"
)

// rfc is the secret of RFC 6238's and RFC 4226's test vectors.
var rfc = []byte("12345678901234567890")

// TestCodesAreThoseOfRFC6238 has the moments of RFC 6238 appendix B; its codes have eight digits, of which ours are the
// last six.
func TestCodesAreThoseOfRFC6238(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got := totp.Code(rfc, totp.Step(time.Unix(seconds, 0))); got != want {
			t.Errorf("at %d: %s, want %s", seconds, got, want)
		}
	}
}

// TestCodesAreThoseOfRFC4226 has the counters of RFC 4226 appendix D.
func TestCodesAreThoseOfRFC4226(t *testing.T) {
	t.Parallel()
	for step, want := range []string{
		"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
	} {
		if got := totp.Code(rfc, int64(step)); got != want {
			t.Errorf("step %d: %s, want %s", step, got, want)
		}
	}
}

func TestOneStepEitherSideMatchesAndNoMore(t *testing.T) {
	t.Parallel()
	now := time.Unix(1111111111, 0)
	for offset := int64(-3); offset <= 3; offset++ {
		step, ok := totp.Match(rfc, totp.Code(rfc, totp.Step(now)+offset), now)
		if want := offset >= -1 && offset <= 1; ok != want {
			t.Errorf("offset %d matches: %v, want %v", offset, ok, want)
		} else if want && step != totp.Step(now)+offset {
			t.Errorf("offset %d was taken for step %d", offset, step-totp.Step(now))
		}
	}
	if _, ok := totp.Match([]byte("another secret"), totp.Code(rfc, totp.Step(now)), now); ok {
		t.Error("the code of one secret matches another")
	}
}

func TestStepsChangeWithTheHalfMinute(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int64]int64{0: 0, 29: 0, 30: 1, 59: 1, 60: 2} {
		if got := totp.Step(time.Unix(seconds, 999)); got != want {
			t.Errorf("second %d is in step %d, want %d", seconds, got, want)
		}
	}
}

func TestSecretsAreFiftyTwoCharacters(t *testing.T) {
	t.Parallel()
	secret := totp.NewSecret()
	text := totp.Text(secret)
	back, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
	if len(text) != 52 || err != nil || string(back) != string(secret) {
		t.Errorf("%q of %d characters reads as %x, %v; want %x", text, len(text), back, err, secret)
	}
	if totp.Text(totp.NewSecret()) == text {
		t.Error("two secrets are one")
	}
}

func FuzzMatch(f *testing.F) {
	now := time.Unix(1111111111, 0)
	for _, seed := range []string{"", "050471", "50471", " 50471", "0504710", "+50471", "-50471", "٠٥٠٤٧١", "05047\x00", "1e5000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, code string) {
		step, ok := totp.Match(rfc, code, now)
		good := map[string]bool{}
		for offset := int64(-1); offset <= 1; offset++ {
			good[fmt.Sprint(totp.Code(rfc, totp.Step(now)+offset))] = true
		}
		if ok != good[code] {
			t.Errorf("%q matches: %v", code, ok)
		}
		if ok && totp.Code(rfc, step) != code {
			t.Errorf("%q was taken for the code of step %d", code, step)
		}
	})
}
