package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"time"

	"cardea/engine/authorization"
	"cardea/inbound/guard"
	"cardea/spec/iampolicy"
	"cardea/spec/sigv4"
)

// objectSize is the size of the object that streamedObject passes on, in bytes.
const objectSize = 5 << 30

// guardCost prints what the guard adds to reading an object of 1 KiB, which is to be 0.3 ms at most, and what an object of 5 GiB needs.
func guardCost() error {
	content := make([]byte, 1<<10)
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a client that breaks off is measured nowhere
		_, _ = w.Write(content)
	}))
	defer behind.Close()
	address, err := url.Parse(behind.URL)
	if err != nil {
		return err
	}
	policy, err := iampolicy.Load(folders(10), iampolicy.Managed)
	if err != nil {
		return err
	}
	set := &iampolicy.Set{Identity: []*iampolicy.Policy{policy}}
	key := sigv4.Key{ID: "AKIAEXAMPLE", Secret: "secret"}
	front := httptest.NewServer(&guard.Handler{
		Signer: func(context.Context, string, string) (*authorization.Signer, error) {
			return &authorization.Signer{Secret: key.Secret, Principal: func(context.Context) (*authorization.Principal, error) {
				return &authorization.Principal{}, nil
			}}, nil
		},
		Decide: func(_ context.Context, _ *authorization.Principal, r *iampolicy.Request) (iampolicy.Decision, error) {
			set.Decide(r)
			return iampolicy.Decision{Allowed: true}, nil
		},
		Now: time.Now, Upstream: address, Key: key, Region: "us-east-1", Transport: &http.Transport{MaxIdleConnsPerHost: 10},
		Regions: []string{"us-east-1"}, Partition: "aws", Account: "123456789012",
	})
	defer front.Close()
	direct, err := medianGet(behind.URL, key)
	if err != nil {
		return err
	}
	guarded, err := medianGet(front.URL, key)
	if err != nil {
		return err
	}
	fmt.Printf("\nS3: an object of 1 KiB takes %v, through the guard %v: it adds %v (0.3ms at most)\n", direct, guarded, guarded-direct)
	return streamedObject(front.URL, key)
}

// signed is a signer for now.
func signed(key sigv4.Key) sigv4.Signer {
	return sigv4.Signer{Key: key, Call: sigv4.Call{Region: "us-east-1", Service: "s3", Now: time.Now()}}
}

// medianGet is how long reading an object takes.
func medianGet(server string, key sigv4.Key) (time.Duration, error) {
	var took []time.Duration
	for range 2000 {
		r, err := http.NewRequest(http.MethodGet, server+"/photos/k", http.NoBody)
		if err != nil {
			return 0, err
		}
		sigv4.SignS3(r, nil, string(sigv4.Unsigned), signed(key))
		began := time.Now()
		if err := send(r); err != nil {
			return 0, err
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[len(took)/2].Round(time.Microsecond), nil
}

func send(r *http.Request) error {
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("got %s", answer.Status)
	}
	return err
}

// streamedObject passes a large object through the guard in signed chunks.
func streamedObject(server string, key sigv4.Key) error {
	r, err := http.NewRequest(http.MethodPut, server+"/photos/large", http.NoBody)
	if err != nil {
		return err
	}
	sigv4.SignS3Stream(r, nil, sigv4.Stream{Mode: sigv4.SignedChunks, Content: io.LimitReader(zeros{}, objectSize), Length: objectSize}, signed(key))
	began := time.Now()
	if err := send(r); err != nil {
		return err
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	fmt.Printf("S3: an object of 5 GiB in signed chunks takes %v, with %d MiB of memory for client, guard and server together\n",
		time.Since(began).Round(100*time.Millisecond), memory.Sys>>20)
	return nil
}

// zeros is endless content.
type zeros struct{}

func (zeros) Read(to []byte) (int, error) {
	clear(to)
	return len(to), nil
}
