package certs_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cardea/platform/certs"
	"cardea/platform/certs/certstest"
)

func TestInspectKnowsCertificatesThatAreNotGood(t *testing.T) {
	t.Parallel()
	now, day := time.Now(), 24*time.Hour
	good, goodKey := certstest.Write(t, now.Add(-day), now.Add(90*day))
	for _, host := range []string{"auth.example.com", ""} {
		if cert, key := certs.Inspect(good, goodKey, host); cert != nil || key != nil {
			t.Errorf("a good one, for %q: %v, %v", host, cert, key)
		}
	}
	expired, expiredKey := certstest.Write(t, now.Add(-90*day), now.Add(-day))
	later, laterKey := certstest.Write(t, now.Add(day), now.Add(90*day))
	soon, soonKey := certstest.Write(t, now.Add(-80*day), now.Add(5*day))
	both := filepath.Join(t.TempDir(), "both") // a key may stand before its certificate, in one file
	if err := os.WriteFile(both, append(read(t, goodKey), read(t, good)...), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ cert, key, host, wantCert, wantKey string }{
		{both, both, "auth.example.com", "", ""},
		{expired, expiredKey, "auth.example.com", "has expired", ""},
		{later, laterKey, "auth.example.com", "good only from", ""},
		{soon, soonKey, "auth.example.com", "expires soon", ""},
		{good, goodKey, "other.example.com", "not other.example.com", ""},
		{good, laterKey, "auth.example.com", "", "private key does not match"},
		{expired, laterKey, "auth.example.com", "has expired", "private key does not match"},
		{good, good, "", "", "found a certificate rather than a key"},
		{goodKey, goodKey, "", "there is no certificate in " + goodKey, ""},
		{"nowhere", goodKey, "", "no such file", ""},
		{"nowhere", "nowhere", "", "no such file", "no such file"},
		{goodKey, "nowhere", "", "there is no certificate", "no such file"},
	} {
		cert, key := certs.Inspect(c.cert, c.key, c.host)
		if !says(cert, c.wantCert) || !says(key, c.wantKey) || errors.Is(cert, certs.ErrSoon) != (c.cert == soon) {
			t.Errorf("got %v and %v, want %q and %q", cert, key, c.wantCert, c.wantKey)
		}
	}
}

// says reports whether an error says what is wanted; nothing is wanted of nil.
func says(err error, want string) bool {
	if err == nil || want == "" {
		return err == nil && want == ""
	}
	return strings.Contains(err.Error(), want)
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
