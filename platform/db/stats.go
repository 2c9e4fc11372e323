package db

import (
	"sync/atomic"
	"time"
)

// Stats are the numbers of one pool of connections.
type Stats struct {
	Role   string        // "any" on PostgreSQL; "read" and "write" on SQLite
	Max    int           // connections that there may be
	Open   int           // that there are
	InUse  int           // of them, inside a transaction
	Waits  int64         // transactions that had to wait for a connection so far
	Waited time.Duration // how long they have waited together
}

// Stats are the numbers of the pools of connections, one of PostgreSQL's and two of SQLite's.
func (d *DB) Stats() []Stats { return d.engine.stats() }

func (p *postgres) stats() []Stats {
	waits, used := &p.pool.waits, len(p.pool.slots)
	return []Stats{{
		"any", cap(p.pool.slots), used + p.pool.spare(), used, waits.count.Load(), time.Duration(waits.nanoseconds.Load()),
	}}
}

func (l *lite) stats() []Stats {
	readers, writing := cap(l.readers), 1
	if l.writer.mu.TryLock() {
		l.writer.mu.Unlock()
		writing = 0
	}
	return []Stats{
		{"read", readers, readers, readers - len(l.readers), l.waits.count.Load(), time.Duration(l.waits.nanoseconds.Load())},
		{"write", 1, 1, writing, l.writer.waits.count.Load(), time.Duration(l.writer.waits.nanoseconds.Load())},
	}
}

// waits counts what had to wait, and for how long.
type waits struct{ count, nanoseconds atomic.Int64 }

// begin counts a wait; what it returns ends it.
func (w *waits) begin() (end func()) {
	began := time.Now()
	return func() {
		w.count.Add(1)
		w.nanoseconds.Add(int64(time.Since(began)))
	}
}
