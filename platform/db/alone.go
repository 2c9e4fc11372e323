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

// ErrLinked says that a SQLite file has several names.
var ErrLinked = errors.New("the database file has another name, a hard link: SQLite would keep the log of each name apart, and servers would not notice each other")

// ErrMounted says that a SQLite file is a mount of its own.
var ErrMounted = errors.New("the database file is mounted by itself: SQLite keeps its log beside the file, where the mount does not reach; mount the folder instead")

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
	file, err := os.OpenFile(leadsTo(name)+".lock", os.O_RDWR|os.O_CREATE, 0o600)
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

// oneLog makes sure that a SQLite file has one log. The log, and the lock of Alone, stand beside a name of the file: two programs that
// reach one file in different folders would destroy it. It answers ErrLinked for a file with more than one name, whichever of them is
// path, and ErrMounted for one that a container was given without its folder.
func oneLog(path string) error {
	n, err := links(path)
	switch {
	case err != nil:
		return err
	case n > 1:
		return fmt.Errorf("%w (%s has %d names: `find / -samefile` finds them)", ErrLinked, path, n)
	case mounted(path):
		return fmt.Errorf("%w (%s)", ErrMounted, path)
	}
	return nil
}

// mostLinks bounds how many symbolic links lead to a file, as systems do.
const mostLinks = 40

// leadsTo is the file that a name leads to by symbolic links, also if it is yet to be made: one file has one lock, whatever leads to it.
func leadsTo(name string) string {
	for range mostLinks {
		if folder, err := filepath.EvalSymlinks(filepath.Dir(name)); err == nil {
			name = filepath.Join(folder, filepath.Base(name))
		}
		next, err := os.Readlink(name)
		if err != nil {
			break // it is none
		}
		if !filepath.IsAbs(next) {
			next = filepath.Join(filepath.Dir(name), next)
		}
		name = next
	}
	return name
}
