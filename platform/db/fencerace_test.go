package db

import (
	"context"
	"errors"
	"testing"
)

// staged is an engine whose reads answer what they are given, when they are told to.
type staged struct {
	engine
	reads chan func() []string // the migrations that a read finds, which this program does not know
}

func (e staged) read(_ context.Context, fn func(session) error) (cost, error) {
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
