package db

import (
	"sync/atomic"

	"zombiezen.com/go/sqlite"
)

// trouble is what transactions have met that concerns the whole database.
type trouble struct {
	damage     atomic.Pointer[error]
	unwritable atomic.Pointer[error]
}

// Damage is the first error by which the database was found to be malformed, nil if it was not. It stays for as long as the
// database is open: only an operator can tell what else is wrong.
func (d *DB) Damage() error { return load(&d.trouble.damage) }

// Unwritable is the error with which the latest write has failed that found no room or no right to write, nil if there is
// none since Rewritable was called.
func (d *DB) Unwritable() error { return load(&d.trouble.unwritable) }

// Rewritable says that the database takes writes again.
func (d *DB) Rewritable() { d.trouble.unwritable.Store(nil) }

func load(p *atomic.Pointer[error]) error {
	if err := p.Load(); err != nil {
		return *err
	}
	return nil
}

// note remembers an error that concerns the whole database.
func (d *DB) note(err error) {
	switch {
	case err == nil:
	case malformed(err):
		d.trouble.damage.CompareAndSwap(nil, &err)
	case refusesWrites(err):
		d.trouble.unwritable.Store(&err)
	}
}

func malformed(err error) bool {
	if c := code(err); c != "" {
		return c == dataCorrupted || c == indexCorrupted
	}
	primary := sqlite.ErrCode(err).ToPrimary()
	return primary == sqlite.ResultCorrupt || primary == sqlite.ResultNotADB
}

func refusesWrites(err error) bool {
	if c := code(err); c != "" {
		return c == diskFull || c == readOnlyTransaction
	}
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultFull, sqlite.ResultReadOnly, sqlite.ResultIOErr:
		return true
	}
	return false
}
