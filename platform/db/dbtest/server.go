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
	"time"
)

// StartPostgres starts a throw-away PostgreSQL server that listens on a socket only, and returns the URL of its
// superuser. dir becomes its data directory and must be absent or empty; with "" a temporary one is made, and removed by
// stop. A durable server syncs every commit to the disk; another is faster and fit for tests that kill nothing but
// clients. As root the server runs as the user postgres or nobody, who must be able to reach dir. The server also stops
// when the calling program ends in any way.
func StartPostgres(dir string, durable bool) (url string, stop func(), err error) {
	bin, err := binaries()
	if err != nil {
		return "", nil, err
	}
	user, err := serverUser()
	if err != nil {
		return "", nil, err
	}
	temporary := dir == ""
	if dir, err = prepareDir(dir, user); err != nil {
		return "", nil, err
	}
	discard := func() {
		if temporary {
			_ = os.RemoveAll(dir) // the keeper may have been first
		}
	}

	initdb := exec.Command(filepath.Join(bin, "initdb"),
		"-D", dir, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.Dir = "/"
	initdb.SysProcAttr = user.attributes()
	if out, err := initdb.CombinedOutput(); err != nil {
		discard()
		return "", nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}

	s := settings(dir, durable)
	halt, err := keep(bin, dir, s, user, temporary)
	if err != nil {
		discard()
		return "", nil, err
	}
	stop = func() { halt(); discard() }
	url = socketURL(dir)
	if err := waitFor(url); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "server.log")) // best effort
		stop()
		return "", nil, fmt.Errorf("start PostgreSQL: %w\n%s", err, log)
	}
	return url, stop, nil
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

func socketURL(dir string) string {
	return "postgres://postgres@/postgres?" + url.Values{"host": {dir}}.Encode()
}

// keeper holds the server until its standard input ends, which it does when the test program stops, however it stops.
const keeper = `
bin=$1; dir=$2; temporary=$3; shift 3
"$bin/postgres" -D "$dir" "$@" >"$dir/server.log" 2>&1 &
pid=$!
cat >/dev/null
kill -QUIT $pid
wait $pid
if [ "$temporary" = true ]; then rm -rf "$dir"; fi`

// keep starts the keeper and returns how to end it.
func keep(bin, dir string, settings []string, user credential, temporary bool) (halt func(), err error) {
	args := []string{"-c", keeper, "keeper", bin, dir, strconv.FormatBool(temporary)}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	cmd := exec.Command("/bin/sh", args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = user.attributes()
	leash, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	leashes = append(leashes, leash)
	return func() {
		_ = leash.Close() // ends the keeper
		_ = cmd.Wait()    // its exit status is the server's, which was told to quit
	}, nil
}

// leashes keeps the pipes from being collected, and thereby closed.
var leashes []io.Closer

// startOrphan starts a server that ends with the program.
func startOrphan() (string, error) {
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

func waitFor(url string) error {
	pool, err := sql.Open("pgx", url)
	if err != nil {
		return err
	}
	defer func() { _ = pool.Close() }() // only pinged
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		err := pool.PingContext(context.Background())
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}
