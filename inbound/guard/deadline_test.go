package guard

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cardea/spec/sigv4"
)

// connection is a client's connection, which knows its deadlines.
type connection struct {
	*httptest.ResponseRecorder
	read, write time.Time
}

func (c *connection) SetReadDeadline(at time.Time) error {
	c.read = at
	return nil
}

func (c *connection) SetWriteDeadline(at time.Time) error {
	c.write = at
	return nil
}

// A deadline that stayed would look like a client that left, while the server of S3 thinks about its answer.
func TestTheEndOfABodyHasNoDeadline(t *testing.T) {
	t.Parallel()
	c := &connection{ResponseRecorder: httptest.NewRecorder()}
	body := &patient{strings.NewReader("content"), http.NewResponseController(c)}
	if _, err := body.Read(make([]byte, 1)); err != nil || c.read.IsZero() {
		t.Errorf("within the body: %v, deadline %v", err, c.read)
	}
	if _, err := io.ReadAll(body); err != nil || !c.read.IsZero() {
		t.Errorf("behind the body: %v, deadline %v", err, c.read)
	}
}

// Connections are used again: what they were given for an earlier answer does not hold for the next one.
func TestEveryAnswerHasItsOwnTime(t *testing.T) {
	t.Parallel()
	former := time.Now().Add(-time.Hour)
	for name, answer := range map[string]func(e *exchange) error{
		"a refusal":   func(e *exchange) error { e.refuse(invalidRequest("no")); return nil },
		"a preflight": (*exchange).preflight,
		"an answer": func(e *exchange) error {
			return e.relay(&operation{data: true}, &http.Response{StatusCode: http.StatusOK, Body: http.NoBody})
		},
	} {
		c := &connection{ResponseRecorder: httptest.NewRecorder(), write: former}
		r := httptest.NewRequest(http.MethodOptions, "/", nil)
		r.Header.Set("Access-Control-Request-Method", http.MethodGet)
		c.Header().Set("Access-Control-Allow-Origin", "*")
		e := &exchange{Handler: &Handler{Key: sigv4.Key{ID: "key"}}, in: r, w: c}
		if err := answer(e); err != nil || !c.write.After(time.Now()) {
			t.Errorf("%s: %v, deadline %v", name, err, c.write)
		}
	}
}
