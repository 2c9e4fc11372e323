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
func stream(t *testing.T, s *httptest.Server) <-chan string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+eventsPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := s.Client().Do(r)
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

// listening is a server whose limits on requests are shorter than a stream lasts.
func listening(t *testing.T, h *inbox.Handler, http2 bool) *httptest.Server {
	s := httptest.NewUnstartedServer(routes(h))
	s.Config.ReadTimeout, s.Config.WriteTimeout = time.Second, time.Second
	s.EnableHTTP2 = http2
	if http2 {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

func TestEventsTellOfArrivals(t *testing.T) {
	t.Parallel()
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			servertest.Each(t, func(t *testing.T, w *servertest.World) {
				stopped := make(chan struct{})
				s := listening(t, &inbox.Handler{Outbox: w.Server.Outbox, Stopped: stopped}, http2)
				streams := []<-chan string{stream(t, s), stream(t, s)}
				for _, lines := range streams {
					if got := next(t, lines) + next(t, lines); got != "retry: 1000data: changed" {
						t.Errorf("at first: got %s", got)
					}
				}
				time.Sleep(1500 * time.Millisecond) // longer than the server's own limits on requests
				signUps(t, w)
				for _, lines := range streams {
					if got := next(t, lines); got != "data: changed" {
						t.Errorf("after a message: got %q", got)
					}
				}
				close(stopped)
				for _, lines := range streams {
					for range lines { // until it ends
					}
				}
			})
		})
	}
}

// lasting is a writer whose deadline for writing is looked at while nothing is written.
type lasting struct {
	*httptest.ResponseRecorder
	deadline time.Time
}

func (l *lasting) SetWriteDeadline(deadline time.Time) error {
	l.deadline = deadline
	return nil
}

func TestQuietStreamsHaveNoDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		w := &lasting{ResponseRecorder: httptest.NewRecorder(), deadline: time.Now()}
		go routes(&inbox.Handler{Outbox: &message.Outbox{}}).ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, eventsPath, nil))
		synctest.Wait()
		if !w.deadline.IsZero() {
			t.Errorf("got %v", w.deadline)
		}
		leave()
		synctest.Wait()
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
