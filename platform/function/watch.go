package function

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Bounds of what is looked at for changes.
const (
	maxWatched = 2000
	watchEvery = 300 * time.Millisecond
)

// watch notices changed files of a folder.
type watch struct {
	root string
	skip string // begins the paths of files that do not matter; empty: none

	mu     sync.Mutex
	looked time.Time
	sum    uint64
}

var errEnough = errors.New("enough files")

// changed reports whether a file's name, size or time differs from the last look, at most one every watchEvery.
func (w *watch) changed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if time.Since(w.looked) < watchEvery {
		return false
	}
	before := w.sum
	w.sum = w.look()
	first := w.looked.IsZero()
	w.looked = time.Now()
	return !first && w.sum != before
}

// look sums up the folder's files. What installs and interpreters write by themselves is left out.
func (w *watch) look() uint64 {
	sum := fnv.New64a()
	files := 0
	_ = filepath.WalkDir(w.root, func(name string, entry fs.DirEntry, err error) error { // what cannot be read is no file
		if err != nil {
			return nil
		}
		if entry.IsDir() {
			hidden := name != w.root && strings.HasPrefix(entry.Name(), ".")
			if hidden || entry.Name() == "node_modules" || entry.Name() == "__pycache__" {
				return filepath.SkipDir
			}
			return nil
		}
		if w.skip != "" && strings.HasPrefix(name, w.skip) {
			return nil
		}
		if files++; files > maxWatched {
			return errEnough
		}
		if info, err := entry.Info(); err == nil {
			fmt.Fprintf(sum, "%s\x00%d\x00%d\x00", name, info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
	return sum.Sum64()
}

// absolute is a path as the watch meets it; empty stays empty.
func absolute(path string) string {
	if path == "" {
		return ""
	}
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return path
}
