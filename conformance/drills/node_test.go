package drills_test

import (
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// patience is how long a drill waits for what ought to happen within seconds on a machine that has nothing else to do.
const patience = 20 * time.Second

var client = &http.Client{Timeout: patience}

// node is one cardea serve.
type node struct {
	*cluster
	t       *testing.T
	binary  string // another than the cluster's for drills with two versions
	port    string
	url     string
	environ []string
	logged  string // the file with all that it has written
	process *exec.Cmd
	ended   chan error // gets how the process has ended
}

// launch starts the process and waits for nothing.
func (n *node) launch() {
	n.t.Helper()
	log, err := os.OpenFile(n.logged, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		n.t.Fatal(err)
	}
	defer log.Close() // the process has its own handle
	n.process = exec.Command(n.binary, "serve")
	n.process.Env = append(append([]string(nil), n.cluster.environ...), n.environ...)
	n.process.Stdout, n.process.Stderr = log, log
	if err := n.process.Start(); err != nil {
		n.t.Fatal(err)
	}
	n.ended = make(chan error, 1)
	go func(p *exec.Cmd, ended chan<- error) { ended <- p.Wait() }(n.process, n.ended)
}

// readyz is what the node says of itself: 0 when it does not answer.
func (n *node) readyz() (status int, text string) {
	response, err := client.Get(n.url + "/readyz")
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body) // what has come is shown
	return response.StatusCode, strings.TrimSpace(string(body))
}

// ready waits until the node says that it is.
func (n *node) ready() {
	n.t.Helper()
	n.wait("ready", func() bool { status, _ := n.readyz(); return status == http.StatusOK })
}

// unready waits until the node answers that it is not ready, and returns its words.
func (n *node) unready() (text string) {
	n.t.Helper()
	n.wait("not ready", func() bool {
		status, said := n.readyz()
		text = said
		return status == http.StatusServiceUnavailable
	})
	return text
}

// wait waits for the node to be as it should; what is named when it does not become so.
func (n *node) wait(what string, reached func() bool) {
	n.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if reached() {
			return
		}
		select {
		case err := <-n.ended:
			n.ended <- err
			n.t.Fatalf("the node has ended (%v) and did not become %s", err, what)
		default:
		}
	}
	status, text := n.readyz()
	n.t.Fatalf("the node did not become %s: /readyz says %d %s", what, status, text)
}

// exit waits until the process has ended by itself.
func (n *node) exit() error {
	n.t.Helper()
	select {
	case err := <-n.ended:
		n.ended <- err
		return err
	case <-time.After(patience):
		n.t.Fatal("the node goes on")
		return nil
	}
}

// kill ends the process at once, if it runs.
func (n *node) kill() {
	if n.process == nil {
		return
	}
	_ = n.process.Process.Kill() // it may have ended
	n.ended <- <-n.ended
}

// stop ends the process as an operator does.
func (n *node) stop() {
	n.t.Helper()
	if err := n.process.Process.Signal(os.Interrupt); err != nil {
		n.t.Fatal(err)
	}
	if err := n.exit(); err != nil {
		n.t.Errorf("the node ended with %v", err)
	}
}

// log is all that the node has written.
func (n *node) log() string {
	text, _ := os.ReadFile(n.logged) // nothing before the first start
	return string(text)
}

// show shows the end of the log when the drill has failed.
func (n *node) show() {
	if text := n.log(); n.t.Failed() {
		n.t.Logf("the end of the log of %s:\n%s", n.url, text[max(0, len(text)-4000):])
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
