package db

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// mounted reports whether a file is a mount of its own, as far as the system tells.
func mounted(path string) bool {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false
	}
	if path, err = filepath.Abs(path); err != nil {
		return false
	}
	mounts, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return false
	}
	defer func() { _ = mounts.Close() }() // nothing was written
	return mountedBy(mounts, path)
}

// unescape undoes how mountinfo writes the characters that end its fields and lines (proc_pid_mountinfo(5)).
var unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

// mountedBy reports whether a path is among the mounts of a mountinfo.
func mountedBy(mountinfo io.Reader, path string) bool {
	lines := bufio.NewScanner(mountinfo)
	lines.Buffer(nil, 1<<20) // an overlay has a long line
	for lines.Scan() {
		if fields := strings.Fields(lines.Text()); len(fields) > 4 && unescape.Replace(fields[4]) == path {
			return true
		}
	}
	return false
}
