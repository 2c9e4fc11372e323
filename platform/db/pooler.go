package db

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// A pooler such as PgBouncer in transaction mode gives each transaction another connection to the server. What a session
// keeps on the server is lost or met by others: prepared statements with a name, settings, and parameters of the
// connection. With "pooler=transaction" in the URL nothing is kept: statements have no name and are parsed each time, and
// no parameter is sent that PgBouncer refuses.

// ErrPooler says that a pooler in transaction mode stands before the database and that the configuration does not say so.
var ErrPooler = errors.New("a pooler in transaction mode, such as PgBouncer, stands before PostgreSQL: " +
	"set database.pooler to \"transaction\", or connect to PostgreSQL itself")

// passed are the parameters of a connection that PgBouncer takes by itself.
var passed = map[string]bool{
	"application_name": true, "client_encoding": true, "datestyle": true, "timezone": true, "standard_conforming_strings": true,
}

// poolerParams reads whether a pooler is expected. pgx's own parameter for the same is understood too.
func (a *pgAddress) poolerParams(params map[string]string) error {
	switch text, _ := take(params, "pooler"); text {
	case "", "none":
	case "transaction":
		a.pooler = true
	default:
		return fmt.Errorf("pooler is %q, neither \"transaction\" nor \"none\"", text)
	}
	switch text, _ := take(params, "default_query_exec_mode"); text {
	case "", "cache_statement":
	case "cache_describe", "describe_exec", "exec", "simple_protocol":
		a.pooler = true
	default:
		return fmt.Errorf("default_query_exec_mode is %q, which is unknown", text)
	}
	if !a.pooler {
		return nil
	}
	for name := range params {
		if !passed[name] {
			return fmt.Errorf("the parameter %s of the url does not reach PostgreSQL through a pooler in transaction mode: "+
				"set it there, by ALTER ROLE … SET %s", name, name)
		}
	}
	return nil
}

// greet has the server end a new connection should this program stop in the middle of a transaction without a word, and give
// transactions that do not say otherwise one snapshot. It tells whether the connection leads to the server itself: a server knows itself
// by the number that it gave the connection at its start, a pooler has given another.
func greet(ctx context.Context, conn *pgconn.PgConn) (direct bool, err error) {
	pid, err := askPID(ctx, conn, fmt.Sprintf(`SELECT pg_backend_pid(), CASE WHEN pg_backend_pid() = %d THEN
		set_config('idle_in_transaction_session_timeout', '%d', false) || set_config('default_transaction_isolation', 'repeatable read', false)
		END`, conn.PID(), longestIdle.Milliseconds()))
	return pid == conn.PID(), err
}

func askPID(ctx context.Context, conn *pgconn.PgConn, query string) (pid uint32, err error) {
	results, err := conn.Exec(ctx, query).ReadAll()
	if err != nil {
		return 0, err
	}
	last := results[len(results)-1]
	if len(last.Rows) == 0 {
		return 0, fmt.Errorf("%s answered nothing", query)
	}
	n, err := strconv.ParseUint(string(last.Rows[0][0]), 10, 32)
	return uint32(n), err
}

// Whether a pooler shares its connections is tried so often: on a busy one another program may take the connection in
// between.
const (
	poolerTries = 12
	poolerPause = 5 * time.Millisecond
)

// detectPooler answers ErrPooler for a pooler in transaction mode behind first. Two connections show the mode: if the
// server's process that has just served the first serves a transaction of the second, or if the first changes its process,
// they are shared.
func detectPooler(ctx context.Context, config *pgconn.Config, first *pgconn.PgConn) error {
	second, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer func() { _ = second.Close(ctx) }() // it was only asked
	pid, err := askPID(ctx, first, "SELECT pg_backend_pid()")
	if err != nil {
		return err
	}
	for range poolerTries {
		other, err := askPID(ctx, second, "BEGIN; SELECT pg_backend_pid()")
		if err == nil && other == pid {
			return ErrPooler
		}
		if _, e := second.Exec(ctx, "ROLLBACK").ReadAll(); e != nil || err != nil {
			return errors.Join(err, e)
		}
		now, err := askPID(ctx, first, "SELECT pg_backend_pid()")
		if err != nil {
			return err
		}
		if now != pid {
			return ErrPooler
		}
		time.Sleep(poolerPause)
	}
	return nil
}
