package db

import (
	"context"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// A request has several transactions, and is answered soon also while the server stays away.
func TestAnOutageIsWaitedForOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dials, back := 0, false
		p := &postgres{pool: newPool(pgAddress{max: 2, life: time.Hour}, func(context.Context) (*pgConn, error) {
			dials++
			time.Sleep(100 * time.Millisecond)
			if back {
				near, _ := net.Pipe()
				return newPgConn(&pgconn.HijackedConn{Conn: near, Frontend: pgproto3.NewFrontend(near, near)}, false), nil
			}
			return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
		})}
		transaction := func() (tries int, took time.Duration, err error) {
			before, began := dials, time.Now()
			_, err = p.read(t.Context(), false, func(session) error { return nil })
			return dials - before, time.Since(began), err
		}

		began := time.Now()
		tries, _, err := transaction()
		if err == nil || tries < 50 {
			t.Errorf("when the server has just gone: %v after %d tries, want many", err, tries)
		}
		for range 9 {
			_, _, _ = transaction()
		}
		if took := time.Since(began); took > retryFor+2*time.Second {
			t.Errorf("ten transactions took %v, want some more than %v together", took, retryFor)
		}
		if tries, took, err := transaction(); err == nil || tries != 1 || took > time.Second {
			t.Errorf("when the server is away: %v after %d tries in %v, want an error after one", err, tries, took)
		}

		back = true
		if _, _, err := transaction(); err != nil {
			t.Fatal(err)
		}
		back = false
		p.pool.mu.Lock()
		p.pool.epoch++ // the connection is not used again
		p.pool.mu.Unlock()
		if tries, _, err := transaction(); err == nil || tries < 50 {
			t.Errorf("when the server has gone anew: %v after %d tries, want many", err, tries)
		}
		p.pool.close()
	})
}
