package trigger

import (
	"context"
	"sync"
	"time"

	outbound "cardea/outbound/trigger"
	"cardea/spec/triggerevent"
)

// MaxOperation bounds what the triggers of one operation may take together. PostConfirmation does not count: what it tells of
// has been done by then, and it has a limit of its own.
const MaxOperation = 25 * time.Second

// Operation is an operation that may ask triggers.
type Operation struct {
	deadline time.Time
	exchange *Exchange

	mu    sync.Mutex
	asked []Asked
}

// Asked is a trigger that an operation has asked, for the log.
type Asked struct {
	Name    string  `json:"name"`
	MS      float64 `json:"ms"`
	Outcome string  `json:"outcome"` // as metrics have it
	Tries   int     `json:"tries"`
}

// Exchange is what is said between the server and a function.
type Exchange struct {
	Event []byte // if set before, it is sent instead of the one that was built
	Reply []byte // nil when there is none
}

// Inspect fills x with what the operation asks of one trigger, for people to see.
func (o *Operation) Inspect(x *Exchange) { o.exchange = x }

type operationKey struct{}

// Begin begins an operation whose triggers must be done at the deadline. Those asked with the context, and contexts made of it,
// belong to the operation.
func Begin(ctx context.Context, deadline time.Time) (context.Context, *Operation) {
	o := &Operation{deadline: deadline}
	return context.WithValue(ctx, operationKey{}, o), o
}

// Asked are the triggers that the operation has asked so far.
func (o *Operation) Asked() []Asked {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.asked
}

// operationOf is the operation of a context; nil without one.
func operationOf(ctx context.Context) *Operation {
	o, _ := ctx.Value(operationKey{}).(*Operation)
	return o
}

// invoke asks a function for the operation, which may be nil.
func (o *Operation) invoke(ctx context.Context, functions *outbound.Functions, ask outbound.Ask) ([]byte, error) {
	if o == nil {
		return functions.Invoke(ctx, ask)
	}
	ask.Observe = o.note
	if ask.Trigger != string(triggerevent.PostConfirmation) {
		ask.Deadline = o.deadline
	}
	if o.exchange == nil {
		return functions.Invoke(ctx, ask)
	}
	if o.exchange.Event != nil {
		ask.Event = o.exchange.Event
	}
	reply, err := functions.Invoke(ctx, ask)
	o.exchange.Event, o.exchange.Reply = ask.Event, reply
	return reply, err
}

func (o *Operation) note(seen outbound.Observation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked = append(o.asked, Asked{
		Name: seen.Trigger, MS: float64(seen.Took.Microseconds()) / 1000, Outcome: seen.Outcome, Tries: seen.Tries,
	})
}
