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

// keeper is a handler of one operation that remembers what it was asked, as features may.
func keeper() (*Handler, *sync.Map) {
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

// say asks it with a password.
func say(handler *Handler, w http.ResponseWriter, password string) {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"Password":"`+password+`"}`))
	r.Header.Set("Content-Type", jsonType)
	r.Header.Set("X-Amz-Target", "Test.Keep")
	handler.ServeHTTP(w, r)
}

func TestRequestsKeepTheirBodiesApart(t *testing.T) {
	t.Parallel()
	handler, asked := keeper()
	var group sync.WaitGroup
	for i := range 100 {
		group.Go(func() {
			password := fmt.Sprintf("password %d%s", i, strings.Repeat("x", i*i%1000))
			got := httptest.NewRecorder()
			say(handler, got, password)
			if want := `{"Text":"` + password + `"}`; got.Body.String() != want {
				t.Errorf("got %s, want %s", got.Body, want)
			}
		})
	}
	group.Wait()
	asked.Range(func(in, password any) bool {
		if got := in.(*input).Password; got != password {
			t.Errorf("what was asked became %q, was %q", got, password)
		}
		return true
	})
}

// gone is a client that left, and a server that still holds what it would have been sent.
type gone struct {
	nowhere
	held []byte
}

func (g *gone) Write(text []byte) (int, error) {
	g.held = text
	return 0, errors.New("stream closed")
}

func TestAnswersThatWereNotSentAreLeftAlone(t *testing.T) {
	t.Parallel()
	handler, _ := keeper()
	for range 100 {
		g := &gone{nowhere: nowhere{}}
		say(handler, g, "the first password")
		say(handler, httptest.NewRecorder(), "another password")
		if want := `{"Text":"the first password"}`; string(g.held) != want {
			t.Fatalf("the answer became %q", g.held)
		}
	}
}

// It runs beside no other test, which could borrow the buffer.
func TestBuffersAreWipedAndBounded(t *testing.T) {
	b := new(bytes.Buffer)
	b.WriteString("a password")
	held := b.Bytes()
	giveBack(b)
	if strings.Trim(string(held), "\x00") != "" || b.Len() != 0 {
		t.Errorf("a buffer was given back with %q and %d bytes", held, b.Len())
	}

	large := bytes.NewBuffer(make([]byte, keep+1))
	giveBack(large)
	if large.Len() == 0 {
		t.Error("a large buffer was kept")
	}
}
