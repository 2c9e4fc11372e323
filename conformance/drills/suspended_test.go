package drills_test

import (
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"cardea/platform/db/dbtest"
)

// suspendedFor is longer than a node may be silent before others take it for dead, and than all that it remembers is relied on.
const suspendedFor = 11 * time.Second

// TestANodeThatWasSuspendedActsOnNothingStale stops one of three nodes in the middle of its work, as a machine that is paused or out of
// memory does, lets the others change what it knows, and lets it go on.
func TestANodeThatWasSuspendedActsOnNothingStale(t *testing.T) {
	t.Parallel()
	url, stop, err := dbtest.StartPostgres("", false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	relay := newRelay(t)
	c := newCluster(t, url, "CARDEA_SMTP_HOST=127.0.0.1", "CARDEA_SMTP_PORT="+relay.port, "CARDEA_SMTP_TLS=none", "CARDEA_SMTP_FROM=cardea@example.com")
	one := c.start() // alone, so that it has the jobs' leases, and the message
	pool := one.must("CreateUserPool", `{"PoolName":"mail","AutoVerifiedAttributes":["email"]}`).pick("UserPool", "Id")
	app := one.must("CreateUserPoolClient", `{"UserPoolId":"`+pool+`","ClientName":"mail"}`).pick("UserPoolClient", "ClientId")
	one.must("SignUp", `{"ClientId":"`+app+`","Username":"jane","Password":"Correct-horse-1","UserAttributes":[{"Name":"email","Value":"jane@example.org"}]}`)
	relay.wait(t, 1)

	two, three := c.start(), c.start()
	w := newWork(t, one, two, three)
	w.prepare()
	k := newKnowledge(w, one)
	var asked <-chan error
	w.during(func() {
		time.Sleep(crashAfter)
		w.on(two, three)
		one.suspend()
		began := time.Now()
		k.outdate(two)
		client.CloseIdleConnections() // those that the node finds too old when it goes on
		asked = k.ask()               // requests that wait until the node goes on, and are its first
		time.Sleep(crashAfter)
		w.on() // pauses the work: there is enough to check
		movesLeases(t, url)
		relay.wait(t, 2)
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("another node delivered the message after %v, want seconds", took)
		}
		time.Sleep(suspendedFor - time.Since(began))
		one.resume()
		relay.fail()
		one.ready()
		w.on(one, two, three)
		time.Sleep(crashAfter)
	})
	for err := range asked {
		if !errors.Is(err, errRefused) {
			t.Errorf("the first answers of the node: got %v, want a refusal", err)
		}
	}
	for err := range k.ask() {
		if !errors.Is(err, errRefused) {
			t.Errorf("later: got %v, want a refusal", err)
		}
	}
	w.on(one)
	w.check()
	w.enough()
	if len(w.failures) > 0 {
		t.Errorf("%d requests failed, such as: %v", len(w.failures), w.failures[0])
	}
	time.Sleep(6 * time.Second) // in which the node would try again what it could not deliver
	if got := relay.count(); got != 2 {
		t.Errorf("the relay has got the message %d times, want twice at most", got)
	}
}

// knowledge is what a node has used and remembers, until others make it void.
type knowledge struct {
	*work
	on              *node
	user            string
	access, refresh string
	key             [2]string
}

func newKnowledge(w *work, on *node) *knowledge {
	k := &knowledge{work: w, on: on, user: "known", key: on.rootKey()}
	on.must("AdminCreateUser", `{"UserPoolId":"`+w.pool+`","Username":"known"}`)
	on.must("AdminSetUserPassword", `{"UserPoolId":"`+w.pool+`","Username":"known","Password":"Correct-horse-1","Permanent":true}`)
	tokens := on.must("InitiateAuth", `{"ClientId":"`+w.client+`","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"known","PASSWORD":"Correct-horse-1"}}`)
	k.access, k.refresh = tokens.pick("AuthenticationResult", "AccessToken"), tokens.pick("AuthenticationResult", "RefreshToken")
	for err := range k.ask() {
		if err != nil {
			w.t.Fatalf("before it is void: %v", err)
		}
	}
	return k
}

// outdate makes the knowledge void, at another node.
func (k *knowledge) outdate(at *node) {
	k.t.Helper()
	at.must("AdminUserGlobalSignOut", `{"UserPoolId":"`+k.pool+`","Username":"known"}`)
	at.run("keys", "disable", k.key[0])
}

// ask sends requests that need what the node knows, and gives their errors when they are answered.
func (k *knowledge) ask() <-chan error {
	errs := make(chan error, 3)
	var wait sync.WaitGroup
	for _, call := range []func() error{
		func() error { _, err := k.on.call("GetUser", `{"AccessToken":"`+k.access+`"}`); return err },
		func() error {
			_, err := k.on.call("InitiateAuth", `{"ClientId":"`+k.client+`","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"`+k.refresh+`"}}`)
			return err
		},
		func() error {
			_, err := k.on.callAs(k.key, "AdminGetUser", `{"UserPoolId":"`+k.pool+`","Username":"known"}`)
			return err
		},
	} {
		wait.Go(func() { errs <- call() })
	}
	go func() { wait.Wait(); close(errs) }()
	return errs
}

// lease is when the lease of a job ends, 0 if there is none.
func lease(t *testing.T, url, job string) (ends int64) {
	t.Helper()
	ends, err := strconv.ParseInt(query(t, url, `SELECT CAST(COALESCE(MAX(expires), 0) AS TEXT) FROM lease WHERE name = '`+job+`'`), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return ends
}

// movesLeases waits until others have taken leases that a suspended node has had.
func movesLeases(t *testing.T, url string) {
	t.Helper()
	for _, job := range []string{"make signing keys", "deliver messages"} {
		had := lease(t, url, job)
		for deadline := time.Now().Add(patience); lease(t, url, job) == had; time.Sleep(100 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("nobody else has the lease of the job %q", job)
			}
		}
	}
}
