package db

import (
	"context"
	"errors"
	"testing"
	"time"
)

// staged is an engine whose reads answer what they are given, when they are told to.
type staged struct {
	engine
	reads chan func() []string // the migrations that a read finds, which this program does not know
}

func (e staged) read(_ context.Context, _ bool, fn func(session) error) (cost, error) {
	names := <-e.reads
	return cost{}, fn(found{names: names})
}

// found is a session in which every query finds the same migrations.
type found struct {
	session
	names func() []string
}

func (f found) run(st statement) (int64, error) {
	for _, name := range f.names() {
		st.row(rowOf(name, name))
	}
	return 0, nil
}

func rowOf(values ...string) *pgRow {
	r := &pgRow{columns: make([]column, len(values))}
	for _, v := range values {
		r.values = append(r.values, []byte(v))
	}
	return r
}

// A look at the migrations that has taken long does not take back what a later one has found.
func TestFenceIsNotOpenedByAnOlderLook(t *testing.T) {
	t.Parallel()
	e := staged{reads: make(chan func() []string)}
	d := &DB{opts: Options{}.filled(), engine: e}
	d.steps = []step{{name: "0001_known.sql"}}
	looked, answer := make(chan struct{}), make(chan struct{})
	slow := make(chan error, 1)
	go func() { slow <- d.CheckSchema(t.Context()) }()
	e.reads <- func() []string { close(looked); <-answer; return nil }
	<-looked

	later := make(chan error, 1)
	go func() { later <- d.CheckSchema(t.Context()) }()
	e.reads <- func() []string { return []string{"0002_newer.sql"} }
	if err := <-later; !errors.Is(err, ErrNewer) {
		t.Fatalf("got %v, want ErrNewer", err)
	}
	close(answer)
	if err := <-slow; !errors.Is(err, ErrNewer) {
		t.Errorf("the look that began before answers %v", err)
	}
	if !d.Fenced() {
		t.Error("an older look has opened the fence")
	}

	go func() { later <- d.CheckSchema(t.Context()) }()
	e.reads <- func() []string { return nil }
	if err := <-later; err != nil || d.Fenced() {
		t.Errorf("a newer look answers %v, fenced %v", err, d.Fenced())
	}
}

// halted is an engine before whose next transaction the process is stopped, once.
type halted struct {
	engine
	stop  func()
	names []string // the migrations that this program does not know
}

func (e *halted) read(_ context.Context, _ bool, fn func(session) error) (cost, error) {
	e.halt()
	return cost{}, fn(found{names: func() []string { return e.names }})
}

func (e *halted) write(_ context.Context, _ bool, fn func(session) error) (func() error, cost, error) {
	e.halt()
	return nil, cost{}, fn(found{names: func() []string { return e.names }})
}

func (e *halted) halt() {
	if stop := e.stop; stop != nil {
		e.stop = nil
		stop()
	}
}

// A process can be stopped while its transactions wait for a connection.
func TestAStoppedProcessLooksBeforeItsTransactionsBegin(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]func(d *DB, fn func(tx *Tx) error) error{
		"read":  func(d *DB, fn func(tx *Tx) error) error { return d.Read(t.Context(), fn) },
		"write": func(d *DB, fn func(tx *Tx) error) error { return d.Write(t.Context(), fn) },
	} {
		for _, newer := range []bool{true, false} {
			e := &halted{}
			d := &DB{opts: Options{Watch: true}.filled(), engine: e, fence: fence{turn: make(chan struct{}, 1)}}
			d.steps = []step{{name: "0001_known.sql"}}
			if err := d.CheckSchema(t.Context()); err != nil {
				t.Fatal(err)
			}
			e.stop = func() {
				d.fence.checked.Store(&look{wall: time.Now().Add(-checkedFor), running: time.Now().Add(-checkedFor)})
				if newer {
					e.names = []string{"0002_newer.sql"}
				}
			}
			ran := 0
			err := run(d, func(*Tx) error { ran++; return nil })
			if newer && (!errors.Is(err, ErrNewer) || ran != 0) {
				t.Errorf("%s after a newer program has migrated: %v, run %d times", name, err, ran)
			}
			if !newer && (err != nil || ran != 1) {
				t.Errorf("%s after nothing has happened: %v, run %d times", name, err, ran)
			}
		}
	}
}

// The clock that measures time does not go on while a machine is suspended, the one that shows it does.
func TestASuspendedMachineLooksAgain(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, c := range map[string]struct {
		at   look
		want bool
	}{
		"just now":         {look{now, now}, true},
		"was stopped":      {look{running: now.Add(-checkedFor), wall: now}, false},
		"was suspended":    {look{running: now, wall: now.Add(-checkedFor)}, false},
		"its clock is set": {look{running: now, wall: now.Add(checkedFor + time.Minute)}, false},
	} {
		f := &fence{}
		f.checked.Store(&c.at)
		if got := f.fresh(); got != c.want {
			t.Errorf("%s: fresh is %v", name, got)
		}
	}
}
