package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"syscall"
	"time"
)

// looks is how often a file is asked whether it is still the one of its name.
const looks = time.Second

// file is a file that records are appended to. It goes on with a new one when it was renamed or removed.
type file struct {
	path string
	now  func() time.Time

	mu     sync.Mutex
	f      *os.File // nil after it could not be opened anew
	looked time.Time
	torn   bool  // the last line is not whole
	err    error // of the last write; nil: it was written
}

// openFile opens a file to append to it, which only its owner may read.
func openFile(path string, now func() time.Time) (*file, error) {
	f := &file{path: path, now: now}
	return f, f.reopen()
}

func (f *file) reopen() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.open()
}

// open opens the file of the name, in the place of the one that is open. It does not wait for whoever reads a pipe.
func (f *file) open() error {
	opened, err := os.OpenFile(f.path, os.O_RDWR|os.O_APPEND|os.O_CREATE|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return err
	}
	torn, err := endsTorn(opened)
	if err != nil {
		_ = opened.Close() // the reason for giving up matters more
		return err
	}
	f.shut()
	f.f, f.torn, f.looked = opened, torn, f.now()
	return nil
}

// endsTorn reports whether the last line of a file is not whole, as one is whose writer was cut off.
func endsTorn(f *os.File) (bool, error) {
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	if !info.Mode().IsRegular() {
		return false, fmt.Errorf("%s is no regular file", f.Name())
	}
	if info.Size() == 0 {
		return false, nil
	}
	last := []byte{0}
	if _, err := f.ReadAt(last, info.Size()-1); err != nil {
		return false, err
	}
	return last[0] != '\n', nil
}

// shut closes what is open. Its error changes nothing: every write has told its own.
func (f *file) shut() {
	if f.f != nil {
		_ = f.f.Close()
		f.f = nil
	}
}

func (f *file) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.f == nil {
		return nil
	}
	err := f.f.Close()
	f.f = nil
	return err
}

// write appends a line. The line is in the hands of the operating system when it returns.
func (f *file) write(line []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = f.append(line)
	return f.err
}

func (f *file) append(line []byte) error {
	if err := f.follow(); err != nil {
		return err
	}
	if f.torn {
		line = append([]byte{'\n'}, line...)
	}
	n, err := f.f.Write(line)
	if err != nil {
		f.torn = f.torn || n > 0
		f.looked = time.Time{} // whoever mends it may have moved it
		return err
	}
	f.torn = false
	return nil
}

// follow opens the file of the name if that is another one by now, or none.
func (f *file) follow() error {
	now := f.now()
	if since := now.Sub(f.looked); f.f != nil && since >= 0 && since < looks {
		return nil
	}
	if f.f == nil {
		return f.open()
	}
	there, err := os.Stat(f.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	here, problem := f.f.Stat()
	if err == nil && problem == nil && os.SameFile(there, here) {
		f.looked = now
		return nil
	}
	return f.open()
}

// mend tells whether a record could be written. After a failure it tries with an empty line, which readers skip.
func (f *file) mend() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		return nil
	}
	f.err = f.append([]byte{'\n'})
	return f.err
}
