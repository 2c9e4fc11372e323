package drills_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// relay is an SMTP server that never answers when it has got the first message.
type relay struct {
	port string

	mu   sync.Mutex
	got  int
	hung net.Conn // of the first message
}

func newRelay(t *testing.T) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	r := &relay{}
	if _, r.port, err = net.SplitHostPort(l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go r.serve(conn)
		}
	}()
	return r
}

// serve speaks as much SMTP as a client needs to hand over a message.
func (r *relay) serve(conn net.Conn) {
	defer conn.Close()
	say := func(text string) { fmt.Fprintf(conn, "%s\r\n", text) }
	say("220 relay")
	message := false
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		line := lines.Text()
		word, _, _ := strings.Cut(strings.ToUpper(line), " ")
		switch {
		case message && line != ".":
		case message:
			message = false
			if r.receive(conn) == 1 {
				continue // the client waits
			}
			say("250 taken")
		case word == "DATA":
			message = true
			say("354 go on")
		case word == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (r *relay) receive(conn net.Conn) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.got++; r.got == 1 {
		r.hung = conn
	}
	return r.got
}

// fail ends the connection of the first message without an answer.
func (r *relay) fail() {
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.hung.Close() // its client learns nothing else
}

// count is how often a message was received.
func (r *relay) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.got
}

// wait waits until n messages were received.
func (r *relay) wait(t *testing.T, n int) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if r.count() >= n {
			return
		}
	}
	t.Fatalf("the relay has got %d messages, want %d", r.count(), n)
}
