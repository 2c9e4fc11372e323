package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sort"
	"strings"
	"testing"
	"time"
)

const (
	exampleKey    = "AKIDEXAMPLE"
	exampleSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)

var exampleTime = time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)

// TestVerifyAcceptsPublishedVectors holds Verify against signatures that AWS publishes: its test suite, and the example
// of its documentation (the one with iam).
func TestVerifyAcceptsPublishedVectors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, url, service, headers, contentType, body, signature string
	}{
		"get-vanilla": {
			"GET", "https://example.amazonaws.com/", "service", "host;x-amz-date", "", "",
			"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
		},
		"post-vanilla": {
			"POST", "https://example.amazonaws.com/", "service", "host;x-amz-date", "", "",
			"5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
		},
		"get-vanilla-query-order-key-case": {
			"GET", "https://example.amazonaws.com/?Param2=value2&Param1=value1", "service", "host;x-amz-date", "", "",
			"b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
		},
		"post-x-www-form-urlencoded": {
			"POST", "https://example.amazonaws.com/", "service", "content-type;host;x-amz-date", "application/x-www-form-urlencoded", "Param1=value1",
			"ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
		},
		"documentation": {
			"GET", "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08", "iam", "content-type;host;x-amz-date",
			"application/x-www-form-urlencoded; charset=utf-8", "",
			"5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
		},
	} {
		r := httptest.NewRequest(c.method, c.url, strings.NewReader(c.body))
		r.Header.Set("X-Amz-Date", "20150830T123600Z")
		if c.contentType != "" {
			r.Header.Set("Content-Type", c.contentType)
		}
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+exampleKey+"/20150830/us-east-1/"+c.service+
			"/aws4_request, SignedHeaders="+c.headers+", Signature="+c.signature)
		if err := check(r, c.body, c.service, exampleTime); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := check(r, c.body+" ", c.service, exampleTime); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s with another body: got %v", name, err)
		}
	}
}

func TestKeyIsDerivedAsDocumented(t *testing.T) {
	t.Parallel()
	s := &Signature{Scope: Scope{Date: "20150830", Region: "us-east-1", Service: "iam"}}
	got := hex.EncodeToString(s.key(exampleSecret))
	if want := "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// check parses and verifies as a server for service would at now.
func check(r *http.Request, body, service string, now time.Time) error {
	s, err := Parse(r)
	if err != nil {
		return err
	}
	return s.Verify(r, []byte(body), Check{Service: service, Secret: exampleSecret, Now: now})
}

// signer signs plainly, by the documentation and not by this package.
type signer struct {
	at      time.Time
	scope   string // region/service
	headers []string
	expires string // presigned when not empty
	token   string
}

const body = `{"UserPoolId":"us-east-1_AbC123xyz"}`

func newSigner() signer {
	return signer{at: exampleTime, scope: "us-east-1/cognito-idp", headers: []string{"content-length", "content-type", "host", "x-amz-date", "x-amz-target"}}
}

// request is a request as SDKs send it.
func request() *http.Request {
	r := httptest.NewRequest(http.MethodPost, "http://localhost:9229/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.DescribeUserPool")
	return r
}

func (g signer) sign(r *http.Request) *http.Request {
	stamp := g.at.Format("20060102T150405Z")
	credential := stamp[:8] + "/" + g.scope + "/aws4_request"
	query := r.URL.Query()
	if g.expires == "" {
		r.Header.Set("X-Amz-Date", stamp)
		if g.token != "" {
			r.Header.Set("X-Amz-Security-Token", g.token)
			g.headers = append(g.headers, "x-amz-security-token")
		}
	} else {
		query.Set("X-Amz-Algorithm", "AWS4-HMAC-SHA256")
		query.Set("X-Amz-Credential", exampleKey+"/"+credential)
		query.Set("X-Amz-Date", stamp)
		query.Set("X-Amz-Expires", g.expires)
		query.Set("X-Amz-SignedHeaders", strings.Join(g.headers, ";"))
		if g.token != "" {
			query.Set("X-Amz-Security-Token", g.token)
		}
	}
	sort.Strings(g.headers)

	canonical := r.Method + "\n/\n" + strings.ReplaceAll(query.Encode(), "+", "%20") + "\n"
	for _, name := range g.headers {
		value := r.Header.Get(name)
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = fmt.Sprint(len(body))
		}
		canonical += name + ":" + value + "\n"
	}
	canonical += "\n" + strings.Join(g.headers, ";") + "\n" + sha(body)
	key := []byte("AWS4" + exampleSecret)
	for _, part := range strings.Split(credential, "/") {
		key = sum(key, part)
	}
	signature := hex.EncodeToString(sum(key, "AWS4-HMAC-SHA256\n"+stamp+"\n"+credential+"\n"+sha(canonical)))

	if g.expires != "" {
		query.Set("X-Amz-Signature", signature)
		r.URL.RawQuery = query.Encode()
		return r
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+exampleKey+"/"+credential+
		", SignedHeaders="+strings.Join(g.headers, ";")+", Signature="+signature)
	return r
}

func sha(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

func sum(key []byte, s string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(s))
	return h.Sum(nil)
}

func TestVerifyAcceptsBothForms(t *testing.T) {
	t.Parallel()
	header := newSigner()
	token := newSigner()
	token.token = "session/token+with=signs"
	presigned := newSigner()
	presigned.headers, presigned.expires = []string{"content-type", "host", "x-amz-target"}, "604800"
	presignedToken := presigned
	presignedToken.token = "session/token+with=signs and blanks"
	for name, g := range map[string]signer{"header": header, "token": token, "presigned": presigned, "presigned with token": presignedToken} {
		r := g.sign(request())
		s, err := Parse(r)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s.AccessKeyID != exampleKey || s.Region != "us-east-1" || s.SessionToken != g.token {
			t.Errorf("%s: parsed as %+v", name, s)
		}
		if err := check(r, body, "cognito-idp", exampleTime.Add(4*time.Minute)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVerifyRefusesWhatWasNotSigned(t *testing.T) {
	t.Parallel()
	presigned := newSigner()
	presigned.headers, presigned.expires = []string{"host", "x-amz-target"}, "60"
	for name, g := range map[string]signer{"header": newSigner(), "presigned": presigned} {
		for what, change := range map[string]func(r *http.Request){
			"host":   func(r *http.Request) { r.Host = "other" },
			"method": func(r *http.Request) { r.Method = http.MethodPut },
			"target": func(r *http.Request) {
				r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.DeleteUserPool")
			},
			"path":           func(r *http.Request) { r.URL.Path = "/other" },
			"query":          func(r *http.Request) { r.URL.RawQuery = strings.TrimPrefix(r.URL.RawQuery+"&x=y", "&") },
			"second target":  func(r *http.Request) { r.Header.Add("X-Amz-Target", "x") },
			"token added":    func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "x") },
			"payload header": func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD") },
			"wrong hash":     func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", sha("x")) },
		} {
			r := g.sign(request())
			change(r)
			if err := check(r, body, "cognito-idp", exampleTime); !errors.Is(err, ErrInvalid) {
				t.Errorf("%s, %s changed: got %v", name, what, err)
			}
		}
		if err := check(g.sign(request()), body+" ", "cognito-idp", exampleTime); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s, body changed: got %v", name, err)
		}
		if err := check(g.sign(request()), body, "other", exampleTime); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s, other service: got %v", name, err)
		}
	}
}

func TestVerifyWantsTheDecidingHeadersSigned(t *testing.T) {
	t.Parallel()
	for _, left := range []string{"host", "x-amz-date", "x-amz-target"} {
		g := newSigner()
		var kept []string
		for _, h := range g.headers {
			if h != left {
				kept = append(kept, h)
			}
		}
		g.headers = kept
		if err := check(g.sign(request()), body, "cognito-idp", exampleTime); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "'SignedHeader'") {
			t.Errorf("without %s: got %v", left, err)
		}
	}
}

func TestVerifyAcceptsTheHashOfTheBody(t *testing.T) {
	t.Parallel()
	g := newSigner()
	g.headers = append(g.headers, "x-amz-content-sha256")
	r := request()
	r.Header.Set("X-Amz-Content-Sha256", sha(body))
	if err := check(g.sign(r), body, "cognito-idp", exampleTime); err != nil {
		t.Error(err)
	}
}

func TestSignaturesLiveFiveMinutes(t *testing.T) {
	t.Parallel()
	presigned := newSigner()
	presigned.headers, presigned.expires = []string{"host", "x-amz-target"}, "3600"
	for _, c := range []struct {
		name string
		g    signer
		now  time.Time
		want string
	}{
		{"in time", newSigner(), exampleTime.Add(Skew), ""},
		{"clock behind", newSigner(), exampleTime.Add(-Skew), ""},
		{"old", newSigner(), exampleTime.Add(Skew + time.Second), "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)"},
		{"new", newSigner(), exampleTime.Add(-Skew - time.Second), "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)"},
		{"presigned", presigned, exampleTime.Add(time.Hour), ""},
		{"presigned, old", presigned, exampleTime.Add(time.Hour + time.Second), "Signature expired: 20150830T133600Z is now earlier than 20150830T133601Z"},
		{"presigned, new", presigned, exampleTime.Add(-Skew - time.Second), "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)"},
	} {
		err := check(c.g.sign(request()), body, "cognito-idp", c.now)
		if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, ErrInvalid) || err.Error() != c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestParseRefusesMalformedSignatures(t *testing.T) {
	t.Parallel()
	const scope = "AKID/20150830/us-east-1/cognito-idp/aws4_request"
	good := strings.Repeat("0", 64)
	header := func(credential, headers, signature string) string {
		return "AWS4-HMAC-SHA256 Credential=" + credential + ", SignedHeaders=" + headers + ", Signature=" + signature
	}
	for name, c := range map[string]struct {
		authorization string
		want          error
	}{
		"none":                   {"", ErrMissing},
		"bearer":                 {"Bearer x", ErrMissing},
		"basic":                  {"Basic eDp5", ErrMissing},
		"other algorithm":        {"AWS4-ECDSA-P256-SHA256 Credential=x", ErrIncomplete},
		"alone":                  {"AWS4-HMAC-SHA256", ErrIncomplete},
		"no signature":           {"AWS4-HMAC-SHA256 Credential=" + scope + ", SignedHeaders=host", ErrIncomplete},
		"twice":                  {header(scope, "host", good) + ", Signature=" + good, ErrIncomplete},
		"short scope":            {header("AKID/20150830/us-east-1/cognito-idp", "host", good), ErrIncomplete},
		"long scope":             {header("A/"+scope, "host", good), ErrIncomplete},
		"terminator":             {header("AKID/20150830/us-east-1/cognito-idp/aws5_request", "host", good), ErrIncomplete},
		"no key":                 {header("/20150830/us-east-1/cognito-idp/aws4_request", "host", good), ErrIncomplete},
		"long key":               {header(strings.Repeat("A", 129)+"/20150830/us-east-1/cognito-idp/aws4_request", "host", good), ErrIncomplete},
		"bad date":               {header("AKID/2015083x/us-east-1/cognito-idp/aws4_request", "host", good), ErrIncomplete},
		"bad region":             {header("AKID/20150830/us_east_1/cognito-idp/aws4_request", "host", good), ErrIncomplete},
		"bad service":            {header("AKID/20150830/us-east-1//aws4_request", "host", good), ErrIncomplete},
		"unsorted headers":       {header(scope, "x-amz-date;host", good), ErrIncomplete},
		"header twice":           {header(scope, "host;host", good), ErrIncomplete},
		"upper-case header":      {header(scope, "Host", good), ErrIncomplete},
		"empty header":           {header(scope, ";host", good), ErrIncomplete},
		"too many headers":       {header(scope, manyHeaders(), good), ErrIncomplete},
		"short signature":        {header(scope, "host", good[1:]), ErrIncomplete},
		"upper-case signature":   {header(scope, "host", strings.Repeat("A", 64)), ErrIncomplete},
		"signature with newline": {header(scope, "host", good[1:]+"\n"), ErrIncomplete},
	} {
		r := request()
		r.Header.Set("X-Amz-Date", "20150830T123600Z")
		if c.authorization != "" {
			r.Header.Set("Authorization", c.authorization)
		}
		if _, err := Parse(r); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

func manyHeaders() string {
	var names []string
	for i := range maxSignedHeaders + 1 {
		names = append(names, fmt.Sprintf("h%03d", i))
	}
	return strings.Join(names, ";")
}

func TestParseRefusesMalformedDatesAndQueries(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(q url.Values){
		"expires 0":        func(q url.Values) { q.Set("X-Amz-Expires", "0") },
		"expires too late": func(q url.Values) { q.Set("X-Amz-Expires", "604801") },
		"expires never":    func(q url.Values) { q.Del("X-Amz-Expires") },
		"expires huge":     func(q url.Values) { q.Set("X-Amz-Expires", "99999999999999999999") },
		"no date":          func(q url.Values) { q.Del("X-Amz-Date") },
		"no signature":     func(q url.Values) { q.Del("X-Amz-Signature") },
		"algorithm":        func(q url.Values) { q.Set("X-Amz-Algorithm", "none") },
		"signature twice":  func(q url.Values) { q.Add("X-Amz-Signature", "x") },
	} {
		g := newSigner()
		g.headers, g.expires = []string{"host", "x-amz-target"}, "60"
		r := g.sign(request())
		query := r.URL.Query()
		change(query)
		r.URL.RawQuery = query.Encode()
		if _, err := Parse(r); !errors.Is(err, ErrIncomplete) {
			t.Errorf("%s: got %v", name, err)
		}
	}

	both := newSigner()
	both.headers, both.expires = []string{"host", "x-amz-target"}, "60"
	r := both.sign(request())
	if _, err := Parse(newSigner().sign(r)); !errors.Is(err, ErrIncomplete) {
		t.Errorf("both forms at once: got %v", err)
	}

	for _, date := range []string{"", "yesterday", "2015-08-30T12:36:00Z"} {
		r := newSigner().sign(request())
		r.Header.Set("X-Amz-Date", date)
		if _, err := Parse(r); !errors.Is(err, ErrIncomplete) {
			t.Errorf("date %q: got %v", date, err)
		}
	}
}

func TestScopeOfNeedsNoMoreThanTheCredential(t *testing.T) {
	t.Parallel()
	r := request()
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20220101/eu-west-3/cognito-idp/aws4_request")
	got, err := ScopeOf(r)
	if want := (Scope{"test", "20220101", "eu-west-3", "cognito-idp"}); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := ScopeOf(request()); !errors.Is(err, ErrMissing) {
		t.Errorf("unsigned: got %v", err)
	}
}

func TestCanonicalPathIsNormalised(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"": "/", "/": "/", "//": "/", "/a/./b/../c": "/a/c", "/a/": "/a/", "/..": "/", "/a%20b": "/a%2520b", "/a/..": "/",
	} {
		if got := canonicalPath(path); got != want {
			t.Errorf("%q: got %q, want %q", path, got, want)
		}
	}
}

// FuzzParseAuthorization checks that what is accepted is bounded and in order.
func FuzzParseAuthorization(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/cognito-idp/aws4_request, SignedHeaders=host;x-amz-date, Signature=" + strings.Repeat("0", 64))
	f.Add("AWS4-HMAC-SHA256 Credential=,SignedHeaders==,Signature")
	f.Add("Bearer x")
	f.Fuzz(func(t *testing.T, header string) {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header["Authorization"] = []string{header}
		r.Header.Set("X-Amz-Date", "20150830T123600Z")
		s, err := Parse(r)
		if err != nil {
			if !errors.Is(err, ErrMissing) && !errors.Is(err, ErrIncomplete) {
				t.Errorf("unexpected error %v", err)
			}
			return
		}
		if len(s.Value) != 64 || len(s.Date) != 8 || !name(s.Region) || len(s.AccessKeyID) > maxKeyLength || !validHeaders(s.SignedHeaders) {
			t.Errorf("accepted %+v", s)
		}
		if err := s.Verify(r, nil, Check{Service: s.Service, Secret: exampleSecret, Now: exampleTime}); err == nil {
			t.Error("a fuzzer found a signature")
		}
	})
}
