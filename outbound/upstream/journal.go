package upstream

import (
	"sync"
	"time"
)

// maxSteps is how many steps a journal has at most.
const maxSteps = 50

// Journal is what happened in one sign-in through a provider, for the operator to see. Secrets are not written into it: no code,
// token, password or key, nor what is known of the user. All methods may be called on nil.
type Journal struct {
	mu     sync.Mutex
	Steps  []Step
	Left   int      // how many more steps there were than are kept
	Hidden []string // what no reader of the journal may see
}

// Step is one thing that was sent, that came, or that was checked. Its texts are facts about messages, which operators see: of
// Detail, the values of the names that feature/federation lists as harmless, as "url", "status" or "issuer", and the lengths of others.
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
	if len(j.Steps) == maxSteps {
		j.Left++
		return
	}
	j.Steps = append(j.Steps, s)
}

// Hide adds to what no reader may see, wherever it stands.
func (j *Journal) Hide(secrets ...string) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.Hidden = append(j.Hidden, secrets...)
}

// Error says which check of a provider's answer has failed.
type Error struct {
	Check  string // a short name, as "nonce" or "signature"
	Word   string // what the app is told as error_description; no secret is in it
	Advice string
	Err    error

	Unreached bool // no answer came
}

func (e *Error) Error() string {
	if e.Err == nil {
		return "identity provider: " + e.Check
	}
	return "identity provider: " + e.Check + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }
