package sigv4

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const (
	s3Key    = "AKIAIOSFODNN7EXAMPLE"
	s3Secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	s3Scope  = s3Key + "/20130524/us-east-1/s3/aws4_request"
)

var s3Time = time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)

var s3Signer = Signer{Key{ID: s3Key, Secret: s3Secret}, Call{"us-east-1", "s3", s3Time}}

// checkS3 parses and verifies as a server of S3 would at now.
func checkS3(r *http.Request, now time.Time) (*Payload, error) {
	s, query, err := ParseS3(r)
	if err != nil {
		return nil, err
	}
	return s.VerifyS3(r, query, S3Check{Service: "s3", Regions: []string{"us-east-1"}, Secret: s3Secret, Now: now})
}

// received is a request as a server gets it: written and parsed again.
func received(r *http.Request) *http.Request {
	got := httptest.NewRequest(r.Method, r.URL.RequestURI(), r.Body)
	got.Host, got.Header, got.ContentLength = r.Host, r.Header.Clone(), r.ContentLength
	return got
}

// example is one of the requests of the API reference of Amazon S3.
func example(method, target, headers, signature string) *http.Request {
	r := httptest.NewRequest(method, "https://examplebucket.s3.amazonaws.com"+target, http.NoBody)
	r.Header.Set("X-Amz-Date", "20130524T000000Z")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+s3Scope+",SignedHeaders="+headers+",Signature="+signature)
	return r
}

// published are the requests of "Authenticating Requests: Using the Authorization Header" with the signatures given there.
func published() map[string]*http.Request {
	empty := func(r *http.Request) *http.Request {
		r.Header.Set("X-Amz-Content-Sha256", emptyHash)
		return r
	}
	get := empty(example("GET", "/test.txt", "host;range;x-amz-content-sha256;x-amz-date",
		"f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"))
	get.Header.Set("Range", "bytes=0-9")
	put := example("PUT", "/test%24file.text", "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
		"98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
	put.Header.Set("Date", "Fri, 24 May 2013 00:00:00 GMT")
	put.Header.Set("X-Amz-Storage-Class", "REDUCED_REDUNDANCY")
	put.Header.Set("X-Amz-Content-Sha256", hexHash([]byte("Welcome to Amazon S3.")))
	return map[string]*http.Request{
		"GET object": get,
		"PUT object": put,
		"GET lifecycle": empty(example("GET", "/?lifecycle", "host;x-amz-content-sha256;x-amz-date",
			"fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")),
		"list objects": empty(example("GET", "/?max-keys=2&prefix=J", "host;x-amz-content-sha256;x-amz-date",
			"34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")),
		"presigned GET": presignedExample(),
	}
}

func presignedExample() *http.Request {
	return httptest.NewRequest("GET", "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"+
		"&X-Amz-Credential="+strings.ReplaceAll(s3Scope, "/", "%2F")+"&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"+
		"&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404", http.NoBody)
}

func TestVerifyS3AcceptsThePublishedExamples(t *testing.T) {
	t.Parallel()
	for name, r := range published() {
		if _, err := checkS3(r, s3Time); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVerifyS3RefusesWhatIsNotSigned(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		change func(r *http.Request)
		want   error
	}{
		"method":          {func(r *http.Request) { r.Method = "DELETE" }, ErrInvalid},
		"path":            {func(r *http.Request) { r.URL.Path += "x" }, ErrInvalid},
		"double slash":    {func(r *http.Request) { r.URL.Path = "/" + r.URL.Path }, ErrInvalid},
		"query":           {func(r *http.Request) { r.URL.RawQuery += "&acl" }, ErrInvalid},
		"host":            {func(r *http.Request) { r.Host = "other.s3.amazonaws.com" }, ErrInvalid},
		"payload":         {func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", hexHash([]byte("x"))) }, ErrInvalid},
		"no signature":    {func(r *http.Request) { r.Header.Del("Authorization"); r.URL.RawQuery = "" }, ErrMissing},
		"a second one":    {func(r *http.Request) { r.Header.Add("Authorization", "Bearer x") }, ErrIncomplete},
		"twice":           {func(r *http.Request) { r.URL.RawQuery += "&prefix=a&prefix=b" }, ErrIncomplete},
		"twice by case":   {func(r *http.Request) { r.URL.RawQuery += "&prefix=a&Prefix=b" }, ErrIncomplete},
		"malformed query": {func(r *http.Request) { r.URL.RawQuery += "&a=%zz" }, ErrIncomplete},
		"header twice":    {func(r *http.Request) { r.Header["X-Amz-Acl"] = []string{"private", "public-read"} }, ErrIncomplete},
	} {
		for name, r := range published() {
			c.change(r)
			if _, err := checkS3(r, s3Time); !errors.Is(err, c.want) {
				t.Errorf("%s of %s: got %v, want %v", what, name, err, c.want)
			}
		}
	}
}

func TestEveryAmzHeaderMustBeSigned(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"X-Amz-Copy-Source", "X-Amz-Acl", "X-Amz-Meta-A", "X-Amz-Security-Token", "X-Amz-Decoded-Content-Length", "X-Amz-Trailer",
		"X-Amz-Bypass-Governance-Retention", "X-Amz-Date",
	} {
		for example, r := range published() {
			if name == "X-Amz-Date" && example != "presigned GET" {
				continue
			}
			r.Header.Set(name, "20130524T000000Z")
			_, err := checkS3(r, s3Time)
			uncovered, ok := errors.AsType[*UncoveredError](err)
			if !ok || uncovered.Headers[0] != strings.ToLower(name) {
				t.Errorf("%s with an unsigned %s: got %v", example, name, err)
			}
		}
	}
	r := published()["GET object"]
	r.Header.Set("X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793")
	if _, err := checkS3(r, s3Time); err != nil {
		t.Errorf("a balancer's header: %v", err)
	}
	r = example("GET", "/test.txt", "x-amz-content-sha256;x-amz-date", strings.Repeat("0", 64))
	r.Header.Set("X-Amz-Content-Sha256", emptyHash)
	if _, err := checkS3(r, s3Time); err == nil || !strings.Contains(err.Error(), "not signed") {
		t.Errorf("the host is not signed: got %v", err)
	}
}

func TestSignaturesOfS3AreOfTheirTimeAndPlace(t *testing.T) {
	t.Parallel()
	get := func() *http.Request { return published()["GET object"] }
	for name, c := range map[string]struct {
		r    *http.Request
		now  time.Time
		want error
	}{
		"in time":               {get(), s3Time.Add(S3Skew), nil},
		"clock behind":          {get(), s3Time.Add(-S3Skew), nil},
		"old":                   {get(), s3Time.Add(S3Skew + time.Second), ErrSkewed},
		"new":                   {get(), s3Time.Add(-S3Skew - time.Second), ErrSkewed},
		"presigned":             {presignedExample(), s3Time.Add(24 * time.Hour), nil},
		"presigned and expired": {presignedExample(), s3Time.Add(24*time.Hour + time.Second), ErrExpired},
		"presigned and new":     {presignedExample(), s3Time.Add(-S3Skew - time.Second), ErrExpired},
	} {
		if _, err := checkS3(c.r, c.now); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}

	s, query, err := ParseS3(get())
	if err != nil {
		t.Fatal(err)
	}
	for name, check := range map[string]S3Check{
		"service": {Service: "iam", Regions: []string{"us-east-1"}, Secret: s3Secret, Now: s3Time},
		"Region":  {Service: "s3", Regions: []string{"eu-west-1", "eu-west-2"}, Secret: s3Secret, Now: s3Time},
	} {
		if _, err := s.VerifyS3(get(), query, check); !errors.Is(err, ErrScope) {
			t.Errorf("another %s: got %v", name, err)
		}
	}
	check := S3Check{Service: "s3", Regions: []string{"us-east-1"}, Secret: s3Secret + "x", Now: s3Time}
	if _, err := s.VerifyS3(get(), query, check); !errors.Is(err, ErrInvalid) {
		t.Errorf("another secret: got %v", err)
	}
	r := get()
	r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "20130524/", "20130523/", 1))
	if _, err := checkS3(r, s3Time); !errors.Is(err, ErrScope) {
		t.Errorf("another day: got %v", err)
	}
}

func TestFormerAndOtherSignaturesAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		target, authorization string
		want                  error
	}{
		"version 2":           {"/", "AWS " + s3Key + ":frJIUN8DYpKDtOLCwo//yllqDzg=", ErrIncomplete},
		"version 2 in query":  {"/?AWSAccessKeyId=" + s3Key + "&Signature=x&Expires=1", "", ErrIncomplete},
		"asymmetric":          {"/", "AWS4-ECDSA-P256-SHA256 Credential=x", ErrUnsupported},
		"asymmetric in query": {"/?X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256", "", ErrUnsupported},
		"both":                {"/?X-Amz-Signature=x", "AWS4-HMAC-SHA256 Credential=x", ErrIncomplete},
		"both, by case":       {"/?x-amz-credential=x", "AWS4-HMAC-SHA256 Credential=x", ErrIncomplete},
		"both, encoded":       {"/?X%2DAmz%2DSignature=x", "AWS4-HMAC-SHA256 Credential=x", ErrIncomplete},
		"bearer":              {"/", "Bearer x", ErrMissing},
		"none":                {"/", "", ErrMissing},
	} {
		r := httptest.NewRequest("GET", c.target, http.NoBody)
		if c.authorization != "" {
			r.Header.Set("Authorization", c.authorization)
		}
		if _, _, err := ParseS3(r); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	r := presignedExample()
	r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "Expires=86400", "Expires=604801", 1)
	if _, _, err := ParseS3(r); !errors.Is(err, ErrIncomplete) {
		t.Errorf("more than seven days: got %v", err)
	}
}

func TestPathsOfS3AreEncodedOnceAndNotNormalised(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"": "/", "/": "/", "//a//b/": "//a//b/", "/a/../b/./c": "/a/../b/./c", "/a b+c%2F": "/a%20b%2Bc%252F", "/ü~_-.": "/%C3%BC~_-.",
	} {
		if got := EncodePath(path); got != want {
			t.Errorf("%q: got %q, want %q", path, got, want)
		}
	}
}

func TestQueriesOfS3KeepPlusAndEmptyValues(t *testing.T) {
	t.Parallel()
	q, err := ParseQuery("prefix=a+b%2Bc%20d&acl&x=;&&versionId=")
	if err != nil {
		t.Fatal(err)
	}
	if got := q.Get("prefix"); got != "a+b+c d" {
		t.Errorf("got prefix %q", got)
	}
	if _, found := q.Lookup("acl"); !found {
		t.Error("a parameter without a value is missing")
	}
	if got, want := q.String(), "acl=&prefix=a%2Bb%2Bc%20d&versionId=&x=%3B"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := ParseQuery("=a"); err == nil {
		t.Error("a parameter without a name is accepted")
	}
	var many strings.Builder
	for i := range maxParams + 1 {
		fmt.Fprintf(&many, "a%d&", i)
	}
	if _, err := ParseQuery(many.String()); err == nil {
		t.Error("a query may have any number of parameters")
	}
}

// TestSignS3MakesThePublishedSignatures holds SignS3 against the examples whose signed headers it chooses, too.
func TestSignS3MakesThePublishedSignatures(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"/?lifecycle":           "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
		"/?max-keys=2&prefix=J": "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
	} {
		r := httptest.NewRequest("GET", "https://examplebucket.s3.amazonaws.com"+target, http.NoBody)
		query, err := ParseQuery(r.URL.RawQuery)
		if err != nil {
			t.Fatal(err)
		}
		SignS3(r, query, emptyHash, s3Signer)
		if got := r.Header.Get("Authorization"); !strings.HasSuffix(got, "Signature="+want) {
			t.Errorf("%s: got %s", target, got)
		}
	}
}

// TestVerifyS3AcceptsWhatSignS3Signed signs requests for any key and query, sends them, and verifies what arrives.
func TestVerifyS3AcceptsWhatSignS3Signed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"%2F", "%", "+", " ", "//", "..", "ü", "?", "#", ";", "&", "=", "\x01", "\xff"}))
		key := strings.Join(rapid.SliceOf(piece).Draw(t, "key"), "")
		prefix := strings.Join(rapid.SliceOf(piece).Draw(t, "prefix"), "")
		r, err := http.NewRequest("GET", "http://localhost:7070/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.URL.Path = "/bucket/" + key
		query := Query{{"prefix", prefix}, {"versionId", ""}}
		SignS3(r, query, string(Unsigned), s3Signer)

		got := received(r)
		p, err := checkS3(got, s3Time)
		if err != nil || p.Mode != Unsigned {
			t.Fatalf("key %q: %v, %+v", key, err, p)
		}
		if got.URL.Path != r.URL.Path {
			t.Fatalf("sent %q, got %q", r.URL.Path, got.URL.Path)
		}
		if q, err := ParseQuery(got.URL.RawQuery); err != nil || q.Get("prefix") != prefix {
			t.Fatalf("sent %q, got %q, %v", prefix, q.Get("prefix"), err)
		}
	})
}

// FuzzParseS3 checks that what is accepted is bounded, and that no signature is found by chance.
func FuzzParseS3(f *testing.F) {
	for _, r := range published() {
		f.Add(r.URL.RequestURI(), r.Header.Get("Authorization"))
	}
	f.Add("/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=-1", "")
	f.Add("/b/%2e%2e/k?acl&acl=", "AWS4-HMAC-SHA256 Credential=,SignedHeaders==,Signature")
	f.Fuzz(func(t *testing.T, target, authorization string) {
		r, err := http.NewRequest("GET", "http://localhost/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if r.URL, err = r.URL.Parse(target); err != nil {
			return
		}
		r.Header.Set("X-Amz-Date", "20130524T000000Z")
		r.Header.Set("X-Amz-Content-Sha256", emptyHash)
		if authorization != "" {
			r.Header["Authorization"] = []string{authorization}
		}
		s, query, err := ParseS3(r)
		if err != nil {
			return
		}
		if s.Presigned == (authorization != "") || len(s.AccessKeyID) > maxKeyLength || len(query) > maxParams || s.Expires > maxExpires {
			t.Errorf("accepted %+v", s)
		}
		again, err := ParseQuery(query.String())
		if err != nil || again.String() != query.String() {
			t.Errorf("%q became %q, %v", query.String(), again.String(), err)
		}
		check := S3Check{Service: s.Service, Regions: []string{s.Region}, Secret: "another secret", Now: s.Time}
		if _, err := s.VerifyS3(r, query, check); err == nil {
			t.Error("a fuzzer found a signature")
		}
	})
}
