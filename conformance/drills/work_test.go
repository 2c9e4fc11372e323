package drills_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"
)

// work is sign-ups and revocations that go on while something happens to the nodes, and what was acknowledged of them.
type work struct {
	t      *testing.T
	nodes  []*node // take turns
	pool   string
	client string

	mu       sync.Mutex
	turn     int
	serial   int
	users    []string // acknowledged sign-ups
	sessions []string // refresh tokens that may be revoked
	revoked  []string // acknowledged revocations
	failures []error  // answers that were neither success nor refusal
}

// workers is how many goroutines work at once.
const workers = 4

// newWork makes a pool with a client for work on nodes that are ready.
func newWork(t *testing.T, nodes ...*node) *work {
	t.Helper()
	w := &work{t: t, nodes: nodes}
	w.pool = w.next().must("CreateUserPool", `{"PoolName":"drill"}`).pick("UserPool", "Id")
	w.client = w.next().must("CreateUserPoolClient", `{"UserPoolId":"`+w.pool+`","ClientName":"drill","ExplicitAuthFlows":["ALLOW_USER_PASSWORD_AUTH","ALLOW_REFRESH_TOKEN_AUTH"]}`).
		pick("UserPoolClient", "ClientId")
	return w
}

// on has other nodes take turns from now on.
func (w *work) on(nodes ...*node) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.nodes = nodes
}

// next is the node whose turn it is.
func (w *work) next() *node {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.nodes) == 0 { // the only one is being restarted
		w.mu.Unlock()
		time.Sleep(10 * time.Millisecond)
		w.mu.Lock()
	}
	w.turn++
	return w.nodes[w.turn%len(w.nodes)]
}

// prepare makes sessions for the coming work to revoke.
func (w *work) prepare() {
	w.t.Helper()
	if len(w.users) == 0 {
		w.signUp()
	}
	if len(w.users) == 0 {
		w.t.Fatalf("nobody could sign up: %v", errors.Join(w.failures...))
	}
	user := w.users[0]
	if w.sessions == nil {
		w.next().must("AdminConfirmSignUp", `{"UserPoolId":"`+w.pool+`","Username":"`+user+`"}`)
	}
	for range 40 {
		tokens := w.next().must("InitiateAuth", `{"ClientId":"`+w.client+`","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"`+user+`","PASSWORD":"Correct-horse-1"}}`)
		w.sessions = append(w.sessions, tokens.pick("AuthenticationResult", "RefreshToken"))
	}
}

// during works in several goroutines from before happen is called until it has returned.
func (w *work) during(happen func()) {
	stop := make(chan struct{})
	var wait sync.WaitGroup
	for i := range workers {
		wait.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if i%2 == 0 {
					w.signUp()
				} else {
					w.revoke()
				}
			}
		})
	}
	happen()
	close(stop)
	wait.Wait()
}

func (w *work) signUp() {
	w.mu.Lock()
	w.serial++
	name := fmt.Sprintf("user-%d", w.serial)
	w.mu.Unlock()
	_, err := w.next().call("SignUp", `{"ClientId":"`+w.client+`","Username":"`+name+`","Password":"Correct-horse-1"}`)
	w.note(&w.users, name, err)
}

// revoke revokes a session, unless few are left: check needs some.
func (w *work) revoke() {
	w.mu.Lock()
	if len(w.sessions) <= 5 {
		w.mu.Unlock()
		time.Sleep(time.Millisecond)
		return
	}
	token := w.sessions[0]
	w.sessions = w.sessions[1:]
	w.mu.Unlock()
	time.Sleep(20 * time.Millisecond) // so that some requests are still running when it happens
	_, err := w.next().call("RevokeToken", `{"ClientId":"`+w.client+`","Token":"`+token+`"}`)
	w.note(&w.revoked, token, err)
}

// note remembers what was acknowledged, or how it failed.
func (w *work) note(list *[]string, what string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err == nil:
		*list = append(*list, what)
	case !errors.Is(err, errRefused):
		w.failures = append(w.failures, err)
	}
}

// check fails the drill for each acknowledged sign-up and revocation that is lost.
func (w *work) check() {
	w.t.Helper()
	for _, name := range w.users {
		if _, err := w.next().call("AdminGetUser", `{"UserPoolId":"`+w.pool+`","Username":"`+name+`"}`); err != nil {
			w.t.Errorf("the acknowledged sign-up of %s is lost: %v", name, err)
		}
	}
	for _, token := range w.revoked {
		if _, err := w.refresh(token); !errors.Is(err, errRefused) {
			w.t.Errorf("a revoked token: got %v, want a refusal", err)
		}
	}
	for _, token := range w.sessions[max(0, len(w.sessions)-5):] {
		if _, err := w.refresh(token); err != nil {
			w.t.Errorf("a token that was not revoked: %v", err)
		}
	}
}

func (w *work) refresh(token string) (answer, error) {
	return w.next().call("InitiateAuth", `{"ClientId":"`+w.client+`","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"`+token+`"}}`)
}

// enough fails the drill if too little was acknowledged to show anything.
func (w *work) enough() {
	w.t.Helper()
	w.t.Logf("%d sign-ups and %d revocations were acknowledged; %d requests failed", len(w.users), len(w.revoked), len(w.failures))
	if len(w.users) < 10 || len(w.revoked) < 10 {
		w.t.Errorf("only %d sign-ups and %d revocations were acknowledged: the drill shows nothing", len(w.users), len(w.revoked))
	}
}
