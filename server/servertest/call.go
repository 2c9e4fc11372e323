package servertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"cardea/spec/awsjson"
	"cardea/spec/sigv4"
)

// M is a JSON object: a request or an answer.
type M = map[string]any

// Call calls an operation as a client does. If the answer is an error, Call returns it as an *awsjson.Fault.
func (w *World) Call(operation string, in M) (M, error) {
	r, err := w.request(operation, in)
	if err != nil {
		return nil, err
	}
	if w.address != "" {
		r.RemoteAddr = w.address + ":1234"
	}
	if w.agent != "" {
		r.Header.Set("User-Agent", w.agent)
	}
	if w.client != "" {
		r.Header.Set("X-Forwarded-For", w.client)
		r.Header.Set("X-Forwarded-Proto", "https")
	}
	if err := w.sign(r); err != nil {
		return nil, err
	}
	answer := httptest.NewRecorder()
	w.Server.Handler.ServeHTTP(answer, w.counted(r))
	if w.service.version != "" {
		return w.readXML(operation, answer)
	}
	return w.read(operation, answer)
}

// request is a request in the protocol of the service.
func (w *World) request(operation string, in M) (*http.Request, error) {
	if w.service.version != "" {
		return w.query(operation, in), nil
	}
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	if in == nil {
		body = []byte("{}")
	}
	r := httptest.NewRequest(http.MethodPost, w.URL+"/", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", w.service.target+"."+operation)
	return r, nil
}

// sign signs with the key of As, or else adds a signature in form only, which a development server does not check.
func (w *World) sign(r *http.Request) error {
	if w.key.ID != "" {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		sigv4.Sign(r, body, w.key, sigv4.Call{Region: w.Region, Service: w.service.name, Now: w.Now()})
		r.Body = io.NopCloser(bytes.NewReader(body))
		return nil
	}
	at := w.Now().UTC().Format("20060102T150405Z")
	r.Header.Set("X-Amz-Date", at)
	r.Header.Set("Authorization", fmt.Sprintf(
		"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/%s/%s/%s/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=%064x",
		at[:8], w.Region, w.service.name, 0))
	return nil
}

func (w *World) read(operation string, answer *httptest.ResponseRecorder) (M, error) {
	body := answer.Body.Bytes()
	if answer.Code != http.StatusOK {
		var fault struct {
			Type    string `json:"__type"`
			Message string `json:"message"`
			Reason  string `json:"reasonCode"`
		}
		if err := json.Unmarshal(body, &fault); err != nil {
			return nil, fmt.Errorf("%s answered %d with %q", operation, answer.Code, body)
		}
		if answer.Code >= 500 {
			w.t.Errorf("%s: %s; the log has the cause", operation, fault.Type)
		}
		return nil, &awsjson.Fault{Code: fault.Type, Message: fault.Message, Reason: fault.Reason, Status: answer.Code}
	}
	if len(body) == 0 {
		return nil, nil
	}
	var out M
	if err := json.Unmarshal(body, &out); err != nil {
		return nil, fmt.Errorf("%s answered with %q", operation, body)
	}
	return out, nil
}

// Must calls an operation that must succeed. An operation that answers without a body gives nil.
func (w *World) Must(t testing.TB, operation string, in M) M {
	t.Helper()
	out, err := w.Call(operation, in)
	if err != nil {
		t.Fatalf("%s: %v", operation, err)
	}
	return out
}

// Fails calls an operation that must fail with the code and, unless it is empty, the message given.
func (w *World) Fails(t testing.TB, operation string, in M, code, message string) {
	t.Helper()
	out, err := w.Call(operation, in)
	if err == nil {
		t.Fatalf("%s succeeded: %v; want %s", operation, out, code)
	}
	fault, ok := err.(*awsjson.Fault)
	if !ok || fault.Code != code || (message != "" && fault.Message != message) {
		t.Errorf("%s failed with\n  %v; want\n  %s: %s", operation, err, code, message)
	}
}

// Get fetches a page and returns its status and body.
func (w *World) Get(t testing.TB, path string) (int, string) {
	t.Helper()
	answer := httptest.NewRecorder()
	w.Server.Handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, w.URL+path, nil))
	return answer.Code, answer.Body.String()
}

// At is the value at a path such as "UserPool.Policies.PasswordPolicy" or "Users.0.Username", or nil.
func At(m M, path string) any {
	var value any = m
	for step := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case M:
			value = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

// Text is the string at a path, or the empty one.
func Text(m M, path string) string {
	text, _ := At(m, path).(string)
	return text
}

// With is m with the members of changes over it; a nil value takes a member away.
func With(m M, changes M) M {
	out := maps.Clone(m)
	if out == nil {
		out = M{}
	}
	for name, value := range changes {
		if value == nil {
			delete(out, name)
			continue
		}
		out[name] = value
	}
	return out
}

// Attributes writes attributes as operations take them.
func Attributes(pairs ...string) []M {
	list := make([]M, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		list = append(list, M{"Name": pairs[i], "Value": pairs[i+1]})
	}
	return list
}
