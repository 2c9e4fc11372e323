package guard

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cardea/engine/authorization"
	"cardea/engine/temporary"
	"cardea/platform/serve"
	"cardea/spec/iampolicy"
	"cardea/spec/sigv4"
)

// The keys of a test: the clients', and the one of the server behind the guard.
var (
	alice    = sigv4.Key{ID: "AKIAALICE00000000000", Secret: "alice's secret"}
	session  = sigv4.Key{ID: "ASIASESSION000000000", Secret: "the session's secret", SessionToken: "a/token+=="}
	ended    = sigv4.Key{ID: "ASIAENDED00000000000", Secret: "the ended session's secret", SessionToken: "an old token"}
	upstream = sigv4.Key{ID: "UPSTREAMKEY", Secret: "the upstream's secret"}
)

const everything = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`

// store is a small server of S3, which verifies what it gets.
type store struct {
	t  *testing.T
	mu sync.Mutex
	// objects are what was stored, by path.
	objects map[string][]byte
	// got are the requests that were verified, without their bodies.
	got []*http.Request
	// discard takes bodies without keeping them, and answer is given in place of the usual one.
	discard bool
	answer  http.HandlerFunc
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	signature, query, err := sigv4.ParseS3(r)
	if err != nil {
		s.t.Errorf("upstream: %v", err)
		return
	}
	payload, err := signature.VerifyS3(r, query, sigv4.S3Check{Service: "s3", Regions: []string{"home"}, Secret: upstream.Secret, Now: time.Now()})
	if err != nil || signature.AccessKeyID != upstream.ID {
		s.t.Errorf("upstream: %s %s: %v", r.Method, r.RequestURI, err)
		return
	}
	s.mu.Lock()
	s.got = append(s.got, r)
	s.mu.Unlock()
	if s.answer != nil {
		s.answer(w, r)
		return
	}
	content := payload.Open(r.Body)
	if s.discard {
		_, err = io.Copy(io.Discard, content)
	} else {
		err = s.serve(w, r, content)
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
	}
}

func (s *store) serve(w http.ResponseWriter, r *http.Request, content io.Reader) error {
	body, err := io.ReadAll(content)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.Method {
	case http.MethodPut:
		s.objects[r.URL.Path] = body
		w.Header().Set("Etag", `"x"`)
	case http.MethodPost:
		return s.delete(w, r, body)
	default:
		found, ok := s.objects[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte("<Error><Code>NoSuchKey</Code><Message>no key for " + upstream.ID + "</Message><AWSAccessKeyId>" + upstream.ID + "</AWSAccessKeyId></Error>"))
			return nil
		}
		w.Header().Set("X-Amz-Meta-A", "b")
		_, _ = w.Write(found)
	}
	return nil
}

func (s *store) delete(w http.ResponseWriter, r *http.Request, body []byte) error {
	sum := md5.Sum(body)
	if r.Header.Get("Content-Md5") != base64.StdEncoding.EncodeToString(sum[:]) {
		s.t.Error("upstream: another Content-MD5")
	}
	var asked deletion
	if err := xml.Unmarshal(body, &asked); err != nil {
		return err
	}
	result := deleted{}
	for _, o := range asked.Objects {
		delete(s.objects, r.URL.Path+"/"+o.Key)
		if !asked.Quiet {
			result.Deleted = append(result.Deleted, deletedObject{Key: o.Key, VersionID: o.VersionID})
		}
	}
	return xml.NewEncoder(w).Encode(result)
}

func (s *store) object(path string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, found := s.objects[path]
	return body, found
}

// last is the request that came last.
func (s *store) last() *http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.got) == 0 {
		return nil
	}
	return s.got[len(s.got)-1]
}

// world is a guard before a store.
type world struct {
	*Handler
	t      *testing.T
	store  *store
	server *httptest.Server
	mu     sync.Mutex
	asked  []string // "action resource", as policies were asked
}

func newWorld(t *testing.T, policy string) *world {
	t.Helper()
	w := &world{t: t, store: &store{t: t, objects: map[string][]byte{}}}
	behind := httptest.NewServer(w.store)
	t.Cleanup(behind.Close)
	address, err := url.Parse(behind.URL)
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := iampolicy.Parse(policy, iampolicy.Managed)
	if err != nil {
		t.Fatal(err)
	}
	set := iampolicy.Set{Identity: []*iampolicy.Policy{compiled}}
	w.Handler = &Handler{
		Signer: signerOf, Now: time.Now, Upstream: address, Key: upstream, Region: "home", Transport: behind.Client().Transport,
		Regions: []string{"us-east-1"}, Domains: []string{"s3.example.com"}, Partition: "aws", Account: "123456789012",
		PlainBodies: true, Recorder: serve.Recorder{},
		Decide: func(_ context.Context, _ *authorization.Principal, r *iampolicy.Request) (iampolicy.Decision, error) {
			w.mu.Lock()
			w.asked = append(w.asked, r.Action+" "+r.Resource)
			w.mu.Unlock()
			return set.Decide(r), nil
		},
	}
	w.server = httptest.NewServer(w.Handler)
	t.Cleanup(w.server.Close)
	return w
}

func signerOf(_ context.Context, keyID, token string) (*authorization.Signer, error) {
	for _, k := range []sigv4.Key{alice, session, ended} {
		if k.ID == keyID && k.SessionToken == token {
			return &authorization.Signer{Secret: k.Secret, Principal: func(context.Context) (*authorization.Principal, error) {
				if k.ID == ended.ID {
					return nil, temporary.ErrExpired
				}
				return &authorization.Principal{Account: "123456789012", ARN: "arn:aws:iam::123456789012:user/alice"}, nil
			}}, nil
		}
	}
	return nil, authorization.ErrUnknownKey
}

// by signs now.
func by(k sigv4.Key) sigv4.Signer {
	return sigv4.Signer{Key: k, Call: sigv4.Call{Region: "us-east-1", Service: "s3", Now: time.Now()}}
}

// request is an unsigned request for a path, which is not encoded, with a query.
func (w *world) request(method, path, query string, header ...string) *http.Request {
	w.t.Helper()
	r, err := http.NewRequest(method, w.server.URL, http.NoBody)
	if err != nil {
		w.t.Fatal(err)
	}
	r.URL.Path, r.URL.RawQuery = path, query
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

// sign signs a request whose body is hashed.
func sign(r *http.Request, body string, k sigv4.Key) *http.Request {
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	if body == "" {
		r.Body = http.NoBody
	}
	query, _ := sigv4.ParseQuery(r.URL.RawQuery)
	sigv4.SignS3(r, query, hashOf(body), by(k))
	return r
}

func hashOf(body string) string { return fmt.Sprintf("%x", sumOf(body)) }

// presign signs a request for an hour in its query.
func presign(r *http.Request, headers string, k sigv4.Key) *http.Request {
	at := time.Now().UTC().Format("20060102T150405Z")
	query := r.URL.RawQuery
	if query != "" {
		query += "&"
	}
	query += "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" + url.QueryEscape(k.ID+"/"+at[:8]+"/us-east-1/s3/aws4_request") +
		"&X-Amz-Date=" + at + "&X-Amz-Expires=3600&X-Amz-SignedHeaders=" + url.QueryEscape(headers)
	if k.SessionToken != "" {
		query += "&X-Amz-Security-Token=" + url.QueryEscape(k.SessionToken)
	}
	list, _ := sigv4.ParseQuery(query)
	r.URL.RawPath = sigv4.EncodePath(r.URL.Path)
	canonical := r.Method + "\n" + r.URL.RawPath + "\n" + list.String() + "\n"
	for name := range strings.SplitSeq(headers, ";") {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.URL.Host
		}
		canonical += name + ":" + value + "\n"
	}
	canonical += "\n" + headers + "\nUNSIGNED-PAYLOAD"
	scope := sigv4.Scope{Date: at[:8], Region: "us-east-1", Service: "s3"}
	text := "AWS4-HMAC-SHA256\n" + at + "\n" + scope.String() + "\n" + hashOf(canonical)
	r.URL.RawQuery = list.String() + "&X-Amz-Signature=" + hmacOf(sigv4.SigningKey(k.Secret, scope), text)
	return r
}

// do sends a request as it is.
func (w *world) do(r *http.Request) (status int, body string, header http.Header) {
	w.t.Helper()
	answer, err := w.server.Client().Transport.RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer.StatusCode, string(text), answer.Header
}

// fails sends a request and wants it to be refused.
func (w *world) fails(what string, r *http.Request, status int, code string) string {
	w.t.Helper()
	got, body, header := w.do(r)
	var said upstreamError
	if err := xml.Unmarshal([]byte(body), &said); err != nil || got != status || said.Code != code {
		w.t.Errorf("%s: got %d, %s", what, got, body)
	}
	if id := header.Get("X-Amz-Request-Id"); id == "" || !strings.Contains(body, "<RequestId>"+id+"</RequestId>") {
		w.t.Errorf("%s: the answer has no id", what)
	}
	return body
}

// takeAsked is what policies were asked since it was called last, sorted.
func (w *world) takeAsked() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	asked := w.asked
	w.asked = nil
	slices.Sort(asked)
	return asked
}

// letters is endless content.
type letters struct{}

func (letters) Read(to []byte) (int, error) {
	copy(to, bytes.Repeat([]byte("a"), len(to)))
	return len(to), nil
}
