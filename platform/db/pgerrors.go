package db

import (
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// SQLSTATE codes, Appendix A of PostgreSQL's manual.
const (
	divisionByZero       = "22012"
	uniqueViolation      = "23505"
	readOnlyTransaction  = "25006"
	idleInTransaction    = "25P03"
	unknownStatement     = "26000"
	serializationFailure = "40001"
	deadlock             = "40P01"
	undefinedTable       = "42P01"
	notSupported         = "0A000" // also SERIALIZABLE on a standby, and a prepared statement whose columns have changed
	diskFull             = "53100"
	tooManyConnections   = "53300"
	adminShutdown        = "57P01"
	crashShutdown        = "57P02"
	cannotConnectNow     = "57P03"
	databaseDropped      = "57P04"
	dataCorrupted        = "XX001"
	indexCorrupted       = "XX002"
)

func code(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// conflict reports whether err is PostgreSQL asking for the transaction to be run again.
func conflict(err error) bool {
	c := code(err)
	return c == serializationFailure || c == deadlock
}

// outdated reports whether err may be due to what was true when the connection was made: the server could be written to,
// and its tables had other columns.
func outdated(err error) bool {
	switch code(err) {
	case readOnlyTransaction, unknownStatement, notSupported:
		return true
	}
	return false
}

// shared reports whether what has broken a connection has broken its siblings too.
func shared(err error) bool {
	switch code(err) {
	case adminShutdown, crashShutdown, cannotConnectNow, databaseDropped:
		return true
	}
	return outdated(err) || timeout(err)
}

// fatal reports whether the server has ended the connection with the error.
func fatal(err *pgconn.PgError) bool {
	for _, severity := range []string{err.SeverityUnlocalized, err.Severity} {
		if severity == "FATAL" || severity == "PANIC" {
			return true
		}
	}
	return false
}

// unreachable reports whether a connection could not be made for a reason that may pass: a server that is not there, starts,
// is full, or may not be written to.
func unreachable(err error) bool {
	switch c := code(err); {
	case c == tooManyConnections, strings.HasPrefix(c, "08"), strings.HasPrefix(c, "57"):
		return true
	case c != "":
		return false
	}
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	_, sending := errors.AsType[net.Error](err)
	return connecting || sending || errors.Is(err, io.ErrUnexpectedEOF)
}

func timeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}
