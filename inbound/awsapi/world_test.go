package awsapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cardea/engine/authorization"
	"cardea/platform/caller"
	"cardea/platform/serve"
	"cardea/spec/awsjson"
)

// The tests' service has one operation for each way that an operation can end.
type input struct {
	UserPoolID string `json:"UserPoolId,omitzero"`
	ClientID   string `json:"ClientId,omitzero"`
	Password   string `json:"Password,omitzero"`
}

type output struct {
	Text string        `json:"Text,omitzero"`
	At   *awsjson.Time `json:"At,omitzero"`
}

var (
	name     = awsjson.Shape{Name: "NameType", Kind: awsjson.String, Limits: awsjson.HasMax, Max: 64}
	password = awsjson.Shape{Name: "PasswordType", Kind: awsjson.String, Sensitive: true, Limits: awsjson.HasMin, Min: 6}
	request  = awsjson.Shape{Name: "Request", Kind: awsjson.Structure, Members: []awsjson.Member{
		{Name: "UserPoolId", Path: "userPoolId", Shape: &name},
		{Name: "ClientId", Path: "clientId", Shape: &name},
		{Name: "Password", Path: "password", Shape: &password},
	}}
)

var root = &authorization.Principal{Account: "123456789012", ARN: "arn:aws:iam::123456789012:root", UserID: "123456789012"}

// nobody has a key.
func nobody(context.Context, string, string) (*authorization.Signer, error) {
	return nil, authorization.ErrUnknownKey
}

// world is a handler with what it logged, observed and reported.
type world struct {
	*Handler
	log      bytes.Buffer
	caller   caller.Caller // of the last operation that ran
	observed []string
	unlisted []string
}

func newWorld() *world {
	w := &world{}
	w.Handler = &Handler{
		Verify: (&Trusting{Signer: nobody, Root: root}).Verify,
		Recorder: serve.Recorder{
			Log: slog.New(slog.NewJSONHandler(&w.log, nil)),
			Observe: func(service, operation, code string, took time.Duration) {
				w.observed = append(w.observed, strings.TrimPrefix(service+":"+operation+" "+code, ":"))
			},
		},
		Services: []Service{
			{Service: awsjson.Service{TargetPrefix: "Test", SigningName: "test", Operations: map[string]awsjson.Operation{}}},
			{Service: awsjson.Service{TargetPrefix: "Second", SigningName: "second", Operations: map[string]awsjson.Operation{}}},
			{Service: awsjson.Service{Version: "2011-06-15", Namespace: "urn:third", SigningName: "third", Operations: map[string]awsjson.Operation{}}},
		},
	}
	w.add("Echo", false, func(in *input) (*output, error) { return &output{Text: "<" + in.Password + ">"}, nil })
	w.add("Empty", false, func(*input) (*output, error) { return &output{}, nil })
	w.add("Admin", true, func(*input) (*output, error) { return &output{At: awsjson.At(time.UnixMilli(1500))}, nil })
	w.add("Refuse", false, func(*input) (*output, error) {
		return nil, awsjson.Refuse("CodeMismatchException", "Invalid code.\r\nX-Injected: ü")
	})
	w.add("Reason", false, func(*input) (*output, error) {
		return nil, &awsjson.Fault{Code: "InvalidParameterException", Message: "m", Reason: "why", Status: 400}
	})
	w.add("Unlisted", false, func(*input) (*output, error) { return nil, awsjson.Refuse("GroupExistsException", "no") })
	w.add("Fail", false, func(*input) (*output, error) { return nil, errors.New("the disk with the secrets is full") })
	w.add("Panic", false, func(*input) (*output, error) { panic("a bug") })
	w.Services[0].Operations["Command"] = awsjson.Operation{
		Name: "Command", Input: &request,
		Invoke: awsjson.Command(&request, func(context.Context, *input) error { return nil }),
	}
	w.Services[0].Operations["Unbuilt"] = awsjson.Operation{Name: "Unbuilt", Signed: true, Input: &request}
	return w
}

func (w *world) add(operation string, signed bool, run func(*input) (*output, error)) {
	w.addTo(0, operation, signed, run)
}

// addTo adds an operation to one of the services.
func (w *world) addTo(service int, operation string, signed bool, run func(*input) (*output, error)) {
	w.Services[service].Operations[operation] = awsjson.Operation{
		Name: operation, Signed: signed, Input: &request, Errors: []string{"CodeMismatchException"},
		Invoke: awsjson.Method(&request, func(ctx context.Context, in *input) (*output, error) {
			w.caller = caller.From(ctx)
			return run(in)
		}),
	}
}

const scope = "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-3/test/aws4_request, SignedHeaders=host, Signature=x"

// ask makes a request for an operation; change, unless nil, alters it before it is sent.
func (w *world) ask(operation, body string, change func(r *http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "Test."+operation)
	if change != nil {
		change(r)
	}
	recorder := httptest.NewRecorder()
	w.ServeHTTP(recorder, r)
	return recorder
}

// logged is the last line of the log.
func (w *world) logged(t *testing.T) map[string]any {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(w.log.String()), "\n")
	var line map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &line); err != nil {
		t.Fatalf("%v in %q", err, w.log.String())
	}
	return line
}

// refused fails the test unless the answer is a fault of the given status and code, in all three places.
func refused(t *testing.T, got *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	var body struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal(got.Body.Bytes(), &body); err != nil {
		t.Errorf("%v in %q", err, got.Body.String())
		return
	}
	if got.Code != status || body.Type != code || got.Header().Get("x-amzn-ErrorType") != code+":" || body.Message == "" {
		t.Errorf("got %d %s (%s): %s, want %d %s", got.Code, body.Type, got.Header().Get("x-amzn-ErrorType"), body.Message, status, code)
	}
	if got.Header().Get("Content-Type") != "application/x-amz-json-1.1" {
		t.Errorf("content type %q", got.Header().Get("Content-Type"))
	}
}
