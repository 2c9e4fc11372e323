package drills_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// masterKey is the master key of a cluster that is given no other.
const masterKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

// cluster is a database with the nodes that a drill starts on it.
type cluster struct {
	t       *testing.T
	url     string   // of the database
	environ []string // what all nodes and commands have in their environment
	key     [2]string
}

// newCluster makes a root key in the database that url names. More settings, as NAME=value, are those of all nodes; the last of a
// name holds.
func newCluster(t *testing.T, url string, settings ...string) *cluster {
	t.Helper()
	c := &cluster{t: t, url: url, environ: append(os.Environ(),
		"CARDEA_DATABASE_URL="+url, "CARDEA_MASTER_KEY="+masterKey, "CARDEA_PUBLIC_URL=http://127.0.0.1:9229",
		"CARDEA_LOG_LEVEL=warn", "CARDEA_SHUTDOWN_DELAY=0s")}
	c.environ = append(c.environ, settings...)
	c.key = c.rootKey()
	return c
}

// rootKey makes a root key: its id and its secret.
func (c *cluster) rootKey() (key [2]string) {
	c.t.Helper()
	out := c.run("keys", "create")
	if _, err := fmt.Sscanf(out, "AWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\n", &key[0], &key[1]); err != nil {
		c.t.Fatalf("keys create printed %q", out)
	}
	return key
}

// set changes a setting of nodes and commands that are started from now on.
func (c *cluster) set(setting string) { c.environ = append(c.environ, setting) }

// command is a command of the binary that has not started.
func (c *cluster) command(args ...string) *exec.Cmd {
	cmd := exec.Command(binary, args...)
	cmd.Env = c.environ
	return cmd
}

// try runs a command of the binary and returns what it has printed.
func (c *cluster) try(args ...string) (stdout, stderr string, err error) {
	var out, problems bytes.Buffer
	cmd := c.command(args...)
	cmd.Stdout, cmd.Stderr = &out, &problems
	err = cmd.Run()
	return out.String(), problems.String(), err
}

// run is try for a command that must succeed.
func (c *cluster) run(args ...string) (stdout string) {
	c.t.Helper()
	stdout, stderr, err := c.try(args...)
	if err != nil {
		c.t.Fatalf("cardea %s: %v\n%s%s", strings.Join(args, " "), err, stdout, stderr)
	}
	return stdout
}

// start starts a node with further settings of its own, and waits until it is ready.
func (c *cluster) start(settings ...string) *node {
	c.t.Helper()
	n := c.node(settings...)
	n.launch()
	n.ready()
	return n
}

// node is a node that has not started, with further settings of its own.
func (c *cluster) node(settings ...string) *node {
	c.t.Helper()
	n := &node{cluster: c, t: c.t, binary: binary, port: freePort(c.t), logged: filepath.Join(c.t.TempDir(), "log")}
	n.url = "http://127.0.0.1:" + n.port
	n.environ = append(append([]string(nil), "CARDEA_ADDR=127.0.0.1:"+n.port, "CARDEA_ADMIN_ADDR="), settings...)
	c.t.Cleanup(n.show)
	c.t.Cleanup(n.kill)
	return n
}
