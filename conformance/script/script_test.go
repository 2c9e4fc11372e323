package script_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// binary is the folder of the cardea binary under test.
var binary string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

// run builds the binary as a user does and runs the tests with it.
func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "cardea")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	name := "cardea"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	build := exec.Command("go", "build", "-o", filepath.Join(dir, name), "cardea/cmd/cardea")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build cardea: %v\n%s", err, out)
		return 1
	}
	binary = dir
	return m.Run()
}

func TestStories(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Files:              stories(t),
		Setup:              setup,
		Cmds:               commands,
		RequireUniqueNames: true,
	})
}

func stories(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	return files
}

// setup gives each story a port of its own and the binary on its path.
func setup(env *testscript.Env) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	admin, err := freePort()
	if err != nil {
		return err
	}
	env.Setenv("PATH", binary+string(os.PathListSeparator)+env.Getenv("PATH"))
	env.Setenv("PORT", port)
	env.Setenv("ADMIN_PORT", admin)
	env.Setenv("URL", "http://127.0.0.1:"+port)
	env.Values[wireKey{}] = &wire{client: &http.Client{Timeout: 20 * time.Second}}
	return nil
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
