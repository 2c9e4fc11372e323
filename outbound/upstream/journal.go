package upstream

import (
	"sync"
	"time"
)

// Journal is what happened in one sign-in through a provider, for the operator to see. Secrets are not written into it: no code,
// token, password or key. All methods may be called on nil.
type Journal struct {
	mu    sync.Mutex
	Steps []Step
}

// Step is one thing that was sent, that came, or that was checked.
type Step struct {
	At     time.Time         `json:"at"`
	Kind   string            `json:"kind"` // "sent", "came" or "check"
	Name   string            `json:"name"`
	Detail map[string]string `json:"detail,omitempty"`
	Failed string            `json:"failed,omitempty"` // why; empty: it did not
	Advice string            `json:"advice,omitempty"` // what the operator might change
}

// Add adds a step.
func (j *Journal) Add(s Step) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if s.At.IsZero() {
		s.At = time.Now()
	}
	j.Steps = append(j.Steps, s)
}

// Error says which check of a provider's answer has failed.
type Error struct {
	Check  string // a short name, as "nonce" or "signature"
	Word   string // what the app is told as error_description; no secret is in it
	Advice string
	Err    error
}

func (e *Error) Error() string { return "identity provider: " + e.Check + ": " + e.Err.Error() }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }
