package db

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ErrServed says that another server runs on a SQLite file.
var ErrServed = errors.New("another server runs on this database file: a SQLite file has one server, several need PostgreSQL")

// errHeld says that another process holds a lock.
var errHeld = errors.New("the lock is held")

// Alone makes sure that no other server runs on the SQLite file that url names, until release is called or the process ends,
// however it ends; otherwise it answers ErrServed. The lock is the operating system's, on a file beside the database, and of
// servers alone: commands work beside them. PostgreSQL serves many, and Alone does nothing.
func Alone(url string) (release func(), err error) {
	rest, found := strings.CutPrefix(url, "sqlite:")
	if !found {
		return func() {}, nil
	}
	name := strings.TrimPrefix(rest, "//")
	if name == "" {
		return func() {}, nil // Open says what is wrong
	}
	if real, err := filepath.EvalSymlinks(name); err == nil { // one file has one lock, whatever leads to it
		name = real
	}
	file, err := os.OpenFile(name+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock database: %w", err)
	}
	if err := lock(file); err != nil {
		_ = file.Close() // nothing was written
		if errors.Is(err, errHeld) {
			return nil, fmt.Errorf("%w (%s is locked)", ErrServed, file.Name())
		}
		return nil, fmt.Errorf("lock database: %s: %w", file.Name(), err)
	}
	return func() { _ = file.Close() }, nil // which unlocks it; the file stays, or two servers could lock two files
}
