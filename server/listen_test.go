package server

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"cardea/platform/db/dbtest"
)

// running is a server on a socket.
type running struct {
	url  string
	slow <-chan struct{} // a request for /slow has come
	stop func()          // what SIGTERM does
	done <-chan error    // what Run returns
}

// runServer starts a server whose path /slow answers once release is closed.
func runServer(t *testing.T, delay time.Duration, release <-chan struct{}) running {
	t.Helper()
	srv, err := New(t.Context(), Config{
		Dev: true, Addr: "127.0.0.1:0", PublicURL: "http://localhost", Region: "us-east-1", Account: "123456789012",
		Database: dbtest.SQLite(t), MasterKeys: [][]byte{bytes.Repeat([]byte{7}, 32)}, ShutdownDelay: delay,
		Test: Test{FastDatabase: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	next, slow := srv.Handler, make(chan struct{}, 1)
	srv.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			slow <- struct{}{}
			<-release
			_, _ = io.WriteString(w, "done")
			return
		}
		next.ServeHTTP(w, r)
	})
	if err := srv.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		err := srv.Run(ctx)
		if closed := srv.Close(); err == nil {
			err = closed
		}
		done <- err
	}()
	return running{"http://" + srv.Addr().String(), slow, stop, done}
}

// get fetches a page and returns its status and body.
func (r running) get(path string) (string, error) {
	response, err := http.Get(r.url + path)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return fmt.Sprint(response.StatusCode, " ", strings.TrimSpace(string(body))), err
}

// await asks until what is expected holds.
func (r running) await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for began := time.Now(); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > 10*time.Second {
			t.Fatalf("not within ten seconds: %s", what)
		}
	}
}

func TestStoppingEndsTheInboxsEvents(t *testing.T) {
	t.Parallel()
	r := runServer(t, 0, nil)
	answer, err := http.Get(r.url + "/_cardea/inbox/events")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	start := time.Now()
	r.stop()
	if err := <-r.done; err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("a page that listens delayed the stop by %v", took)
	}
}

func TestStoppingTurnsReadyFirstAndLetsRequestsFinish(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	r := runServer(t, 3*time.Second, release)
	if got, err := r.get("/readyz"); got != "200 ok" {
		t.Fatalf("before: got %q, %v", got, err)
	}
	slow := make(chan string, 1)
	go func() {
		got, _ := r.get("/slow")
		slow <- got
	}()
	<-r.slow

	r.stop()
	r.await(t, "stopping", func() bool {
		got, _ := r.get("/readyz")
		return got == "503 stopping"
	})
	if got, err := r.get("/livez"); got != "200 ok" {
		t.Errorf("stopping: got %q, %v, want requests answered still", got, err)
	}
	r.await(t, "after the delay: no answer", func() bool {
		_, err := r.get("/livez")
		return err != nil
	})
	close(release)
	if got := <-slow; got != "200 done" {
		t.Errorf("the request under way: got %q, want it finished", got)
	}
	if err := <-r.done; err != nil {
		t.Errorf("Run: %v", err)
	}
}

func TestStoppingTakesLessThanTenSecondsWhateverHangs(t *testing.T) {
	t.Parallel()
	r := runServer(t, 0, nil) // /slow never answers
	go func() { _, _ = r.get("/slow") }()
	half, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer half.Close()
	_, _ = io.WriteString(half, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf")
	time.Sleep(200 * time.Millisecond)

	began := time.Now()
	r.stop()
	if err := <-r.done; err != nil {
		t.Errorf("Run: %v", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("stopping took %s", took)
	}
}

func TestBusyAddressIsAnError(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	srv := &Server{config: Config{Addr: taken.Addr().String()}}
	srv.config.Log = srv.config.log()
	if err := srv.Listen(); err == nil {
		t.Error("got no error")
	}
}

func TestHeadersHaveALimit(t *testing.T) {
	t.Parallel()
	r := runServer(t, 0, nil)
	for size, want := range map[int]int{1 << 10: http.StatusOK, 2 * maxHeaderBytes: http.StatusRequestHeaderFieldsTooLarge} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+"/livez", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Padding", strings.Repeat("x", size))
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("a header of %d bytes: got %d, want %d", size, response.StatusCode, want)
		}
	}
	r.stop()
	if err := <-r.done; err != nil {
		t.Error(err)
	}
}
