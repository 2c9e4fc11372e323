package memory

import (
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// where the control groups of version 2 are mounted.
const mount = "sys/fs/cgroup"

// Limit is the least limit, in bytes, of the control groups that the process is in. files are those of the machine, from its
// root. ok is false where there is no limit.
func Limit(files fs.FS) (bytes int64, ok bool) {
	text, err := fs.ReadFile(files, "proc/self/cgroup")
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		group, found := strings.CutPrefix(strings.TrimSpace(line), "0::") // version 2 has one line, with this number
		if !found {
			continue
		}
		for at := path.Clean("/" + group); ; at = path.Dir(at) {
			if limit, set := read(files, mount+at); set && (!ok || limit < bytes) {
				bytes, ok = limit, true
			}
			if at == "/" {
				return bytes, ok
			}
		}
	}
	return 0, false
}

// read is the limit of one control group. "max" is none.
func read(files fs.FS, group string) (bytes int64, ok bool) {
	text, err := fs.ReadFile(files, path.Join(group, "memory.max"))
	if err != nil {
		return 0, false
	}
	bytes, err = strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return bytes, err == nil && bytes > 0
}
