package db

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// A transaction that loses against others, or its connection, is run again, with growing pauses, until either bound is
// reached. While the server has been away for longer than retryFor it is not run again.
const (
	maxRetries   = 100
	retryFor     = 15 * time.Second
	longestPause = 50 * time.Millisecond
)

// These cut off a transaction whose server has stopped answering. Changing the schema of a large database takes time.
const (
	longestTx        = time.Minute
	longestMigration = 6 * time.Hour
)

// longestIdle is how long a session may leave PostgreSQL waiting in the middle of a transaction. A program that was stopped there, or whose
// machine is gone, holds its locks no longer: transactions of others that wait for them are run again then, within retryFor.
const longestIdle = 8 * time.Second

// postgres is the PostgreSQL engine.
type postgres struct {
	address pgAddress
	pool    *pgPool
	known   atomic.Bool // what stands before the server
}

func openPostgres(ctx context.Context, url string, opts Options) (*postgres, error) {
	address, err := parseAddress(url, opts)
	if err != nil {
		return nil, err
	}
	p := &postgres{address: address}
	p.pool = newPool(address, p.dial)
	if err := p.ping(ctx); err != nil { // so that what is wrong is said at once
		return nil, err
	}
	return p, nil
}

// dial makes a connection. The first that does not lead to the server itself is used to find out why.
func (p *postgres) dial(ctx context.Context) (*pgConn, error) {
	conn, err := pgconn.ConnectConfig(ctx, p.address.config)
	if err != nil {
		return nil, err
	}
	direct, err := p.inspect(ctx, conn)
	if err != nil {
		_ = conn.Close(ctx) // it is not used
		return nil, err
	}
	hijacked, err := conn.Hijack()
	if err != nil {
		return nil, err
	}
	c := newPgConn(hijacked, !p.address.pooler)
	c.repeatable = direct
	return c, nil
}

// inspect reports whether a connection leads to the server itself, and fails for one to a pooler that has to be named.
func (p *postgres) inspect(ctx context.Context, conn *pgconn.PgConn) (direct bool, err error) {
	if p.address.pooler {
		return false, nil
	}
	direct, err = greet(ctx, conn)
	if err != nil || direct || p.known.Load() {
		return direct, err
	}
	if err := detectPooler(ctx, p.address.config, conn); err != nil {
		return false, err
	}
	p.known.Store(true)
	return false, nil
}

func (p *postgres) name() string { return "postgres" }

// job is a transaction to run.
type job struct {
	begin string
	limit time.Duration
	fn    func(session) error
	tries int  // how often it is run again at most
	alone bool // its first exchange is its only one
}

func (p *postgres) read(ctx context.Context, atOnce bool, fn func(session) error) (c cost, err error) {
	j := job{begin: beginRead, limit: longestTx, fn: fn, tries: maxRetries, alone: atOnce}
	if err = p.repeat(ctx, &c, j); errors.Is(err, errMore) {
		j.alone = false
		err = p.repeat(ctx, &c, j)
	}
	return c, err
}

func (p *postgres) write(ctx context.Context, _ bool, fn func(session) error) (durable func() error, c cost, err error) {
	err = p.repeat(ctx, &c, job{begin: beginWrite, limit: longestTx, fn: fn, tries: maxRetries})
	return nil, c, err
}

// repeat runs a transaction until it succeeds, or fails for a reason of its own. One that would have to be run again after ctx is done
// fails with the cause of that.
func (p *postgres) repeat(ctx context.Context, c *cost, j job) error {
	began := time.Now()
	for pause := time.Millisecond; ; c.retries++ {
		again, err := p.once(ctx, c, j)
		switch {
		case again && ctx.Err() != nil:
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		case !again, c.retries >= j.tries, time.Since(began) > retryFor, p.pool.longAway():
			return err
		}
		time.Sleep(rand.N(pause))
		pause = min(2*pause, longestPause)
	}
}

// once runs a transaction and reports whether it may be run again: it has certainly changed nothing. Waiting for a
// connection ends with ctx; the transaction itself does not, since cancelling a statement would cost the connection.
func (p *postgres) once(ctx context.Context, c *cost, j job) (again bool, err error) {
	conn, err := p.pool.take(ctx, j.limit)
	if err != nil {
		return unreachable(err), err
	}
	defer p.pool.give(conn)

	s := &pgSession{conn: conn, begin: j.begin, cost: c, alone: j.alone, plain: j.alone && conn.repeatable}
	outcome := rollback
	defer func() { s.end(outcome) }() // covers panics too
	if err = j.fn(s); err == nil && j.begin != beginRead {
		err = s.commit()
	}
	switch { // whatever fn has returned
	case s.more:
		return false, errMore
	case s.lost != nil:
		return true, s.lost
	}
	if err == nil {
		outcome = commit
	}
	return false, err
}

func (p *postgres) migrate(ctx context.Context, m migration) error {
	_, err := p.read(ctx, false, func(s session) error { // the usual case needs no lock
		done, err := applied(s)
		if err != nil {
			return err
		}
		missing, err := pending(m.steps, done)
		if err == nil && len(missing) > 0 {
			err = errPending
		}
		return err
	})
	if code(err) == undefinedTable { // a new database
		err = errPending
	}
	if !errors.Is(err, errPending) {
		return err
	}

	// READ COMMITTED, so that a transaction that has waited for the lock sees what its former holder committed. The lock
	// ends with the transaction.
	return p.repeat(ctx, &cost{}, job{begin: beginMigrate, limit: longestMigration, tries: maxRetries, fn: func(s session) error {
		// The server ends the transaction of a program that was stopped in the middle, before the announcement runs out, also where a
		// pooler stands before it (greet).
		for _, query := range []string{
			fmt.Sprintf("SET LOCAL idle_in_transaction_session_timeout = %d", longestIdle.Milliseconds()),
			"SELECT pg_advisory_xact_lock(7094527, hashtext(current_schema()))",
		} {
			if _, err := s.run(statement{query: query}); err != nil {
				return s.translate(err)
			}
		}
		return m.apply(s, postgresDialect)
	}})
}

var errPending = errors.New("migrations are pending")

// ping asks for an answer. Connections that have died in the meantime are no reason to say no.
func (p *postgres) ping(ctx context.Context) error {
	return p.repeat(ctx, &cost{}, job{begin: beginRead, limit: longestTx, fn: func(s session) error {
		_, err := s.run(statement{query: "SELECT 1"})
		if err != nil {
			err = s.translate(err)
		}
		return err
	}, tries: 2})
}

func (p *postgres) close() error {
	p.pool.close()
	return nil
}
