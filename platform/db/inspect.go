package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// oldestPostgres is the oldest version of PostgreSQL that the schema and the statements are tested on, as the server numbers it.
const oldestPostgres = 130000

// inspectWithin bounds the look at a database.
const inspectWithin = 10 * time.Second

// Inspect looks at the database that url names as a server would find it, and changes nothing: whether it answers and lets its user in,
// can be written, is of a version that this program knows, and gives the rights that are needed. wrong keeps a server from starting or
// from writing; doubtful is for the operator to know. fresh says that nothing is in it yet, or an older schema.
func Inspect(ctx context.Context, url string) (fresh bool, wrong, doubtful []error) {
	if err := CheckURL(url); err != nil {
		return true, []error{err}, nil
	}
	if strings.HasPrefix(url, "sqlite:") {
		return inspectSQLite(ctx, url)
	}
	ctx, cancel := context.WithTimeout(ctx, inspectWithin)
	defer cancel()
	config, err := pgx.ParseConfig(driverURL(url))
	if err != nil {
		return true, []error{err}, nil
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeExec // a pooler may stand before the server
	conn, err := connectAsServer(ctx, config, url)
	if err != nil {
		return true, []error{refusal(err)}, nil
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // nothing was written
	i := inspection{ctx: ctx, conn: conn}
	for _, err := range []error{inspectPooler(ctx, url, conn.PgConn()), i.run()} {
		if err != nil {
			i.wrong = append(i.wrong, err)
		}
	}
	return i.fresh, i.wrong, i.doubtful
}

// connectAsServer connects to the host that a server would take, the first that can be written to. Where none can be, it takes the first
// that answers, which then tells more than a refusal.
func connectAsServer(ctx context.Context, config *pgx.ConnConfig, url string) (*pgx.Conn, error) {
	if anyServer(&config.Config, url) {
		writable := config.Copy()
		writable.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
		if conn, err := pgx.ConnectConfig(ctx, writable); err == nil || ctx.Err() != nil {
			return conn, err
		}
	}
	return pgx.ConnectConfig(ctx, config)
}

// inspectPooler answers ErrPooler where a server would, which makes its connections in another way than this look.
func inspectPooler(ctx context.Context, url string, conn *pgconn.PgConn) error {
	address, err := parseAddress(url, Options{ReadOnly: true})
	if err != nil || address.pooler {
		return err
	}
	direct, err := greet(ctx, conn)
	if err != nil || direct {
		return err
	}
	return detectPooler(ctx, address.config, conn)
}

// inspectSQLite reads the schema of a file that is there.
func inspectSQLite(ctx context.Context, url string) (fresh bool, wrong, doubtful []error) {
	path := strings.TrimPrefix(strings.TrimPrefix(url, "sqlite:"), "//")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return true, nil, []error{fmt.Errorf("%s is not there yet: the first start makes it", path)}
	}
	d, err := Open(ctx, url, Options{ReadOnly: true})
	if errors.Is(err, ErrOlder) {
		return true, nil, []error{errors.New("it has no schema, or an older version's: the next start brings it up to date")}
	}
	if err != nil {
		return true, []error{err}, nil
	}
	defer func() { _ = d.Close() }() // nothing was written
	var done []string
	_, err = d.engine.read(ctx, false, func(s session) (err error) {
		done, err = applied(s)
		return err
	})
	if err := errors.Join(err, d.CheckSchema(ctx)); err != nil {
		return true, []error{err}, nil
	}
	return false, nil, beside(d.steps, done)
}

// beside tells of the migrations of a newer version beside which this one may serve.
func beside(steps []step, done []string) []error {
	newer := slices.DeleteFunc(slices.Clone(done), func(name string) bool { return knows(steps, name) })
	if len(newer) == 0 {
		return nil
	}
	return []error{fmt.Errorf("a newer version has added to the schema (%s), and this one may serve beside it", strings.Join(newer, ", "))}
}

// refusal says why PostgreSQL cannot be connected to. The driver's errors show no password.
func refusal(err error) error {
	said, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return errors.New("the server does not answer: " + onOneLine(err.Error()))
	}
	switch said.Code {
	case "28P01", "28000":
		return fmt.Errorf("the server refuses this user or password: %s", said.Message)
	case "3D000":
		return fmt.Errorf("there is no such database: %s", said.Message)
	case "42501":
		return fmt.Errorf("the user may not connect to this database: %s", said.Message)
	}
	return fmt.Errorf("the server refuses the connection: %s (%s)", said.Message, said.Code)
}

// onOneLine joins the lines of the driver's errors. It tries each address with TLS and without, and tells of both: what has been told
// is left out.
func onOneLine(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !slices.ContainsFunc(lines, func(before string) bool { return strings.HasSuffix(before, line) }) {
			lines = append(lines, line)
		}
	}
	return strings.Replace(strings.Join(lines, "; "), ":; ", ": ", 1)
}

// inspection looks at one PostgreSQL database.
type inspection struct {
	ctx             context.Context
	conn            *pgx.Conn
	fresh           bool
	wrong, doubtful []error
}

func (i *inspection) run() error {
	var version int
	var schema *string
	var replica, readOnly, creates bool
	err := i.conn.QueryRow(i.ctx, `
		SELECT current_setting('server_version_num')::int, pg_is_in_recovery(), current_setting('default_transaction_read_only')::bool,
			current_schema(), COALESCE(has_schema_privilege(current_schema(), 'CREATE'), FALSE)`).
		Scan(&version, &replica, &readOnly, &schema, &creates)
	if err != nil {
		return err
	}
	if version < oldestPostgres {
		i.wrong = append(i.wrong, fmt.Errorf("PostgreSQL %d is too old: at least %d is needed", version/10000, oldestPostgres/10000))
	}
	if replica || readOnly {
		i.wrong = append(i.wrong, errors.New("the server is read-only, such as a replica: name the primary, or several hosts with target_session_attrs=read-write"))
	}
	if schema == nil {
		i.wrong = append(i.wrong, errors.New("the search_path names no schema that is there and that the user may use"))
		i.fresh = true
		return nil
	}
	return i.tables(creates)
}

// tables compares what is there with the schema of this program.
func (i *inspection) tables(creates bool) error {
	steps, err := readSteps(builtin)
	if err != nil {
		return err
	}
	var there bool
	if err := i.conn.QueryRow(i.ctx, `SELECT to_regclass('migration') IS NOT NULL`).Scan(&there); err != nil {
		return err
	}
	var done []string
	if there {
		rows, err := i.conn.Query(i.ctx, readApplied)
		if err != nil {
			return err
		}
		if done, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			return fmt.Errorf("the schema cannot be read: %w", err)
		}
	}
	missing, err := pending(steps, done)
	if newer, ok := errors.AsType[*newerError](err); err != nil && (!ok || newer.behind) {
		return err
	}
	if err := i.demands(steps, done); err != nil {
		return err
	}
	i.doubtful = append(i.doubtful, beside(steps, done)...)
	i.fresh = len(missing) > 0
	if i.fresh {
		i.doubtful = append(i.doubtful, fmt.Errorf("%d migrations are to be done: the next start brings the schema up to date", len(missing)))
		if !creates {
			i.wrong = append(i.wrong, errors.New("the user may not make tables in the schema, which the next start has to: GRANT CREATE ON SCHEMA"))
		}
	}
	return i.rights(steps)
}

// demands answers an error where a migration that has been applied, or is about to be, demands a newer program, as a server does.
func (i *inspection) demands(steps []step, done []string) error {
	var there bool
	if err := i.conn.QueryRow(i.ctx, `SELECT to_regclass('migration_need') IS NOT NULL`).Scan(&there); err != nil {
		return err
	}
	if !there {
		_, err := pending(steps, done) // each needs itself
		return err
	}
	rows, err := i.conn.Query(i.ctx, readNeeds, Millis(time.Now()))
	if err != nil {
		return err
	}
	var names []string
	var name, needs string
	_, err = pgx.ForEachRow(rows, []any{&name, &needs}, func() error {
		if !knows(steps, name) && !knows(steps, needs) {
			names = append(names, name)
		}
		return nil
	})
	if err == nil && len(names) > 0 {
		err = &newerError{names: names}
	}
	return err
}

// made finds the tables in a migration.
var made = regexp.MustCompile(`(?m)^CREATE TABLE (?:IF NOT EXISTS )?(\w+)`)

// rights looks whether the user may do with the tables that are there what a server does.
func (i *inspection) rights(steps []step) error {
	tables := []string{"migration"}
	for _, step := range steps {
		for _, match := range made.FindAllStringSubmatch(step.text, -1) {
			tables = append(tables, match[1])
		}
	}
	slices.Sort(tables)
	rows, err := i.conn.Query(i.ctx, `
		SELECT name
		FROM unnest($1::text[]) AS name
		WHERE to_regclass(name) IS NOT NULL
			AND NOT (has_table_privilege(name, 'SELECT') AND has_table_privilege(name, 'INSERT')
				AND has_table_privilege(name, 'UPDATE') AND has_table_privilege(name, 'DELETE'))`, slices.Compact(tables))
	if err != nil {
		return err
	}
	lacking, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err == nil && len(lacking) > 0 {
		i.wrong = append(i.wrong, fmt.Errorf("the user may not read and write %d of the tables, such as %s: GRANT SELECT, INSERT, UPDATE, DELETE", len(lacking), lacking[0]))
	}
	return err
}
