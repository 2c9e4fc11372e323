package dbtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// StartPostgres starts a throw-away PostgreSQL server that listens on a socket only, and returns the URL of its
// superuser. dir becomes its data directory, or is a former server's, even one that was killed; with "" a temporary one
// is made, and removed by stop. A durable server syncs every commit to the disk; one that is not is faster, for tests
// that do not kill the server. As root the server runs as the user postgres or nobody, who must be able to reach dir.
// The server also stops when the calling program ends in any way.
func StartPostgres(dir string, durable bool) (url string, stop func(), err error) {
	s := throwaway{temporary: dir == ""}
	if s.bin, err = binaries(); err != nil {
		return "", nil, err
	}
	if s.user, err = serverUser(); err != nil {
		return "", nil, err
	}
	if s.dir, err = prepareDir(dir, s.user); err != nil {
		return "", nil, err
	}

	var halt func()
	if err = s.initialize(); err == nil {
		halt, err = s.launch(durable)
	}
	if err != nil {
		s.discard()
		return "", nil, err
	}
	return s.url(), func() { halt(); s.discard() }, nil
}

// throwaway is a temporary server.
type throwaway struct {
	bin, dir  string
	user      credential
	temporary bool // dir goes with the server
}

func (s throwaway) url() string {
	return "postgres://postgres@/postgres?" + url.Values{"host": {s.dir}}.Encode()
}

// initialize fills the data directory, unless a former server did.
func (s throwaway) initialize() error {
	if _, err := os.Stat(filepath.Join(s.dir, "PG_VERSION")); err == nil {
		return nil
	}
	initdb := exec.Command(filepath.Join(s.bin, "initdb"),
		"-D", s.dir, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.Dir = "/"
	initdb.SysProcAttr = s.user.attributes()
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

// launch starts the server and waits until it answers. A server that was killed leaves child processes behind
// for a moment, during which a new one refuses to start: then launch tries again.
func (s throwaway) launch(durable bool) (halt func(), err error) {
	limit := 5 * time.Second
	if s.temporary {
		limit = 30 * time.Second
	}
	for range 6 {
		if halt, err = s.supervise(durable); err != nil {
			return nil, err
		}
		if err = waitFor(s.url(), limit); err == nil {
			return halt, nil
		}
		log, _ := os.ReadFile(filepath.Join(s.dir, "server.log")) // best effort
		err = fmt.Errorf("start PostgreSQL: %w\n%s", err, log)
		halt()
		if s.temporary {
			break
		}
	}
	return nil, err
}

func (s throwaway) discard() {
	if s.temporary {
		_ = os.RemoveAll(s.dir) // the supervisor may have been first
	}
}

// supervisor runs the server until its standard input ends, which it does when the test program stops, however it stops.
const supervisor = `
bin=$1; dir=$2; temporary=$3; shift 3
"$bin/postgres" -D "$dir" "$@" >"$dir/server.log" 2>&1 &
pid=$!
cat >/dev/null
kill -QUIT $pid
wait $pid
if [ "$temporary" = true ]; then rm -rf "$dir"; fi`

// supervise starts the supervisor and returns how to end it.
func (s throwaway) supervise(durable bool) (halt func(), err error) {
	args := []string{"-c", supervisor, "supervisor", s.bin, s.dir, strconv.FormatBool(s.temporary)}
	for _, setting := range settings(s.dir, durable) {
		args = append(args, "-c", setting)
	}
	cmd := exec.Command("/bin/sh", args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = s.user.attributes()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	pipes.Lock()
	pipes.all = append(pipes.all, stdin)
	pipes.Unlock()
	return func() {
		_ = stdin.Close() // ends the supervisor
		_ = cmd.Wait()    // its exit status is the server's, which was told to quit
	}, nil
}

func settings(dir string, durable bool) []string {
	list := []string{
		"listen_addresses=", "unix_socket_directories=" + dir, "max_connections=300",
		"shared_buffers=64MB", "jit=off", "log_min_messages=fatal", "log_min_error_statement=panic",
	}
	if !durable {
		list = append(list, "fsync=off", "synchronous_commit=off", "full_page_writes=off")
	}
	return list
}

// pipes keeps the pipes from being collected, and thereby closed.
var pipes struct {
	sync.Mutex
	all []io.Closer
}

// startUntilExit starts a server that ends with the program.
func startUntilExit() (string, error) {
	url, _, err := StartPostgres("", false)
	return url, err
}

func prepareDir(dir string, user credential) (string, error) {
	var err error
	if dir == "" {
		dir, err = os.MkdirTemp("", "cardea-pg-")
	} else if dir, err = filepath.Abs(dir); err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err == nil {
		err = user.own(dir)
	}
	return dir, err
}

// binaries finds the directory of initdb and postgres, the newest where there are several.
func binaries() (string, error) {
	var found []string
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin",
		"/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin",
	} {
		dirs, _ := filepath.Glob(pattern + "/initdb") // the patterns are well formed
		found = append(found, dirs...)
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		return "", errors.New("no PostgreSQL server binaries on this machine (Debian: apt-get install postgresql), " +
			"and " + Variable + " names no server")
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return major(a) - major(b) })
	return filepath.Dir(newest), nil
}

// major is the version in a path such as /usr/lib/postgresql/15/bin/initdb, or 0.
func major(path string) int {
	best := 0
	for _, word := range strings.FieldsFunc(path, func(r rune) bool { return r < '0' || r > '9' }) {
		if n, err := strconv.Atoi(word); err == nil {
			best = max(best, n)
		}
	}
	return best
}

func waitFor(url string, limit time.Duration) error {
	pool, err := sql.Open("pgx", url)
	if err != nil {
		return err
	}
	defer func() { _ = pool.Close() }() // only pinged
	for deadline := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		err := pool.PingContext(context.Background())
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}
