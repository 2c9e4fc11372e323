package db

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// replaceLog puts a device in the place of the write-ahead log that the writer has open, and of no other connection's.
func replaceLog(t *testing.T, l *lite, device string) {
	t.Helper()
	for range cap(l.readers) {
		if conn := <-l.readers; conn != nil {
			conn.close()
		}
		l.readers <- nil
	}
	address, err := url.Parse(l.address)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(device, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	found := 0
	links, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if target, err := os.Readlink(link); err != nil || target != address.Path+"-wal" {
			continue // another file, or one that has been closed
		}
		fd, err := strconv.Atoi(filepath.Base(link))
		if err != nil {
			t.Fatal(err)
		}
		if err := unix.Dup3(int(file.Fd()), fd, unix.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		found++
	}
	if found != 1 {
		t.Fatalf("%d logs are open", found)
	}
}

// A log that takes what is written and cannot be synced may hold the commit after a crash; one that has no room cannot.
func TestSQLiteCommitThatCannotBeSyncedIsUnsure(t *testing.T) {
	t.Parallel()
	for device, unsure := range map[string]bool{"/dev/zero": true, "/dev/full": false} {
		t.Run(filepath.Base(device), func(t *testing.T) {
			t.Parallel()
			d, l := openFile(t, Options{})
			write := func(key string) error { return d.Write(t.Context(), func(tx *Tx) error { return put(tx, key) }) }
			if err := write("before"); err != nil {
				t.Fatal(err)
			}
			replaceLog(t, l, device)
			errs := atOnce(t, d, &l.writer, []func(*Tx) error{
				func(tx *Tx) error { return put(tx, "a") },
				func(tx *Tx) error { return put(tx, "b") },
			})
			for _, err := range errs {
				if err == nil || errors.Is(err, ErrUnsure) != unsure {
					t.Errorf("got %v, want ErrUnsure: %v", err, unsure)
				}
			}
			if d.Unwritable() == nil {
				t.Error("the database is not known to take no writes")
			}
			if err := write("after"); err != nil {
				t.Fatal(err)
			}
			if got := keys(t, d); got != "after before" {
				t.Errorf("got %s", got)
			}
		})
	}
}
