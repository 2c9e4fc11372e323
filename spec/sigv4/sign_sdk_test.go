package sigv4

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestSignMakesPublishedSignatures holds Sign against signatures that AWS publishes.
func TestSignMakesPublishedSignatures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, url, service, contentType, body, signature string
	}{
		"get-vanilla":  {"GET", "https://example.amazonaws.com/", "service", "", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		"post-vanilla": {"POST", "https://example.amazonaws.com/", "service", "", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
		"get-vanilla-query-order-key-case": {
			"GET", "https://example.amazonaws.com/?Param2=value2&Param1=value1", "service", "", "",
			"b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
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
		r, err := http.NewRequest(c.method, c.url, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		if c.contentType != "" {
			r.Header.Set("Content-Type", c.contentType)
		}
		r.Header.Set("User-Agent", "not signed")
		Sign(r, []byte(c.body), Key{ID: exampleKey, Secret: exampleSecret}, Call{"us-east-1", c.service, exampleTime})
		if got := r.Header.Get("Authorization"); !strings.HasSuffix(got, ", Signature="+c.signature) {
			t.Errorf("%s: got %s, want %s", name, got, c.signature)
		}
	}
}

func TestSignedRequestsVerify(t *testing.T) {
	t.Parallel()
	for name, target := range map[string]string{
		"a function":   "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af/invocations?Qualifier=%24LATEST",
		"plain":        "/",
		"two blanks":   "/a%20b/c",
		"query blanks": "/?b=x+y&a=%2F",
	} {
		r := httptest.NewRequest(http.MethodPost, "http://localhost:9001"+target, strings.NewReader(body))
		r.Header.Set("X-Amz-Invocation-Type", "RequestResponse")
		Sign(r, []byte(body), Key{exampleKey, exampleSecret, "a token/+="}, Call{"us-east-1", "lambda", exampleTime})
		if err := check(r, body, "lambda", exampleTime.Add(time.Minute)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, header := range []string{"X-Amz-Invocation-Type", "X-Amz-Security-Token"} {
			changed := r.Clone(t.Context())
			changed.Header.Set(header, "Event")
			if err := check(changed, body, "lambda", exampleTime); err == nil {
				t.Errorf("%s: %s is not signed", name, header)
			}
		}
	}
}

// TestSignAgreesWithTheSDK holds Sign against a signature that the AWS SDK for Go 2 (v1.47.6) makes of the same request.
func TestSignAgreesWithTheSDK(t *testing.T) {
	t.Parallel()
	const function = "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af/invocations?Qualifier=%24LATEST"
	r, err := http.NewRequest(http.MethodPost, "https://lambda.us-east-1.amazonaws.com"+function, strings.NewReader(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Amz-Invocation-Type", "RequestResponse")
	Sign(r, []byte(`{"a":1}`), Key{exampleKey, exampleSecret, "token"}, Call{"us-east-1", "lambda", exampleTime})
	want := "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/lambda/aws4_request, " +
		"SignedHeaders=content-type;host;x-amz-date;x-amz-invocation-type;x-amz-security-token, " +
		"Signature=cdcbb8ff1fc66c600353e8276428b05297ac8b002f3f114417a2da1179cdf185"
	if got := r.Header.Get("Authorization"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
