package functiontest

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// Go builds the executable in golambda and returns its path.
func Go(tb testing.TB) string {
	tb.Helper()
	name := filepath.Join(tb.TempDir(), "bootstrap")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	output, err := exec.Command("go", "build", "-o", name, "cardea/platform/function/functiontest/golambda").CombinedOutput()
	if err != nil {
		tb.Fatalf("build a function: %v\n%s", err, output)
	}
	return name
}

// File writes a file into a folder of its own and returns its path.
func File(tb testing.TB, name, text string) string {
	tb.Helper()
	name = filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		tb.Fatal(err)
	}
	return name
}

// Beside writes a file into the folder of another.
func Beside(tb testing.TB, other, name, text string) {
	tb.Helper()
	if err := os.WriteFile(filepath.Join(filepath.Dir(other), name), []byte(text), 0o644); err != nil {
		tb.Fatal(err)
	}
}
