package db

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"zombiezen.com/go/sqlite"
)

// A batch is committed when no other write waits to join it, or when it has grown this large or this old.
const (
	batchWrites = 256
	batchTime   = 20 * time.Millisecond
)

// writer is SQLite's one writing connection with group commit.
//
// Writes run one after another under mu, each in its caller's goroutine. A write joins the open batch, one SQLite
// transaction, behind a savepoint of its own. The last one, when no other waits, yields the processor once and then commits
// the batch. While a commit waits for the disk, the writes of the next batch queue up. A write returns success, or an error
// that may be due to what another write of its batch has stored, only after the commit.
type writer struct {
	open    func() (*liteConn, error)
	waiting atomic.Int64
	waits   waits // for mu

	mu     sync.Mutex
	conn   *liteConn // nil after an error: the next write opens another
	batch  *batch    // the open transaction, if any
	closed bool

	commits int64 // for tests
}

type batch struct {
	began   time.Time
	size    int
	closing bool // a write is about to commit it
	timed   bool // a timer is going to commit it
	done    chan struct{}
	err     error // why the commit failed; valid when done is closed
}

// write runs fn alone under mu, behind a savepoint of its own. If fn panics or ends its goroutine, its changes are undone
// and the panic continues. With soon, write does not wait for the commit; the caller may wait by calling durable.
func (w *writer) write(ctx context.Context, soon bool, fn func(session) error) (durable func() error, err error) {
	w.waiting.Add(1)
	if !w.mu.TryLock() {
		waited := w.waits.begin()
		w.mu.Lock()
		waited()
	}
	w.waiting.Add(-1)

	b, err := w.one(ctx, soon, fn)
	if b == nil {
		return nil, err
	}
	if soon && err == nil {
		return b.wait, nil
	}
	if failed := b.wait(); failed != nil {
		return nil, failed
	}
	return nil, err
}

// wait returns once the batch has been committed (nil) or has failed (the error).
func (b *batch) wait() error {
	<-b.done
	return b.err
}

// one runs one write and releases mu. The batch to wait for is nil when fn left nothing behind and saw nothing uncommitted.
func (w *writer) one(ctx context.Context, soon bool, fn func(session) error) (b *batch, err error) {
	finished := false
	defer func() { w.leave(soon && finished && err == nil) }()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if b, err = w.join(); err != nil {
		return b, err
	}

	defer func() {
		if !finished || err != nil {
			b = w.undo(b)
			return
		}
		w.keep(b)
	}()
	err = fn(w.conn)
	finished = true
	return b, err
}

// join opens a batch, or a savepoint in the open one. The first of a batch needs no savepoint: it undoes the batch.
func (w *writer) join() (*batch, error) {
	if w.closed {
		return nil, errClosed
	}
	if w.batch != nil {
		if _, err := w.conn.exec("SAVEPOINT one_write", nil); err != nil {
			return w.abandon(err), err
		}
		return w.batch, nil
	}

	if w.conn == nil {
		conn, err := w.open()
		if err != nil {
			return nil, err
		}
		w.conn = conn
	}
	if _, err := w.conn.exec("BEGIN IMMEDIATE", nil); err != nil {
		return nil, err
	}
	w.batch = &batch{began: time.Now(), done: make(chan struct{})}
	return w.batch, nil
}

// keep makes the write that has just succeeded part of the batch.
func (w *writer) keep(b *batch) {
	b.size++
	if b.size == 1 {
		return
	}
	if _, err := w.conn.exec("RELEASE one_write", nil); err != nil {
		w.abandon(err)
	}
}

// undo takes back the write that has just failed and returns the batch to wait for.
func (w *writer) undo(b *batch) *batch {
	if b.size == 0 {
		w.batch = nil
		if _, err := w.conn.exec("ROLLBACK", nil); err != nil {
			w.renew()
		}
		return nil
	}
	_, err := w.conn.exec("ROLLBACK TO one_write", nil)
	if err == nil {
		_, err = w.conn.exec("RELEASE one_write", nil)
	}
	if err != nil {
		return w.abandon(err)
	}
	return b
}

// abandon fails the open batch: after some errors (a full disk) SQLite rolls back the whole transaction by itself.
func (w *writer) abandon(err error) *batch {
	b := w.batch
	w.batch = nil
	b.err = err
	close(b.done)
	w.renew()
	return b
}

// renew closes a connection whose state is unknown, which rolls back; the next write opens another.
func (w *writer) renew() {
	w.conn.close()
	w.conn = nil
}

// leave ends a write: it commits the batch unless another write or a timer is going to, and releases mu.
func (w *writer) leave(soon bool) {
	defer w.mu.Unlock()
	b := w.batch
	if b == nil {
		return
	}
	if b.size < batchWrites && time.Since(b.began) < batchTime {
		if b.closing || w.waiting.Load() > 0 {
			return
		}
		if soon {
			w.commitLater(b)
			return
		}
		// Goroutines that are ready to run may be about to join. If there is none, this takes no time.
		b.closing = true
		w.mu.Unlock()
		runtime.Gosched()
		w.mu.Lock()
		if w.batch != b {
			return
		}
	}
	w.commit()
}

// commit ends the open batch.
func (w *writer) commit() {
	b := w.batch
	if _, err := w.conn.exec("COMMIT", nil); err != nil {
		w.abandon(outcome(err))
		return
	}
	w.commits++
	w.batch = nil
	close(b.done)
}

// outcome is the error of a batch whose COMMIT has failed. After an error of the disk the log may hold the commit, so that a process
// that dies before the next write finds it there: fsync has failed, and the system wrote what was to be synced.
func outcome(err error) error {
	if sqlite.ErrCode(err).ToPrimary() == sqlite.ResultIOErr {
		return fmt.Errorf("%w: %w", ErrUnsure, err)
	}
	return err
}

// commitLater has a timer commit a batch that no write waits for, unless one that does joins it before.
func (w *writer) commitLater(b *batch) {
	if b.timed {
		return
	}
	b.timed = true
	time.AfterFunc(batchTime, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.batch == b {
			w.commit()
		}
	})
}

func (w *writer) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	if w.batch != nil {
		w.commit()
	}
	if w.conn != nil {
		w.conn.close()
		w.conn = nil
	}
}
