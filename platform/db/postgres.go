package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"runtime"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// A write that loses against others is run again, with growing pauses, until either bound is reached.
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

// postgres is the PostgreSQL engine.
type postgres struct {
	pool *sql.DB
}

func openPostgres(address string, opts Options) (*postgres, error) {
	address, count, err := poolSize(address, opts.MaxConns)
	if err != nil {
		return nil, err
	}
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, err
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 5 * time.Second
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "cardea"
	}

	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(count)
	pool.SetMaxIdleConns(count) // fewer would redial all the time
	return &postgres{pool: pool}, nil
}

// poolSize takes pool_max_conns out of the address, which pgx would pass on to the server.
func poolSize(address string, count int) (string, int, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", 0, errors.New("the url cannot be parsed") // the parser's error would show the password
	}
	query := u.Query()
	if text := query.Get("pool_max_conns"); text != "" {
		if count, err = strconv.Atoi(text); err != nil || count < 1 {
			return "", 0, fmt.Errorf("pool_max_conns is %q, not a count", text)
		}
		query.Del("pool_max_conns")
		u.RawQuery = query.Encode()
		address = u.String()
	}
	if count <= 0 {
		count = min(max(8, 4*runtime.GOMAXPROCS(0)), 64)
	}
	return address, count, nil
}

func (p *postgres) name() string { return "postgres" }

var (
	reading = &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	writing = &sql.TxOptions{Isolation: sql.LevelSerializable}
)

func (p *postgres) read(ctx context.Context, fn func(session) error) (c cost, err error) {
	return c, p.once(ctx, &c, run{longestTx, reading, fn})
}

func (p *postgres) write(ctx context.Context, _ bool, fn func(session) error) (durable func() error, c cost, err error) {
	began := time.Now()
	for pause := time.Millisecond; ; c.retries++ {
		err = p.once(ctx, &c, run{longestTx, writing, fn})
		if !conflict(err) || c.retries >= maxRetries || time.Since(began) > retryFor {
			return nil, c, err
		}
		time.Sleep(rand.N(pause))
		pause = min(2*pause, longestPause)
	}
}

// run is one run of a transaction.
type run struct {
	limit time.Duration
	opts  *sql.TxOptions
	fn    func(session) error
}

// once runs fn in one transaction. Waiting for a connection ends with ctx; the transaction itself does not, since
// cancelling a statement would cost the connection.
func (p *postgres) once(ctx context.Context, c *cost, r run) error {
	conn, err := p.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // back to the pool

	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.limit)
	defer cancel()
	c.roundTrips++
	tx, err := conn.BeginTx(ctx, r.opts)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing; covers panics too

	s := &pgSession{ctx: ctx, tx: tx, cost: c}
	c.roundTrips++ // for the end
	if err := r.fn(s); err != nil {
		if s.lost != nil {
			return s.lost // whatever fn returned, it is run again
		}
		return err
	}
	return s.translate(tx.Commit())
}

// conflict reports whether err is PostgreSQL asking for the transaction to be run again.
func conflict(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40001" || e.Code == "40P01")
}

func (p *postgres) migrate(ctx context.Context, steps []step, now time.Time) error {
	_, err := p.read(ctx, func(s session) error { // the usual case needs no lock
		done, err := applied(s)
		if err != nil {
			return err
		}
		missing, err := pending(steps, done)
		if err == nil && len(missing) > 0 {
			err = errPending
		}
		return err
	})
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == "42P01" { // no such table: a new database
		err = errPending
	}
	if !errors.Is(err, errPending) {
		return err
	}

	// READ COMMITTED, so that a transaction that has waited for the lock sees what its former holder committed. The lock
	// ends with the transaction.
	return p.once(ctx, &cost{}, run{longestMigration, nil, func(s session) error {
		if _, err := s.exec("SELECT pg_advisory_xact_lock(7094527, hashtext(current_schema()))", nil); err != nil {
			return err
		}
		return apply(s, postgresDialect, steps, now)
	}})
}

var errPending = errors.New("migrations are pending")

func (p *postgres) ping(ctx context.Context) error {
	return p.pool.PingContext(ctx)
}

func (p *postgres) close() error { return p.pool.Close() }

// pgSession is a transaction on PostgreSQL.
type pgSession struct {
	ctx  context.Context
	tx   *sql.Tx
	cost *cost
	lost error // the conflict that ended it
}

func (s *pgSession) exec(query string, args []any) (int64, error) {
	s.cost.roundTrips++
	result, err := s.tx.ExecContext(s.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (s *pgSession) query(query string, args []any) (rows, error) {
	s.cost.roundTrips++
	found, err := s.tx.QueryContext(s.ctx, query, args...)
	if err != nil {
		return nil, err // not a nil *sql.Rows in a non-nil interface
	}
	return found, nil
}

func (s *pgSession) translate(err error) error {
	if conflict(err) {
		s.lost = err
		return err
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == "23505" {
		return fmt.Errorf("%w: %w", ErrExists, err)
	}
	return err
}
