package function

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

//go:embed bootstrap/bootstrap.py
var pythonBootstrap []byte

//go:embed bootstrap/bootstrap.mjs
var nodeBootstrap []byte

// program is what a process of the function executes.
type program struct {
	path      string   // of the executable or the interpreter
	options   []string // of the interpreter
	root      string   // the folder of the function's file
	file      string   // of a handler
	handler   string   // as in _HANDLER
	execution string   // AWS_EXECUTION_ENV; empty for executables
	bootstrap []byte
	extension string // of the bootstrap's file
}

// resolve finds what the source names.
func resolve(cfg Config) (program, error) {
	file, handler := cfg.Source, ""
	if at := strings.LastIndexByte(file, ':'); at > 1 && !strings.ContainsAny(file[at:], `/\`) { // 1: a drive
		file, handler = file[:at], file[at+1:]
	}
	file, err := filepath.Abs(file)
	if err != nil {
		return program{}, err
	}
	info, err := os.Stat(file)
	if err != nil {
		return program{}, err
	}
	if !info.Mode().IsRegular() {
		return program{}, fmt.Errorf("%s is not a file", file)
	}

	extension := filepath.Ext(file)
	stem := strings.TrimSuffix(filepath.Base(file), extension)
	p := program{root: filepath.Dir(file), file: file, handler: stem + "." + handler}
	switch extension {
	case ".py":
		err = p.python(cfg)
	case ".mjs", ".js", ".cjs":
		err = p.node(cfg)
	default:
		return executable(file, handler, info)
	}
	if err == nil && handler == "" {
		err = fmt.Errorf("%s needs its handler's name, as in %s:handler", cfg.Source, filepath.Base(file))
	}
	return p, err
}

func executable(file, handler string, info os.FileInfo) (program, error) {
	switch {
	case handler != "":
		return program{}, fmt.Errorf("%s is neither Python nor JavaScript, so it has no handler", file)
	case runtime.GOOS != "windows" && info.Mode()&0o111 == 0:
		return program{}, fmt.Errorf("%s is not executable", file)
	}
	return program{path: file, root: filepath.Dir(file), handler: filepath.Base(file)}, nil
}

func (p *program) python(cfg Config) error {
	const script = `import sys; print(sys.executable); print("%d.%d" % sys.version_info[:2])`
	path, version, err := interpreter(orDefault(cfg.Interpreter, "python3"), "-c", script)
	if err != nil {
		return err
	}
	if major, minor := numbers(version); major != 3 || minor < 9 {
		return fmt.Errorf("%s is Python %s; 3.9 or newer is needed", path, version)
	}
	p.path, p.options, p.execution = path, []string{"-u"}, "AWS_Lambda_python"+version
	p.bootstrap, p.extension = pythonBootstrap, ".py"
	return nil
}

func (p *program) node(cfg Config) error {
	const script = `console.log(process.execPath); console.log(process.versions.node)`
	path, version, err := interpreter(orDefault(cfg.Interpreter, "node"), "-e", script)
	if err != nil {
		return err
	}
	major, _ := numbers(version)
	if major < 18 {
		return fmt.Errorf("%s is Node.js %s; 18 or newer is needed", path, version)
	}
	heap := cfg.MemoryMB * 3 / 4 // the rest is for the program itself and for buffers
	p.path, p.options = path, []string{"--max-old-space-size=" + strconv.Itoa(heap)}
	p.execution = fmt.Sprintf("AWS_Lambda_nodejs%d.x", major)
	p.bootstrap, p.extension = nodeBootstrap, ".mjs"
	return nil
}

// interpreter asks an interpreter for its own path, behind shims and virtual environments, and its version.
func interpreter(name string, arguments ...string) (path, version string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), maxInit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, arguments...)
	cmd.WaitDelay = time.Second
	cmd.Env = []string{}
	for _, name := range []string{"PATH", "HOME", "SystemRoot"} { // shims need them
		cmd.Env = append(cmd.Env, name+"="+os.Getenv(name))
	}
	text, err := cmd.Output()
	if err != nil {
		return "", "", fmt.Errorf("run %s: %w", name, err)
	}
	path, version, ok := strings.Cut(strings.ReplaceAll(strings.TrimSpace(string(text)), "\r\n", "\n"), "\n")
	if !ok {
		return "", "", errors.New(name + " does not say what it is")
	}
	return path, version, nil
}

// numbers returns the first two numbers of a version.
func numbers(version string) (major, minor int) {
	parts := append(strings.Split(version, "."), "", "")
	major, _ = strconv.Atoi(parts[0]) // 0 is too old
	minor, _ = strconv.Atoi(parts[1])
	return major, minor
}

// command returns the process to start, without environment and output.
func (p program) command(f *Function) (*exec.Cmd, error) {
	cmd := exec.Command(p.path)
	cmd.Args = []string{p.handler}
	cmd.Dir = p.root
	if p.bootstrap != nil {
		script, err := writeBootstrap(f)
		if err != nil {
			return nil, err
		}
		_, attribute, _ := strings.Cut(strings.TrimPrefix(p.handler, strings.TrimSuffix(filepath.Base(p.file), filepath.Ext(p.file))), ".")
		cmd.Args = append([]string{p.path}, append(p.options, script, p.file, attribute)...)
	}
	return cmd, nil
}
