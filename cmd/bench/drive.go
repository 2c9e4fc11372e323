package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// warmUp is how long a flow runs before it is measured.
const warmUp = time.Second

// flow is one use of the server by one connection, repeated until the context ends.
type flow func(ctx context.Context, c *connection) error

// driver runs flows against the server.
type driver struct {
	server *process
	options
}

// measurement is what a flow achieved and cost.
type measurement struct {
	rate     float64       // flows per second
	cpu      time.Duration // of the server and its database, per flow
	database time.Duration // of it, what its PostgreSQL server took
	took     latency       // while it was measured, and while it warmed up
}

// measure drives a flow over all connections.
func (d driver) measure(ctx context.Context, p population, f flow) (measurement, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var done atomic.Int64
	var times latencies
	var group sync.WaitGroup
	for range d.Connections {
		group.Go(func() {
			c := newConnection(d.server.url, p)
			for ctx.Err() == nil {
				began := time.Now()
				if err := f(ctx, c); err != nil {
					if ctx.Err() == nil {
						cancel(err)
					}
					return
				}
				done.Add(1)
				times.add(time.Since(began))
			}
		})
	}

	m, err := d.observe(ctx, &done)
	cancel(nil)
	group.Wait()
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return measurement{}, cause
	}
	m.took = times.summary()
	return m, err
}

// latency is how long one flow took.
type latency struct{ median, p99 time.Duration }

// latencies collects how long flows took. It is safe for concurrent use.
type latencies struct {
	mu  sync.Mutex
	all []time.Duration
}

func (l *latencies) add(took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, took)
}

func (l *latencies) summary() latency {
	if len(l.all) == 0 {
		return latency{}
	}
	slices.Sort(l.all)
	return latency{l.all[len(l.all)/2], l.all[len(l.all)*99/100]}
}

// observe counts flows and CPU time between two moments.
func (d driver) observe(ctx context.Context, done *atomic.Int64) (measurement, error) {
	sleep(ctx, warmUp)
	own, database, err := d.server.cpu()
	if err != nil {
		return measurement{}, err
	}
	began, first := time.Now(), done.Load()
	sleep(ctx, d.Duration)
	ownAfter, databaseAfter, err := d.server.cpu()
	if err != nil {
		return measurement{}, err
	}
	took, count := time.Since(began), done.Load()-first
	if count == 0 {
		return measurement{}, errors.New("not one flow finished")
	}
	m := measurement{rate: float64(count) / took.Seconds(), database: (databaseAfter - database) / time.Duration(count)}
	m.cpu = m.database + (ownAfter-own)/time.Duration(count)
	return m, nil
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// connection is one client with one connection and what it remembers between flows.
type connection struct {
	population
	url     string
	http    *http.Client
	refresh string
	access  string // an access token
}

func newConnection(url string, p population) *connection {
	return &connection{population: p, url: url, http: &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}}
}

// user is one of those who can sign in, at random.
func (c *connection) user() string {
	apart := max(1, c.apart)
	return fmt.Sprintf("user%d", rand.IntN(c.users/apart)*apart)
}

type fields map[string]any

// answer is what the flows need of InitiateAuth's and RespondToAuthChallenge's answers.
type answer struct {
	Session              string
	ChallengeParameters  map[string]string
	AuthenticationResult struct {
		AccessToken, RefreshToken string
		IDToken                   string `json:"IdToken"`
	}
}

// call calls an operation: one that names a pool as an administrator does, others as an app does.
func (c *connection) call(ctx context.Context, operation string, in fields) (answer, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return answer{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+operation)
	if _, administrator := in["UserPoolId"]; administrator {
		request.Header.Set("Authorization", unverified("cognito-idp"))
	}
	text, err := c.send(request)
	if err != nil {
		return answer{}, fmt.Errorf("%s: %w", operation, err)
	}
	if len(text) == 0 { // what an operation without output answers
		return answer{}, nil
	}
	var out answer
	return out, json.Unmarshal(text, &out)
}

// send sends a request that must succeed and reads its answer.
func (c *connection) send(request *http.Request) ([]byte, error) {
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%d %s", response.StatusCode, text)
	}
	return text, err
}
