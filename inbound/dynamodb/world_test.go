package dynamodb

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/crc32"
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

const (
	tables     = "arn:aws:dynamodb:us-east-1:123456789012:table/"
	everything = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*"}}`
	// own lets somebody use the items whose partition key is alice.
	own = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"` + tables + `*",
		"Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["alice","7"]}}}}`
)

// described is what the server says of every table.
const described = `{"Table":{"TableName":"notes","KeySchema":[{"AttributeName":"sk","KeyType":"RANGE"},{"AttributeName":"pk","KeyType":"HASH"}],
	"LocalSecondaryIndexes":[{"IndexName":"local","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}]}],
	"GlobalSecondaryIndexes":[{"IndexName":"byMail","KeySchema":[{"AttributeName":"mail","KeyType":"HASH"}]},
		{"IndexName":"several","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"mail","KeyType":"HASH"}]}]}}`

// world is a guard before a small server of DynamoDB, which verifies what it gets.
type world struct {
	*Handler
	t      *testing.T
	server *httptest.Server

	mu        sync.Mutex
	asked     []string // "action resource", as policies were asked
	got       []string // "operation body", as the server got it, without DescribeTable
	described int
	answer    http.HandlerFunc // in place of {}
}

func newWorld(t *testing.T, policy string) *world {
	t.Helper()
	w := &world{t: t}
	behind := httptest.NewServer(http.HandlerFunc(w.serveUpstream))
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
		Signer: signerOf, Now: time.Now, Upstream: address, Key: upstream, UpstreamRegion: "home", Transport: behind.Client().Transport,
		Partition: "aws", Region: "us-east-1", Account: "123456789012", Origins: []string{"https://app.example.com"},
		Weigh: func(_ context.Context, _ *authorization.Principal, r *iampolicy.Request) (iampolicy.Decision, []string, error) {
			w.mu.Lock()
			w.asked = append(w.asked, r.Action+" "+r.Resource)
			w.mu.Unlock()
			e := set.Explain(r)
			missing := make([]string, 0, len(e.Missing))
			for _, name := range e.Missing {
				missing = append(missing, strings.ToLower(name))
			}
			return e.Decision, missing, nil
		},
	}
	w.server = httptest.NewServer(w.Handler)
	t.Cleanup(w.server.Close)
	return w
}

func (w *world) serveUpstream(to http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.t.Errorf("upstream: %v", err)
	}
	signature, err := sigv4.Parse(r)
	if err == nil {
		err = signature.Verify(r, body, sigv4.Check{Service: "dynamodb", Secret: upstream.Secret, Now: time.Now()})
	}
	if err != nil || signature.AccessKeyID != upstream.ID || signature.Region != "home" || r.Header.Get("X-Amz-Security-Token") != "" {
		w.t.Errorf("upstream: %v, %v", signature, err)
	}
	operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), prefix)
	w.mu.Lock()
	defer w.mu.Unlock()
	text := []byte("{}")
	if operation == "DescribeTable" {
		w.described++
		text = []byte(described)
	} else {
		w.got = append(w.got, operation+" "+string(body))
		if w.answer != nil {
			w.answer(to, r)
			return
		}
	}
	to.Header().Set("X-Amz-Crc32", fmt.Sprint(crc32.ChecksumIEEE(text)))
	to.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_, _ = to.Write(text)
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

// request is an unsigned request.
func (w *world) request(operation, body string, header ...string) *http.Request {
	w.t.Helper()
	r, err := http.NewRequest(http.MethodPost, w.server.URL+"/", strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", prefix+operation)
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func sign(r *http.Request, body string, key sigv4.Key) *http.Request {
	sigv4.Sign(r, []byte(body), key, sigv4.Call{Region: "us-east-1", Service: "dynamodb", Now: time.Now()})
	return r
}

// call is a signed request and its answer: the code of an error, or "".
func (w *world) call(operation, body string) (code, text string) {
	w.t.Helper()
	return w.do(sign(w.request(operation, body), body, session))
}

func (w *world) do(r *http.Request) (code, text string) {
	w.t.Helper()
	answer, err := w.server.Client().Transport.RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if answer.Header.Get("X-Amzn-Requestid") == "" || answer.Header.Get("X-Amz-Crc32") != fmt.Sprint(crc32.ChecksumIEEE(body)) {
		w.t.Errorf("got %v", answer.Header)
	}
	if answer.StatusCode == http.StatusOK {
		return "", string(body)
	}
	var said struct {
		Type    string `json:"__type"`
		Message string
	}
	if err := json.Unmarshal(body, &said); err != nil || said.Message == "" {
		w.t.Errorf("got %d, %s", answer.StatusCode, body)
	}
	return said.Type[strings.LastIndex(said.Type, "#")+1:], said.Message
}

// takeAsked is what policies were asked since it was called last, sorted, each once.
func (w *world) takeAsked() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	asked := w.asked
	w.asked = nil
	slices.Sort(asked)
	return slices.Compact(asked)
}

// takeGot is what the server got since it was called last.
func (w *world) takeGot() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	got := w.got
	w.got = nil
	return got
}
