package awsapi

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"cardea/engine/authorization"
	"cardea/engine/temporary"
	"cardea/platform/caller"
)

const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// signer knows a root key, and temporary ones with their tokens.
func signer(_ context.Context, keyID, token string) (*authorization.Signer, error) {
	known := func(err error) (*authorization.Signer, error) {
		whose := func(context.Context) (*authorization.Principal, error) {
			if err != nil {
				return nil, err
			}
			return root, nil
		}
		return &authorization.Signer{Secret: secret, Principal: whose}, nil
	}
	switch keyID + token {
	case "AKROOT", "ASTEMPtoken":
		return known(nil)
	case "ASTEMPexpired":
		return known(temporary.ErrExpired)
	case "AKGONE":
		return known(authorization.ErrUnknownKey)
	case "AKBROKEN":
		return nil, errors.New("no database")
	}
	return nil, authorization.ErrUnknownKey
}

// strict is a world whose signatures are checked.
func strict() *world {
	w := newWorld()
	w.Verify = (&Signed{Now: func() time.Time { return now }, Signer: signer}).Verify
	return w
}

// signed signs a request with a body.
func signed(key, token, body string) func(r *http.Request) {
	return func(r *http.Request) {
		stamp := now.Format("20060102T150405Z")
		r.Header.Set("X-Amz-Date", stamp)
		headers, canonical := "host;x-amz-date;x-amz-target", "host:"+r.Host+"\nx-amz-date:"+stamp+"\n"
		if token != "" {
			r.Header.Set("X-Amz-Security-Token", token)
			headers, canonical = "host;x-amz-date;x-amz-security-token;x-amz-target", canonical+"x-amz-security-token:"+token+"\n"
		}
		canonical = "POST\n/\n\n" + canonical + "x-amz-target:" + r.Header.Get("X-Amz-Target") + "\n\n" + headers + "\n" + hash(body)
		credential := stamp[:8] + "/eu-west-3/test/aws4_request"
		signing := []byte("AWS4" + secret)
		for part := range strings.SplitSeq(credential, "/") {
			signing = sum(signing, part)
		}
		signature := hex.EncodeToString(sum(signing, "AWS4-HMAC-SHA256\n"+stamp+"\n"+credential+"\n"+hash(canonical)))
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+key+"/"+credential+", SignedHeaders="+headers+", Signature="+signature)
	}
}

func hash(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

func sum(key []byte, s string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(s))
	return h.Sum(nil)
}

func TestSignedOperationsProveTheirCaller(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ key, token string }{{"AKROOT", ""}, {"ASTEMP", "token"}} {
		w := strict()
		got := w.ask("Admin", "{}", signed(c.key, c.token, "{}"))
		if got.Code != 200 || got.Body.String() != `{"At":1.5}` {
			t.Errorf("%s: got %d %s", c.key, got.Code, got.Body)
		}
		want := caller.Caller{
			Region: "eu-west-3", Account: "123456789012", AccessKeyID: c.key, IP: "192.0.2.1",
			RequestID: got.Header().Get("x-amzn-RequestId"),
		}
		if w.caller != want {
			t.Errorf("%s: got %+v, want %+v", c.key, w.caller, want)
		}
	}
}

func TestSignedOperationsRefuseOthers(t *testing.T) {
	t.Parallel()
	then := func(changes ...func(r *http.Request)) func(r *http.Request) {
		return func(r *http.Request) {
			for _, change := range changes {
				change(r)
			}
		}
	}
	for name, c := range map[string]struct {
		change func(r *http.Request)
		status int
		code   string
	}{
		"unsigned":        {nil, 400, "MissingAuthenticationTokenException"},
		"bearer":          {func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, 400, "MissingAuthenticationTokenException"},
		"incomplete":      {func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x") }, 400, "IncompleteSignatureException"},
		"unknown key":     {signed("AKOTHER", "", "{}"), 400, "UnrecognizedClientException"},
		"token too much":  {signed("AKROOT", "token", "{}"), 400, "UnrecognizedClientException"},
		"token missing":   {signed("ASTEMP", "", "{}"), 400, "UnrecognizedClientException"},
		"wrong token":     {signed("ASTEMP", "other", "{}"), 400, "UnrecognizedClientException"},
		"expired":         {signed("ASTEMP", "expired", "{}"), 400, "ExpiredTokenException"},
		"owner is gone":   {signed("AKGONE", "", "{}"), 400, "UnrecognizedClientException"},
		"other body":      {signed("AKROOT", "", `{"a":1}`), 400, "InvalidSignatureException"},
		"other operation": {then(signed("AKROOT", "", "{}"), func(r *http.Request) { r.Header.Set("X-Amz-Target", "Test.Unbuilt") }), 400, "InvalidSignatureException"},
		"key store down":  {signed("AKBROKEN", "", "{}"), 500, "InternalErrorException"},
	} {
		w := strict()
		t.Run(name, func(t *testing.T) { refused(t, w.ask("Admin", "{}", c.change), c.status, c.code) })
		if w.caller != (caller.Caller{}) {
			t.Errorf("%s: the operation ran", name)
		}
	}

	w := strict()
	w.Verify = nil
	refused(t, w.ask("Admin", "{}", nil), 400, "AccessDeniedException")
}

func TestUnsignedOperationsIgnoreSignatures(t *testing.T) {
	t.Parallel()
	for _, authorization := range []string{scope, "Bearer x", "AWS4-HMAC-SHA256 nonsense"} {
		w := strict()
		got := w.ask("Empty", "{}", func(r *http.Request) { r.Header.Set("Authorization", authorization) })
		if got.Code != 200 || w.caller.AccessKeyID != "" || w.caller.Region != "" {
			t.Errorf("%s: got %d %s as %+v", authorization, got.Code, got.Body, w.caller)
		}
	}
}

func TestDevelopmentTrustsAnyKeyAndTakesItsRegion(t *testing.T) {
	t.Parallel()
	presigned := func(r *http.Request) {
		r.URL.RawQuery = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=test%2F20260101%2Feu-west-3%2Ftest%2Faws4_request"
	}
	header := func(r *http.Request) { r.Header.Set("Authorization", scope) }
	for name, change := range map[string]func(r *http.Request){"header": header, "presigned": presigned} {
		w := newWorld()
		got := w.ask("Admin", "{}", change)
		if got.Code != 200 || w.caller.Region != "eu-west-3" || w.caller.Account != "123456789012" || w.caller.AccessKeyID != "test" {
			t.Errorf("%s: got %d %s as %+v", name, got.Code, got.Body, w.caller)
		}
	}
	refused(t, newWorld().ask("Admin", "{}", nil), 400, "MissingAuthenticationTokenException")
}

func TestDevelopmentRefusesPagesFromElsewhere(t *testing.T) {
	t.Parallel()
	for origin, allowed := range map[string]bool{
		"http://localhost:3000": true, "http://app.localhost": true, "http://127.0.0.1:5173": true, "http://[::1]:80": true, "https://LOCALHOST": true,
		"https://evil.example": false, "null": false, "http://localhost.evil.example": false, "http://127.0.0.1.evil.example": false,
		"http://192.168.0.2": false, "file://": false, "http://evil.example@[::]": false,
	} {
		w := newWorld()
		got := w.ask("Admin", "{}", func(r *http.Request) {
			r.Header.Set("Authorization", scope)
			r.Header.Set("Origin", origin)
		})
		if allowed != (got.Code == 200) {
			t.Errorf("%s: got %d %s", origin, got.Code, got.Body)
		}
		if got := w.ask("Empty", "{}", func(r *http.Request) { r.Header.Set("Origin", origin) }); got.Code != 200 {
			t.Errorf("unsigned from %s: got %d %s", origin, got.Code, got.Body)
		}
	}
}

func TestCallersAddressAndAgentAreKnown(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.ask("Empty", "{}", func(r *http.Request) {
		r.RemoteAddr = "203.0.113.9:4711"
		r.Header.Set("User-Agent", strings.Repeat("ü", 400))
	})
	if w.caller.IP != "203.0.113.9" || len(w.caller.UserAgent) > 512 || !strings.HasPrefix(w.caller.UserAgent, "üü") {
		t.Errorf("got %+v", w.caller)
	}
}
