package inbox_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cardea/engine/message"
	"cardea/inbound/inbox"
	"cardea/server/servertest"
)

const eventsPath = inbox.PagePath + "/events"

// stream opens a stream of events and gives its lines.
func stream(t *testing.T, url string) <-chan string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+eventsPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	if got := answer.Header.Get("Content-Type"); answer.StatusCode != http.StatusOK || got != "text/event-stream" {
		t.Fatalf("got %d %s", answer.StatusCode, got)
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(answer.Body); scanner.Scan(); {
			if text := scanner.Text(); text != "" {
				lines <- text
			}
		}
	}()
	return lines
}

// next is the next line of a stream; empty if it has ended.
func next(t *testing.T, lines <-chan string) string {
	t.Helper()
	select {
	case line := <-lines:
		return line
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came")
		return ""
	}
}

func TestEventsTellOfArrivals(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		client := w.Client(t, w.Pool(t, M{"AutoVerifiedAttributes": []string{"email"}}), nil)
		stopped := make(chan struct{})
		s := httptest.NewUnstartedServer(routes(&inbox.Handler{Outbox: w.Server.Outbox, Stopped: stopped}))
		s.Config.ReadTimeout, s.Config.WriteTimeout = 200*time.Millisecond, 200*time.Millisecond
		s.Start()
		defer s.Close()
		first, second := stream(t, s.URL), stream(t, s.URL)
		for _, lines := range []<-chan string{first, second} {
			if got := next(t, lines) + next(t, lines); got != "retry: 1000data: changed" {
				t.Errorf("at first: got %s", got)
			}
		}
		time.Sleep(400 * time.Millisecond) // longer than the server's own limits on requests
		w.Must(t, "SignUp", M{
			"ClientId": client, "Username": "ann", "Password": servertest.Password,
			"UserAttributes": servertest.Attributes("email", "ann@example.org"),
		})
		for _, lines := range []<-chan string{first, second} {
			if got := next(t, lines); got != "data: changed" {
				t.Errorf("after a message: got %q", got)
			}
		}
		close(stopped)
		for _, lines := range []<-chan string{first, second} {
			if got := next(t, lines); got != "" {
				t.Errorf("after the server stopped: got %q", got)
			}
		}
	})
}

func TestStreamsEndByThemselves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := routes(&inbox.Handler{Outbox: &message.Outbox{}})
		start := time.Now()
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, eventsPath, nil))
		if got := time.Since(start); got != 10*time.Minute {
			t.Errorf("ended after %v", got)
		}
		if got := strings.Count(answer.Body.String(), ": ping"); got < 38 {
			t.Errorf("got %d pings", got)
		}
	})
}

func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := routes(&inbox.Handler{Outbox: &message.Outbox{}})
		open := func(ctx context.Context) *httptest.ResponseRecorder {
			answer := httptest.NewRecorder()
			h.ServeHTTP(answer, httptest.NewRequestWithContext(ctx, http.MethodGet, eventsPath, nil))
			return answer
		}
		ctx, leave := context.WithCancel(t.Context())
		for range 32 {
			go open(ctx)
		}
		synctest.Wait()
		if got := open(t.Context()); got.Code != http.StatusServiceUnavailable || got.Header().Get("Retry-After") == "" {
			t.Errorf("one too many: got %d", got.Code)
		}
		leave()
		synctest.Wait()
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if got := open(gone); got.Code != http.StatusOK {
			t.Errorf("after they left: got %d", got.Code)
		}
	})
}

func TestOtherPagesCannotListen(t *testing.T) {
	t.Parallel()
	for _, site := range []string{"cross-site", "same-site", "none"} {
		r := httptest.NewRequest(http.MethodGet, eventsPath, nil)
		r.Header.Set("Sec-Fetch-Site", site)
		answer := httptest.NewRecorder()
		routes(&inbox.Handler{Outbox: &message.Outbox{}}).ServeHTTP(answer, r)
		if answer.Code != http.StatusForbidden {
			t.Errorf("%s: got %d", site, answer.Code)
		}
	}
}
