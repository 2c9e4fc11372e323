package drills_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"cardea/platform/db/dbtest"
)

// TestWhatWorksOnceWorksOnceWhenANodeFails ends or suspends a node in the middle of requests with one-time values, between the first step
// of sign-ins and the second, and sends the same to another node.
func TestWhatWorksOnceWorksOnceWhenANodeFails(t *testing.T) {
	t.Parallel()
	t.Run("killed", func(t *testing.T) {
		t.Parallel()
		dbtest.EachEmpty(t, func(t *testing.T, url string) {
			c := newCluster(t, url)
			one := c.start()
			if strings.HasPrefix(url, "sqlite:") {
				newOnce(t, one).race(one, func() *node { one.kill(); one.launch(); one.ready(); return one }, func() {})
				return
			}
			two := c.start()
			newOnce(t, one).race(one, func() *node { one.kill(); return two }, func() { one.launch(); one.ready() })
		})
	})
	t.Run("suspended", func(t *testing.T) {
		t.Parallel()
		c := newCluster(t, dbtest.EmptyPostgres(t))
		one, two := c.start(), c.start()
		newOnce(t, one).race(one, func() *node { one.suspend(); return two }, func() { one.resume(); one.ready() })
	})
}

// once is requests that succeed once each.
type once struct {
	t        *testing.T
	requests []onceRequest

	mu        sync.Mutex
	succeeded map[int]int // how often each request has succeeded
}

type onceRequest struct{ operation, body string }

const (
	onceTokens   = 100 // refresh tokens that are replaced when they are used
	onceSessions = 50  // sign-ins that wait for a new password
	onceAtOnce   = 30  // requests that a node is sent at once; those that it has begun when it fails have used their value up
)

func newOnce(t *testing.T, n *node) *once {
	t.Helper()
	o := &once{t: t, succeeded: map[int]int{}}
	pool := n.must("CreateUserPool", `{"PoolName":"once"}`).pick("UserPool", "Id")
	client := n.must("CreateUserPoolClient", `{"UserPoolId":"`+pool+`","ClientName":"once","ExplicitAuthFlows":["ALLOW_USER_PASSWORD_AUTH"],
		"RefreshTokenRotation":{"Feature":"ENABLED","RetryGracePeriodSeconds":0}}`).pick("UserPoolClient", "ClientId")
	signIn := func(user string) answer {
		return n.must("InitiateAuth", `{"ClientId":"`+client+`","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"`+user+`","PASSWORD":"Correct-horse-1"}}`)
	}
	create := func(user string) {
		n.must("AdminCreateUser", `{"UserPoolId":"`+pool+`","Username":"`+user+`","TemporaryPassword":"Correct-horse-1"}`)
	}
	for i := range onceSessions {
		user := fmt.Sprintf("new-%d", i)
		create(user)
		o.requests = append(o.requests, onceRequest{"RespondToAuthChallenge", `{"ClientId":"` + client + `","ChallengeName":"NEW_PASSWORD_REQUIRED",
			"Session":` + string(signIn(user)["Session"]) + `,"ChallengeResponses":{"USERNAME":"` + user + `","NEW_PASSWORD":"Correct-horse-2"}}`})
	}
	create("rotating")
	n.must("AdminSetUserPassword", `{"UserPoolId":"`+pool+`","Username":"rotating","Password":"Correct-horse-1","Permanent":true}`)
	for range onceTokens {
		token := signIn("rotating").pick("AuthenticationResult", "RefreshToken")
		o.requests = append(o.requests, onceRequest{"GetTokensFromRefreshToken", `{"ClientId":"` + client + `","RefreshToken":"` + token + `"}`})
	}
	rand.Shuffle(len(o.requests), func(i, j int) { o.requests[i], o.requests[j] = o.requests[j], o.requests[i] })
	return o
}

// send begins to send all requests to a node. failures waits for the answers and returns those that were neither success nor refusal.
func (o *once) send(n *node) (failures func() []error) {
	var answers sync.WaitGroup
	var failed []error
	turns := make(chan struct{}, onceAtOnce)
	for i, request := range o.requests {
		answers.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			_, err := n.call(request.operation, request.body)
			o.mu.Lock()
			defer o.mu.Unlock()
			switch {
			case err == nil:
				o.succeeded[i]++
			case !errors.Is(err, errRefused):
				failed = append(failed, err)
			}
		})
	}
	return func() []error { answers.Wait(); return failed }
}

// done is how many requests have succeeded.
func (o *once) done() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.succeeded)
}

// race sends the requests to a node that fails in the middle of them, to the one that is there then, and to both after recovery.
func (o *once) race(first *node, fail func() (second *node), recover func()) {
	o.t.Helper()
	early := o.send(first)
	for deadline := time.Now().Add(patience); o.done() < len(o.requests)/4 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	second := fail()
	before, began := o.done(), time.Now()
	failures := o.send(second)()
	took := time.Since(began)
	recover()
	unanswered := early()
	after := o.done()
	failures = append(failures, o.send(first)()...)
	failures = append(failures, o.send(second)()...)

	o.t.Logf("%d of %d requests had succeeded when the node failed, then %d more within %v; it left %d without an answer",
		before, len(o.requests), after-before, took.Round(time.Millisecond), len(unanswered))
	twice := map[string]int{}
	for i, times := range o.succeeded {
		if times > 1 {
			twice[o.requests[i].operation]++
		}
	}
	for operation, n := range twice {
		o.t.Errorf("%d requests of %s have succeeded more than once", n, operation)
	}
	if len(failures) > 0 {
		o.t.Errorf("%d requests have failed at a node that had not, such as: %v", len(failures), failures[0])
	}
	if o.done() != after {
		o.t.Errorf("%d requests have succeeded after recovery only", o.done()-after)
	}
	if before == 0 || after-before < 10 {
		o.t.Error("too few requests have succeeded: the drill shows nothing")
	}
}
