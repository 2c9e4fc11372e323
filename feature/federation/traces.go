package federation

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"cardea/engine/access"
	"cardea/engine/lockout"
	"cardea/outbound/upstream"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/record/federationtrace"
	"cardea/record/quota"
	"cardea/spec/id"
	"cardea/spec/oauth2"
	"cardea/spec/saml"
)

// Bounds of traces.
const (
	// tracesOfPool is how many traces a pool keeps of sign-ins that failed, and as many of others, so that many of one kind
	// leave those of the other.
	tracesOfPool = 500

	// traceLife is how long a trace is kept.
	traceLife = 7 * 24 * time.Hour

	// tracesOfAddress is how many sign-ins from one address, or one network of IPv6, in an hour that failed leave a trace: whoever
	// fails on purpose cannot drive out the traces of others.
	tracesOfAddress = 30

	// maxDoc is the length of a trace, in bytes.
	maxDoc = 16 << 10

	// maxWaiting is how many traces wait to be stored.
	maxWaiting = 500
)

// Traces keeps what happened in sign-ins through providers: one line in the log for each, and a row for an operator to see. The rows
// are written by a job, so that no sign-in waits for them or fails by them.
type Traces struct {
	DB *db.DB
	// Log gets one line for each sign-in.
	Log *slog.Logger
	// Observe, unless nil, counts each sign-in: the type of the provider, how it ended, and how long it took.
	Observe func(provider, outcome string, took time.Duration)

	now     func() time.Time
	wake    chan struct{}
	mu      sync.Mutex
	waiting []*waitingTrace
}

// waitingTrace is a trace that is to be stored.
type waitingTrace struct {
	row     *federationtrace.Trace
	network string // of the visitor
}

// NewTraces makes Traces of a database, by a clock.
func NewTraces(store *db.DB, now func() time.Time) *Traces {
	return &Traces{DB: store, now: now, wake: make(chan struct{}, 1)}
}

// Wake is sent on when there is something to store.
func (t *Traces) Wake() <-chan struct{} { return t.wake }

// Keep keeps what happened in a sign-in that has ended. Only one whose trip could be opened leaves a trace, or whose provider is known
// to have sent it. The trace's id is that of the request.
func (t *Traces) Keep(ctx context.Context, journal *upstream.Journal, e Ending) {
	if e.Return.Trip == nil && e.Identity == nil || journal == nil {
		return
	}
	if trip := e.Return.Trip; trip != nil {
		e.Provider = trip.Provider
		if v, err := oauth2.Parse(trip.Query); err == nil {
			e.Values = v
		}
	}
	now := t.now()
	by := caller.From(ctx)
	trace := traceOf(journal, &e, now)
	if trace.ID = by.RequestID; trace.ID == "" {
		trace.ID = id.NewUUID()
	}
	if t.Observe != nil {
		t.Observe(cmp.Or(trace.Type, "unknown"), trace.Outcome, now.Sub(trace.Began))
	}
	t.log(ctx, trace)
	t.enqueue(&waitingTrace{row: rowOf(trace, e.Provider, now), network: lockout.Source{Address: by.IP}.Network()})
}

// log writes the line of a sign-in.
func (t *Traces) log(ctx context.Context, trace *Trace) {
	if t.Log == nil {
		return
	}
	level := slog.LevelInfo
	if trace.failed() {
		level = slog.LevelWarn
	}
	t.Log.LogAttrs(ctx, level, "federated sign-in",
		slog.String("trace", trace.ID), slog.String("pool", string(trace.Pool)), slog.String("client", trace.Client),
		slog.String("provider", trace.Provider), slog.String("type", trace.Type), slog.String("outcome", trace.Outcome),
		slog.String("check", trace.Check), slog.String("why", trace.Why), slog.String("advice", trace.Advice),
		slog.String("sub", string(trace.Sub)), slog.Duration("duration", time.Duration(trace.Took*float64(time.Second))))
}

// noteLogout writes a line about a logout with a provider: it has gone well where err is nil.
func (t *Traces) noteLogout(ctx context.Context, pool id.Pool, provider string, err error) {
	if t.Log == nil {
		return
	}
	r := redactor{}
	level, check, why, advice := slog.LevelInfo, "", "", ""
	if err != nil {
		level, why = slog.LevelWarn, r.text(err.Error())
	}
	if wrong, ok := errors.AsType[*saml.Error](err); ok {
		check, advice = r.text(wrong.Check), r.text(wrong.Advice)
	}
	t.Log.LogAttrs(ctx, level, "federated logout",
		slog.String("request_id", caller.From(ctx).RequestID), slog.String("pool", string(pool)), slog.String("provider", printable(provider)),
		slog.String("check", check), slog.String("why", why), slog.String("advice", advice))
}

func (t *Traces) enqueue(w *waitingTrace) {
	t.mu.Lock()
	if len(t.waiting) < maxWaiting {
		t.waiting = append(t.waiting, w)
	}
	t.mu.Unlock()
	select {
	case t.wake <- struct{}{}:
	default: // it is awake
	}
}

// Store writes the traces that wait. It is a job. What cannot be written is dropped: the log has its line.
func (t *Traces) Store(ctx context.Context) error {
	t.mu.Lock()
	waiting := t.waiting
	t.waiting = nil
	t.mu.Unlock()
	if len(waiting) == 0 {
		return nil
	}
	err := t.DB.Write(ctx, func(tx *db.Tx) error {
		type kind struct {
			pool   id.Pool
			failed bool
		}
		grown := map[kind]bool{}
		for _, w := range waiting {
			if full, err := w.limited(tx); full || err != nil {
				if err != nil {
					return err
				}
				continue
			}
			if err := federationtrace.Insert(tx, w.row); err != nil {
				return err
			}
			grown[kind{w.row.Pool, w.row.Failed}] = true
		}
		for k := range grown {
			if err := federationtrace.Trim(tx, k.pool, k.failed, tracesOfPool); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store traces of federated sign-ins: %w", err)
	}
	return nil
}

// limited tells whether too many sign-ins from the trace's network have failed for this one to be kept.
func (w *waitingTrace) limited(tx *db.Tx) (bool, error) {
	if !w.row.Failed {
		return false, nil
	}
	uses, err := quota.Use(tx, w.row.Pool, "federation-trace/"+w.network, tracesOfAddress, time.Hour)
	return uses > tracesOfAddress, err
}

// rowOf is the row of a trace, without its last steps if it is too long.
func rowOf(trace *Trace, provider string, now time.Time) *federationtrace.Trace {
	doc, err := json.Marshal(trace)
	for (err != nil || len(doc) > maxDoc) && len(trace.Steps) > 0 {
		trace.Steps = trace.Steps[:len(trace.Steps)-1]
		trace.Left++
		doc, err = json.Marshal(trace)
	}
	return &federationtrace.Trace{
		Pool: trace.Pool, ID: trace.ID, Provider: provider, Failed: trace.failed(), Began: trace.Began, Expires: now.Add(traceLife),
		Doc: string(doc),
	}
}

// TracesQuery says which traces of a pool List gives.
type TracesQuery struct {
	Pool, Provider, ID string // Provider and ID: empty for any
	Failed             bool   // only those of sign-ins that failed
	After              string // the NextToken of the page before
	Limit              int
}

// TracesPage is a page of traces, the newest first.
type TracesPage struct {
	Traces    []json.RawMessage `json:"traces"` // each a Trace
	NextToken string            `json:"next_token,omitempty"`
}

// ErrToken says that a page's token is none of List's.
var ErrToken = errors.New("the token is none of this list")

// List gives a page of a pool's traces. It answers *access.UnknownError and ErrToken.
func (t *Traces) List(ctx context.Context, q TracesQuery) (*TracesPage, error) {
	before, than, err := readToken(q.After)
	if err != nil {
		return nil, err
	}
	var rows []*federationtrace.Trace
	err = t.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := access.Pool(tx, q.Pool)
		if err != nil {
			return err
		}
		rows, err = federationtrace.List(tx, federationtrace.Query{
			Pool: p.ID, ID: q.ID, Provider: q.Provider, Failed: q.Failed, Before: before, Than: than, Limit: q.Limit + 1,
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &TracesPage{Traces: []json.RawMessage{}}
	if len(rows) > q.Limit {
		rows = rows[:q.Limit]
		last := rows[len(rows)-1]
		out.NextToken = base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(last.Began.UnixMilli(), 10) + " " + last.ID))
	}
	for _, row := range rows {
		out.Traces = append(out.Traces, json.RawMessage(row.Doc))
	}
	return out, nil
}

// uuidLength is the length of the ids of traces.
const uuidLength = 36

// readToken reads where a page begins. A token is no secret: it names a row, of whatever pool, and shows none.
func readToken(token string) (before time.Time, than string, err error) {
	if token == "" {
		return before, "", nil
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return before, "", ErrToken
	}
	at, than, _ := strings.Cut(string(text), " ")
	millis, err := strconv.ParseInt(at, 10, 64)
	if err != nil || millis <= 0 || len(than) != uuidLength || !printableASCII(than) {
		return before, "", ErrToken
	}
	return time.UnixMilli(millis), than, nil
}

func printableASCII(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c > '~' })
}
