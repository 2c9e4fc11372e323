package awsapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"cardea/spec/awsjson"
)

// recorder is a handler with an operation that records each request and its password, as a feature may.
func recorder() (*Handler, *sync.Map) {
	asked := new(sync.Map)
	handler := newWorld().Handler
	handler.Log, handler.Observe = nil, nil
	handler.Services[0].Operations["Keep"] = awsjson.Operation{
		Name: "Keep", Input: &request,
		Invoke: awsjson.Method(&request, func(_ context.Context, in *input) (*output, error) {
			asked.Store(in, strings.Clone(in.Password))
			return &output{Text: in.Password}, nil
		}),
	}
	return handler, asked
}

// callKeep calls that operation with a password.
func callKeep(handler *Handler, w http.ResponseWriter, password string) {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"Password":"`+password+`"}`))
	r.Header.Set("Content-Type", jsonType)
	r.Header.Set("X-Amz-Target", "Test.Keep")
	handler.ServeHTTP(w, r)
}

func TestRequestsKeepTheirBodiesApart(t *testing.T) {
	t.Parallel()
	handler, asked := recorder()
	var group sync.WaitGroup
	for i := range 100 {
		group.Go(func() {
			password := fmt.Sprintf("password %d%s", i, strings.Repeat("x", i*i%1000))
			got := httptest.NewRecorder()
			callKeep(handler, got, password)
			if want := `{"Text":"` + password + `"}`; got.Body.String() != want {
				t.Errorf("got %s, want %s", got.Body, want)
			}
		})
	}
	group.Wait()
	asked.Range(func(in, password any) bool {
		if got := in.(*input).Password; got != password {
			t.Errorf("the recorded password became %q, was %q", got, password)
		}
		return true
	})
}

// gone is the connection of a client that has left; it keeps the answer, as the HTTP/2 server may.
type gone struct {
	discard
	held []byte
}

func (g *gone) Write(text []byte) (int, error) {
	g.held = text
	return 0, errors.New("stream closed")
}

func TestAnswersThatWereNotSentAreLeftAlone(t *testing.T) {
	t.Parallel()
	handler, _ := recorder()
	for range 100 {
		g := &gone{discard: discard{}}
		callKeep(handler, g, "the first password")
		callKeep(handler, httptest.NewRecorder(), "another password")
		if want := `{"Text":"the first password"}`; string(g.held) != want {
			t.Fatalf("the answer became %q", g.held)
		}
	}
}

// The test is not parallel: another test could take the buffer from the pool.
func TestBuffersAreWipedAndBounded(t *testing.T) {
	b := new(bytes.Buffer)
	b.WriteString("a password")
	held := b.Bytes()
	putBuffer(b)
	if strings.Trim(string(held), "\x00") != "" || b.Len() != 0 {
		t.Errorf("a buffer was given back with %q and %d bytes", held, b.Len())
	}

	large := bytes.NewBuffer(make([]byte, keep+1))
	putBuffer(large)
	if large.Len() == 0 {
		t.Error("a large buffer was kept")
	}
}
