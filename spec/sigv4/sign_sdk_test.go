package sigv4

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

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
