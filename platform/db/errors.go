package db

import "errors"

var (
	// ErrNotFound says that a query for one row found none.
	ErrNotFound = errors.New("not found")

	// ErrExists says that a row with this key is already there.
	ErrExists = errors.New("already exists")

	// ErrStale says that a conditional update hit no row: the row has changed since it was read.
	ErrStale = errors.New("changed meanwhile")

	// ErrUnsure says that a transaction has taken place, or has not: the connection to PostgreSQL was lost after COMMIT had been sent
	// and before its answer came, or the disk has failed while SQLite wrote the commit.
	ErrUnsure = errors.New("the database has not said whether it has committed")

	// ErrNewer says that the database was last used by a newer program, whose schema this one does not know.
	ErrNewer = errors.New("the database belongs to a newer version of this program")

	// ErrOlder says that a database which is opened to be read only has the schema of an older program, or none.
	ErrOlder = errors.New("the database is not of this version of the program: start a server on it first")

	// ErrLate says that the announcement of migrations ran out before they were run: older programs may serve again.
	ErrLate = errors.New("older programs were told to stop too long ago, this program was held up: start it again")

	// ErrUnreleased says that the database was made before the first release. Nothing upgrades it.
	ErrUnreleased = errors.New("the database was made by a version before the first release and cannot be upgraded: use a new one")

	errClosed  = errors.New("database is closed")
	errEnded   = errors.New("statement after the end of its transaction")
	errNested  = errors.New("statement inside the scan of another")
	errReading = errors.New("read-only transaction")
)
