package function_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"cardea/platform/function"
	"cardea/platform/function/functiontest"
)

func TestPythonHandlersAnswer(t *testing.T) {
	t.Parallel()
	f := python(t, `
import decimal, sys
def handler(event, context):
    return eval(event)`)
	for event, answer := range map[string]string{
		`None`: "null", `{'a': decimal.Decimal('1.50'), 'b': decimal.Decimal('7')}`: `{"a": 1.5, "b": 7}`, `decimal.Decimal('-nan')`: "NaN",
		`b'raw'`: "raw", `'gr\u00fc\u00df'`: `"grüß"`, `sys.path[0] == __file__.rsplit('/', 1)[0]`: "true", `__name__`: `"claims"`,
	} {
		reply := invoke(t, f, `"`+strings.ReplaceAll(event, `\`, `\\`)+`"`)
		if reply.Kind != function.Answered || string(reply.Payload) != answer {
			t.Errorf("%s: got %s %s, want %s", event, reply.Kind, reply.Payload, answer)
		}
	}
}

func TestPythonHandlersFail(t *testing.T) {
	t.Parallel()
	f := python(t, `
import sys
def refuse(): raise ValueError('no such tenant')
def handler(event, context):
    return eval(event)`)
	for event, expect := range map[string]function.Reply{
		`refuse()`:    {Kind: function.Raised, ErrorType: "ValueError", ErrorMessage: "no such tenant"},
		`{1, 2}`:      {Kind: function.Raised, ErrorType: "Runtime.MarshalError", ErrorMessage: "Unable to marshal response: Object of type set is not JSON serializable"},
		`'x'*2000000`: {Kind: function.TooLarge, ErrorType: "Function.ResponseSizeTooLarge"},
		`sys.exit(5)`: {Kind: function.Exited, ErrorType: "Runtime.ExitError"},
	} {
		reply := invoke(t, f, `"`+event+`"`)
		if reply.Kind != expect.Kind || reply.ErrorType != expect.ErrorType || expect.ErrorMessage != "" && reply.ErrorMessage != expect.ErrorMessage {
			t.Errorf("%s: got %+v, want %+v", event, reply, expect)
		}
		if event == `refuse()` && !strings.Contains(string(reply.Payload), "in refuse") {
			t.Errorf("no stack in %s", reply.Payload)
		}
	}
	want(t, invoke(t, f, `{`), function.Raised, "Runtime.UnmarshalError")
	want(t, invoke(t, python(t, "async def handler(event, context): return 1"), `{}`), function.Raised, "coroutine")
}

func TestPythonFunctionsThatCannotStart(t *testing.T) {
	t.Parallel()
	for text, expect := range map[string]function.Reply{
		"import nowhere":       {ErrorType: "Runtime.ImportModuleError", ErrorMessage: "Unable to import module 'claims': No module named 'nowhere'"},
		"def handler(:":        {ErrorType: "Runtime.UserCodeSyntaxError", ErrorMessage: "Syntax error in module 'claims': invalid syntax (claims.py, line 1)"},
		"def other(): pass":    {ErrorType: "Runtime.HandlerNotFound", ErrorMessage: "Handler 'handler' missing on module 'claims'"},
		"raise KeyError('no')": {ErrorType: "KeyError", ErrorMessage: "'no'"},
	} {
		reply := invoke(t, python(t, text), `{}`)
		if reply.Kind != function.Raised || reply.ErrorType != expect.ErrorType || reply.ErrorMessage != expect.ErrorMessage {
			t.Errorf("%s: got %+v, want %+v", text, reply, expect)
		}
	}
	f := start(t, function.Config{Source: functiontest.File(t, "time.py", "def handler(e, c): pass") + ":handler"})
	want(t, invoke(t, f, `{}`), function.Raised, "Cannot use built-in module time as a handler module")
}

// recorder keeps the lines of a function's output.
type recorder struct {
	mu    sync.Mutex
	lines []function.Line
}

func (r *recorder) add(line function.Line) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, line)
}

func (r *recorder) all() []function.Line {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]function.Line(nil), r.lines...)
}

func TestOutputIsPassedOnAsUntrustedText(t *testing.T) {
	t.Parallel()
	var r recorder
	f := start(t, function.Config{Output: r.add, Source: functiontest.File(t, "claims.py", `
import logging, sys
def handler(event, context):
    print('plain\x1b[2J\rover')
    logging.getLogger().warning('careful')
    sys.stdout.buffer.write(b'\xff\xfe\n')
    print('y' * 20000)
    print('last')`) + ":handler"})
	want(t, invoke(t, f, `{}`), function.Answered, "null")
	eventually(t, "all lines", func() bool { return len(r.all()) == 5 })
	lines := r.all()
	id := lines[0].RequestID
	for i, suffix := range []string{`plain\u001b[2J\u000dover`, "Z\t" + id + "\tcareful", `\xff\xfe`, "yyyy", "last"} {
		if !strings.HasSuffix(lines[i].Text, suffix) || len(lines[i].Text) > 8<<10 || lines[i].RequestID != id || id == "" || lines[i].Function != "test" {
			t.Errorf("line %d: got %.60q, want …%q", i, lines[i], suffix)
		}
	}
	if !strings.HasPrefix(lines[1].Text, "[WARNING]\t20") {
		t.Errorf("got %q", lines[1].Text)
	}
}

func TestFloodOfOutputDoesNotStopTheFunction(t *testing.T) {
	t.Parallel()
	var r recorder
	f := start(t, function.Config{Output: r.add, Source: functiontest.File(t, "claims.py", `
def handler(event, context):
    for n in range(50000): print('line', n, 'of many that fill the pipe and more')
    return 'written'`) + ":handler"})
	want(t, invoke(t, f, `{}`), function.Answered, "written")
	if n := len(r.all()); n < 1000 || n > 10000 {
		t.Errorf("got %d lines of 50000", n)
	}
}

func TestLimitsOfAProcess(t *testing.T) {
	t.Parallel()
	f := python(t, `
import os, resource, sys
def handler(event, context):
    return [resource.getrlimit(resource.RLIMIT_NOFILE), resource.getrlimit(resource.RLIMIT_CORE), os.getpgrp() == os.getpid(),
            sys.stdin.read(), oct(os.stat(os.environ['HOME']).st_mode)]`)
	want(t, invoke(t, f, `{}`), function.Answered, `[[1024, 1024], [0, 0], true, "", "0o40700"]`)
}

func TestFunctionHasAnotherUser(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		_, err := function.New(function.Config{Name: "test", Source: functiontest.Go(t), User: "0"})
		if err == nil || !strings.Contains(err.Error(), "only root") {
			t.Errorf("got %v", err)
		}
		return
	}
	// Where the other user can come, unlike a folder of tests.
	folder, err := os.MkdirTemp("/tmp", "function")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "claims.py")
	if err := os.WriteFile(file, []byte(`
import os
def handler(event, context):
    open(os.environ['HOME'] + '/mine', 'w').close()
    return [os.getuid(), os.getgroups()]`), 0o644); err != nil {
		t.Fatal(err)
	}
	f := start(t, function.Config{Source: file + ":handler", Interpreter: "/usr/bin/python3", User: "nobody"})
	want(t, invoke(t, f, `{}`), function.Answered, "[65534, [65534]]")
}
