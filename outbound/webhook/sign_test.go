package webhook

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The values are openssl's: printf 'v1.1700000000.m1.<sha256 of the body>' | openssl dgst -sha256 -hmac key
func TestHeadersAreTheDocumentedOnes(t *testing.T) {
	t.Parallel()
	call := Call{Delivery: "m1", Attempt: 2, At: time.Unix(1_700_000_000, 0)}
	got := http.Header{}
	Sign(got, [][]byte{[]byte("key"), []byte("next")}, call, []byte(`{"a":1}`))
	want := http.Header{
		"Cardea-Version":   {"1"},
		"Cardea-Delivery":  {"m1"},
		"Cardea-Attempt":   {"2"},
		"Cardea-Timestamp": {"1700000000"},
		"Cardea-Key-Id":    {"3a1a07c3,d2887361"},
		"Cardea-Signature": {"v1=d2e714ba2d025eb3cb76f7964d68ed0abe66606736e9b42041a36e695a60dcaa,v1=988238012225e4ba8a6cfed2c76413f1c242f4402af794f3c5951d763bd51150"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestSignatureCoversEverythingThatMatters(t *testing.T) {
	t.Parallel()
	sign := func(secret string, c Call, body string) string {
		h := http.Header{}
		Sign(h, [][]byte{[]byte(secret)}, c, []byte(body))
		return h.Get("Cardea-Signature")
	}
	call := Call{Delivery: "m1", At: time.Unix(1_700_000_000, 0)}
	other := call
	other.Delivery = "m2"
	later := call
	later.At = later.At.Add(time.Second)
	base := sign("key", call, "{}")
	for name, changed := range map[string]string{
		"secret": sign("kez", call, "{}"), "body": sign("key", call, "{ }"),
		"delivery": sign("key", other, "{}"), "time": sign("key", later, "{}"),
	} {
		if changed == base {
			t.Errorf("the signature does not cover the %s", name)
		}
	}
}
