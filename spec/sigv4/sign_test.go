package sigv4

import (
	"net/http/httptest"
	"strings"
	"testing"
)

// TestSignMakesPublishedSignatures holds Sign against the vectors that AWS publishes.
func TestSignMakesPublishedSignatures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ method, url, service, contentType, body, signature string }{
		"get-vanilla": {
			"GET", "https://example.amazonaws.com/", "service", "", "",
			"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
		},
		"post-vanilla": {
			"POST", "https://example.amazonaws.com/", "service", "", "",
			"5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
		},
		"post-x-www-form-urlencoded": {
			"POST", "https://example.amazonaws.com/", "service", "application/x-www-form-urlencoded", "Param1=value1",
			"ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
		},
		"documentation": {
			"GET", "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08", "iam", "application/x-www-form-urlencoded; charset=utf-8", "",
			"5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
		},
	} {
		r := httptest.NewRequest(c.method, c.url, strings.NewReader(c.body))
		if c.contentType != "" {
			r.Header.Set("Content-Type", c.contentType)
		}
		Sign(r, []byte(c.body), Key{ID: exampleKey, Secret: exampleSecret}, Call{"us-east-1", c.service, exampleTime})
		if got := r.Header.Get("Authorization"); !strings.HasSuffix(got, "Signature="+c.signature) {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

func TestVerifyAcceptsWhatSignSigned(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "https://email.eu-west-1.amazonaws.com/v2/email/a%20b?x=2&x=1&a", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Amz-Target", "T.Op")
	Sign(r, []byte(body), Key{exampleKey, exampleSecret, "token"}, Call{"eu-west-1", "ses", exampleTime})
	if err := check(r, body, "ses", exampleTime); err != nil {
		t.Error(err)
	}
	r.Header.Set("X-Amz-Security-Token", "another")
	if err := check(r, body, "ses", exampleTime); err == nil {
		t.Error("the session token is not signed")
	}
}
