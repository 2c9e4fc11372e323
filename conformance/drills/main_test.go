package drills_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// variable is set where drills are to run.
const variable = "CARDEA_TEST_DRILLS"

// binary is the cardea under test.
var binary string

func TestMain(m *testing.M) {
	if os.Getenv(variable) == "" {
		fmt.Println("The drills are left out: `make drills` runs them.")
		return
	}
	os.Exit(run(m))
}

// run builds the binary as a user does and runs the drills with it.
func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "cardea")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "cardea")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	if err := build(binary, "."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// build makes the binary of the sources that dir belongs to, with further flags of go build.
func build(name, dir string, flags ...string) error {
	cmd := exec.Command("go", append(append([]string{"build", "-o", name}, flags...), "cardea/cmd/cardea")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build cardea: %w\n%s", err, out)
	}
	return nil
}
