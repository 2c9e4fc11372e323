package awsapi

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"cardea/spec/awsjson"
)

// listen serves the world on a socket.
func (w *world) listen(t *testing.T) *httptest.Server {
	t.Helper()
	w.Log, w.Observe = nil, nil // they are not safe for concurrent requests
	server := httptest.NewUnstartedServer(w)
	server.EnableHTTP2 = true
	t.Cleanup(server.Close)
	return server
}

// begin sends the head of a request and the first bytes of a body, and leaves the rest open.
func begin(t *testing.T, server *httptest.Server, operation string, length, sent int) net.Conn {
	t.Helper()
	connection, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	body := `{"Unknown":"` + strings.Repeat("x", sent)
	_, err = fmt.Fprintf(connection, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n"+
		"Content-Type: application/x-amz-json-1.1\r\nX-Amz-Target: Test.%s\r\n\r\n%s", length, operation, body[:sent])
	if err != nil {
		t.Logf("the server did not read everything: %v", err)
	}
	return connection
}

// The test is not parallel, since it measures memory.
func TestUnfinishedBodiesTakeBoundedMemory(t *testing.T) {
	const clients, length, total = 200, 256 << 10, 2 << 20
	w := newWorld()
	w.Limits = Limits{Total: total, Wait: time.Minute}
	server := w.listen(t)
	server.Start()

	before := heap()
	var connections []net.Conn
	for range clients {
		connections = append(connections, begin(t, server, "Echo", length, length-100))
	}
	refused, waiting := 0, connections
	for end := time.Now().Add(10 * time.Second); refused < clients-2*total/length && time.Now().Before(end); { // until the server has read as much as it will
		var unanswered []net.Conn
		for _, connection := range waiting {
			if status(t, connection, 20*time.Millisecond) == http.StatusBadRequest {
				refused++
				continue
			}
			unanswered = append(unanswered, connection)
		}
		waiting = unanswered
	}
	held := heap() - before

	if used := w.used(); used > total || refused < clients-2*total/length || refused == clients {
		t.Errorf("%d of %d bodies were refused, %d bytes are held; at most %d may be", refused, clients, used, total)
	}
	if limit := int64(2*total + clients*(free+32<<10)); held > limit { // connections take memory, too
		t.Errorf("%d unfinished requests hold %d bytes, at most %d are expected", clients, held, limit)
	}
	if got := w.ask("Echo", `{"Password":"correct horse"}`, nil); got.Code != http.StatusOK {
		t.Errorf("a small request is refused meanwhile: %d %s", got.Code, got.Body)
	}
	for _, connection := range connections {
		_ = connection.Close()
	}
	w.idle(t)
	if got := w.ask("Echo", `{"Unknown":"`+strings.Repeat("x", 250<<10)+`"}`, nil); got.Code != http.StatusOK {
		t.Errorf("a large request is refused later: %d %s", got.Code, got.Body)
	}
}

// heap is how many bytes are in use.
func heap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc + stats.StackInuse)
}

// status is that of the answer, or 0 if there is none within some time.
func status(t *testing.T, connection net.Conn, within time.Duration) int {
	t.Helper()
	_ = connection.SetReadDeadline(time.Now().Add(within)) // the connection is open
	answer, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		return 0
	}
	_ = answer.Body.Close() // it is of no interest
	return answer.StatusCode
}

// used is how many bytes of bodies are held.
func (w *world) used() int64 {
	w.bodies.mu.Lock()
	defer w.bodies.mu.Unlock()
	return w.bodies.used
}

// idle waits until no body is held.
func (w *world) idle(t *testing.T) {
	t.Helper()
	for range 200 {
		if w.used() == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("bodies are held although no request is under way")
}

func TestMemoryOfABodyIsReleased(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.Limits = Limits{Total: 300 << 10}
	large := `{"Unknown":"` + strings.Repeat("x", 200<<10) + `"}`
	for range 10 {
		for _, operation := range []string{"Echo", "Refuse", "Panic", "Nothing", "Admin"} {
			w.ask(operation, large, nil)
		}
		w.post("Action=Echo"+version+"&x="+large, nil)
	}
	w.idle(t)

	w.Limits.Total = 100 << 10
	refused(t, w.ask("Echo", large, nil), 400, "TooManyRequestsException")
	w.idle(t)
}

func TestSlowBodiesAreCutOff(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.Limits = Limits{Wait: 100 * time.Millisecond}
	server := w.listen(t)
	server.StartTLS()

	for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
		client := server.Client()
		if protocol == "HTTP/1.1" {
			transport := client.Transport.(*http.Transport).Clone()
			transport.ForceAttemptHTTP2, transport.TLSClientConfig.NextProtos = false, []string{"http/1.1"}
			client = &http.Client{Transport: transport}
		}
		body, feed := io.Pipe()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", jsonType)
		r.Header.Set("X-Amz-Target", "Test.Echo")
		var group sync.WaitGroup
		group.Go(func() { _, _ = feed.Write([]byte(`{"Unknown":`)) }) // until the body is closed
		answer, err := client.Do(r)
		_ = body.Close() // ends the writer
		group.Wait()
		if err != nil {
			t.Errorf("%s: %v", protocol, err)
			continue
		}
		_ = answer.Body.Close() // it is of no interest
		if answer.Proto != protocol || answer.StatusCode != http.StatusRequestTimeout {
			t.Errorf("%s: got %s %d, want 408", protocol, answer.Proto, answer.StatusCode)
		}
	}
}

// The time limit of a body ends with it: an operation that takes longer is not mistaken for one whose client left.
func TestOperationsMayTakeLongerThanBodies(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.Limits = Limits{Wait: time.Second}
	server := w.listen(t)
	op := w.Services[0].Operations["Command"]
	op.Invoke = func(ctx context.Context, _ awsjson.Node) (any, error) {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(1500 * time.Millisecond):
			return &output{Text: "done"}, nil
		}
	}
	w.Services[0].Operations["Command"] = op
	server.Start()
	connection := begin(t, server, "Command", 0, 0)
	if got := status(t, connection, 5*time.Second); got != http.StatusOK {
		t.Errorf("without a body: got %d", got)
	}
	connection = begin(t, server, "Command", 14, 12)
	if _, err := connection.Write([]byte(`"}`)); err != nil {
		t.Fatal(err)
	}
	if got := status(t, connection, 5*time.Second); got != http.StatusOK {
		t.Errorf("with a body: got %d", got)
	}
}
