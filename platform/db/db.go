package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

// DB is an open database. It is safe for concurrent use.
type DB struct {
	opts    Options
	engine  engine
	steps   []step // the migrations that this program knows
	memo    memo
	changes changes
	fence   fence
	trouble trouble
}

// Options are the options of a database; the zero value is right for production.
type Options struct {
	// Now is the clock behind [Tx.Now]; nil is time.Now.
	Now func() time.Time

	// Observe, if set, is told of every finished transaction, with the context that it was begun with.
	Observe func(ctx context.Context, t Transaction)

	// MaxConns bounds the connections to PostgreSQL and the readers of SQLite; 0 is a bound that suits the machine.
	MaxConns int

	// ReadOnly opens a database that is there and has this program's schema, and refuses every write.
	ReadOnly bool

	// Fast gives up durability on SQLite (synchronous=OFF). For tests only: a power cut may lose or ruin the file.
	Fast bool

	// Watch makes sure that a newer program's migrations are noticed within seconds: for servers, which are open for long.
	Watch bool

	// Contract is called before migrations that are run on a database with data and beside which older programs cannot serve.
	// They have been announced; Contract returns when no program serves any more that does not know the migration needs. With nil
	// such migrations are not run: Open answers ErrOlder.
	Contract func(ctx context.Context, d *DB, needs string) error

	// Migrations replaces the built-in schema; for tests of the runner.
	Migrations fs.FS
}

// Transaction is what a finished transaction has cost.
type Transaction struct {
	Kind       string        // "read" or "write"
	Took       time.Duration // waiting and committing included
	Retries    int           // how often it was run again, after a conflict or on another connection
	Statements int           // those that its closure ran, all runs together
	RoundTrips int           // how often it waited for the server; 0 on SQLite
}

// engine is the part that differs between the two databases.
type engine interface {
	name() string
	// read runs fn on a snapshot. If it was told that fn asks everything at once, it counts on no statement after the first answer.
	read(ctx context.Context, atOnce bool, fn func(session) error) (cost, error)
	// write runs fn in a transaction. If it was told not to wait, durable waits for the commit and returns its error; a
	// nil durable means that the commit has succeeded.
	write(ctx context.Context, soon bool, fn func(session) error) (durable func() error, c cost, err error)
	migrate(ctx context.Context, m migration) error
	ping(ctx context.Context) error
	stats() []Stats
	close() error
}

// cost is what an engine counts.
type cost struct {
	retries, roundTrips int
}

// Open opens the database that url names and brings its schema up to date under a lock. The url is
// "sqlite:/path/to/file.db" (the file is made if absent) or "postgres://user@host/name?…" with the parameters that pgx
// knows, pool_max_conns, pool_max_conn_lifetime and target_session_attrs among them, and pooler=transaction.
func Open(ctx context.Context, url string, opts Options) (*DB, error) {
	opts = opts.filled()
	d := &DB{opts: opts, fence: fence{turn: make(chan struct{}, 1)}}

	var err error
	switch scheme, rest, _ := strings.Cut(url, ":"); scheme {
	case "sqlite":
		d.engine, err = openSQLite(strings.TrimPrefix(rest, "//"), opts)
	case "postgres", "postgresql":
		d.engine, err = openPostgres(ctx, url, opts)
	default:
		return nil, fmt.Errorf("open database: the url must begin with sqlite: or postgres:, not with %q", scheme)
	}
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}

	d.steps, err = readSteps(opts.Migrations)
	if err == nil {
		err = d.prepare(ctx)
	}
	if err != nil {
		_ = d.engine.close() // the reason for giving up matters more
		return nil, fmt.Errorf("migrate database: %w", err)
	}
	return d, nil
}

// prepare brings the schema up to date. Read-only, it answers ErrOlder when that were necessary.
func (d *DB) prepare(ctx context.Context) error {
	var err error
	if d.opts.ReadOnly {
		_, err = d.engine.read(ctx, false, d.current)
	} else {
		err = d.migrate(ctx)
	}
	if newer, ok := errors.AsType[*newerError](err); ok {
		return d.tolerate(ctx, newer)
	}
	return err
}

// current answers ErrOlder when migrations are missing.
func (d *DB) current(s session) error {
	done, err := applied(s)
	if err != nil {
		return fmt.Errorf("%w (%w)", ErrOlder, err) // without the table
	}
	missing, err := pending(d.steps, done)
	if err == nil && len(missing) > 0 {
		err = ErrOlder
	}
	return err
}

// Read runs fn on one snapshot, which other writes do not change. fn cannot write. It may run more than once, as that of
// Write. A Read inside another's closure may wait for ever when all connections are taken.
func (d *DB) Read(ctx context.Context, fn func(tx *Tx) error) error {
	return d.guarded(ctx, func() error { return d.read(ctx, false, fn) })
}

// ReadAtOnce is Read for a closure that, as a rule, asks everything before it needs the first answer ([Ask]): on PostgreSQL the
// whole transaction is one round trip. A closure that asks on after the first answer is run again, as by Read.
func (d *DB) ReadAtOnce(ctx context.Context, fn func(tx *Tx) error) error {
	return d.guarded(ctx, func() error { return d.read(ctx, true, fn) })
}

func (d *DB) read(ctx context.Context, atOnce bool, fn func(tx *Tx) error) error {
	began, statements := time.Now(), 0
	cost, err := d.engine.read(ctx, atOnce, func(s session) error {
		if err := d.admit(ctx); err != nil {
			return err
		}
		tx := d.begin(ctx, s)
		defer func() { statements += tx.statements }()
		return tx.end(fn(tx))
	})
	d.observe(ctx, Transaction{Kind: "read", Took: time.Since(began), Statements: statements}, cost)
	d.note(err)
	return err
}

// Write runs fn as if it were alone and makes its changes durable, all or none; an error from fn rolls them back. fn may
// run more than once, so it must contain nothing but SQL and must set outer variables anew each time. Once begun, a write
// is finished even if ctx is cancelled. A Write inside a Write deadlocks.
func (d *DB) Write(ctx context.Context, fn func(tx *Tx) error) error {
	return d.write(ctx, false, fn)
}

// WriteSoon is Write without waiting for the disk, for changes that may be lost if the program dies within the next few
// milliseconds. Later writes see them at once; on SQLite, reads may see them only after they have reached the disk.
func (d *DB) WriteSoon(ctx context.Context, fn func(tx *Tx) error) error {
	return d.write(ctx, true, fn)
}

func (d *DB) write(ctx context.Context, soon bool, fn func(tx *Tx) error) error {
	if d.opts.ReadOnly {
		return errReading
	}
	return d.guarded(ctx, func() error { return d.writeOnce(ctx, soon, fn) })
}

func (d *DB) writeOnce(ctx context.Context, soon bool, fn func(tx *Tx) error) error {
	began, statements := time.Now(), 0
	var tx *Tx
	durable, cost, err := d.engine.write(ctx, soon, func(s session) error {
		if err := d.admit(ctx); err != nil {
			return err
		}
		tx = d.begin(ctx, s)
		tx.writing = true
		defer func() { statements += tx.statements }()
		return tx.end(fn(tx))
	})
	d.observe(ctx, Transaction{Kind: "write", Took: time.Since(began), Statements: statements}, cost)
	d.note(err)
	if err != nil {
		return err
	}
	if len(tx.committed) == 0 {
		return nil
	}
	if durable == nil {
		tx.runCommitted()
		return nil
	}
	go func() {
		if durable() == nil {
			tx.runCommitted()
		}
	}()
	return nil
}

// Now is the present moment as transactions would see it.
func (d *DB) Now() time.Time { return d.opts.Now().UTC().Truncate(time.Millisecond) }

func (d *DB) begin(ctx context.Context, s session) *Tx {
	return &Tx{Now: d.Now(), ctx: ctx, db: d, session: s}
}

func (d *DB) observe(ctx context.Context, t Transaction, c cost) {
	if d.opts.Observe != nil {
		t.Retries, t.RoundTrips = c.retries, c.roundTrips
		d.opts.Observe(ctx, t)
	}
}

// Ping says whether the database answers.
func (d *DB) Ping(ctx context.Context) error {
	err := d.engine.ping(ctx)
	d.note(err)
	return err
}

// Engine is "sqlite" or "postgres".
func (d *DB) Engine() string { return d.engine.name() }

// Close waits for the writer and closes all connections.
func (d *DB) Close() error { return d.engine.close() }
