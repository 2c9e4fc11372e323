package script_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestResultsDependOnTheBinary makes every source file of the binary an input of this test program. The Go command reuses
// the result of a test while its package and the files that it has looked at stay the same; the binary is built by another
// program, whose files the Go command does not see.
func TestResultsDependOnTheBinary(t *testing.T) {
	t.Parallel()
	const form = `{{if not .Standard}}{{$dir := .Dir}}{{.Dir}}
{{range .GoFiles}}{{$dir}}/{{.}}
{{end}}{{range .EmbedFiles}}{{$dir}}/{{.}}
{{end}}{{end}}`
	list := exec.Command("go", "list", "-deps", "-f", form, "cardea/cmd/cardea")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	inputs := strings.Fields(string(out))
	if len(inputs) < 100 {
		t.Fatalf("the binary has %d source files and folders", len(inputs))
	}
	root := filepath.Join("..", "..")
	for _, name := range append(inputs, filepath.Join(root, "go.mod"), filepath.Join(root, "go.sum")) {
		if _, err := os.Stat(name); err != nil { // noted by the Go command: size and time of change
			t.Error(err)
		}
	}
}
