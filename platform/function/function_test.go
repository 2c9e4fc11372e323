package function_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cardea/platform/function"
	"cardea/platform/function/functiontest"
)

// start makes a function that ends with the test.
func start(tb testing.TB, cfg function.Config) *function.Function {
	tb.Helper()
	cfg.Name = "test"
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(tb.Output(), nil))
	}
	f, err := function.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := f.Close(ctx); err != nil {
			tb.Error(err)
		}
	})
	return f
}

// python and node start a function with one handler, "handler", of the given text.
func python(tb testing.TB, text string) *function.Function {
	return start(tb, function.Config{Source: functiontest.File(tb, "claims.py", text) + ":handler"})
}

func node(tb testing.TB, text string) *function.Function {
	return start(tb, function.Config{Source: functiontest.File(tb, "claims.mjs", text) + ":handler"})
}

const arn = "arn:aws:lambda:us-east-1:000000000000:function:test"

// invoke calls a function with 10 seconds to answer.
func invoke(tb testing.TB, f *function.Function, event string) function.Reply {
	tb.Helper()
	return invokeFor(tb, f, 10*time.Second, event)
}

func invokeFor(tb testing.TB, f *function.Function, d time.Duration, event string) function.Reply {
	tb.Helper()
	reply, err := f.Invoke(context.Background(), function.Call{ARN: arn, Payload: []byte(event), Deadline: time.Now().Add(d)})
	if err != nil {
		tb.Fatal(err)
	}
	return reply
}

// want fails unless the reply is of that kind and holds the text.
func want(tb testing.TB, reply function.Reply, kind function.Kind, text string) {
	tb.Helper()
	if reply.Kind != kind || !strings.Contains(string(reply.Payload), text) {
		tb.Fatalf("got %s %s, want %s with %s", reply.Kind, reply.Payload, kind, text)
	}
}

// eventually waits until a condition holds.
func eventually(tb testing.TB, what string, holds func() bool) {
	tb.Helper()
	for end := time.Now().Add(10 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatalf("not in 10 seconds: %s", what)
		}
	}
}

func TestSecondCallIsWarm(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{
		"go":     functiontest.Go(t),
		"python": functiontest.File(t, "claims.py", "import os\ndef handler(event, context): return {'text': event['text'], 'pid': os.getpid()}") + ":handler",
		"mjs":    functiontest.File(t, "claims.mjs", "export const handler = async (event) => ({ text: event.text, pid: process.pid });") + ":handler",
		"cjs":    functiontest.File(t, "claims.cjs", "exports.a = { b: { handler: async (event) => ({ text: event.text, pid: process.pid }) } };") + ":a.b.handler",
		"js":     functiontest.File(t, "claims.js", "module.exports.handler = (event, context, done) => done(null, { text: event.text, pid: process.pid });") + ":handler",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, function.Config{Source: source})
			first := invoke(t, f, `{"text":"grüß dich \ud83d\ude00"}`)
			want(t, first, function.Answered, "grüß dich 😀")
			for range 20 {
				again := invoke(t, f, `{"text":"grüß dich \ud83d\ude00"}`)
				if string(again.Payload) != string(first.Payload) {
					t.Fatalf("got %s, want %s", again.Payload, first.Payload)
				}
			}
			if s := f.Stats(); s.Starts != 1 {
				t.Errorf("got %d starts, want 1", s.Starts)
			}
		})
	}
}

func TestContextSaysWhatLambdaSays(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{
		"go": functiontest.Go(t),
		"python": functiontest.File(t, "claims.py", `
import os
def handler(event, context):
    return {'id': context.aws_request_id, 'arn': context.invoked_function_arn, 'name': context.function_name,
            'memory': int(context.memory_limit_in_mb), 'remaining': context.get_remaining_time_in_millis(), 'folder': os.getcwd()}`) + ":handler",
		"node": functiontest.File(t, "claims.mjs", `
export const handler = async (event, context) => ({
  id: context.awsRequestId, arn: context.invokedFunctionArn, name: context.functionName, folder: process.cwd(),
  memory: Number(context.memoryLimitInMB), remaining: context.getRemainingTimeInMillis(),
});`) + ":handler",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, function.Config{Source: source, MemoryMB: 256})
			call := function.Call{ID: "11111111-2222-4333-8444-555555555555", ARN: arn, Payload: []byte(`{"do":"context"}`), Deadline: time.Now().Add(8 * time.Second)}
			reply, err := f.Invoke(t.Context(), call)
			if err != nil {
				t.Fatal(err)
			}
			var got struct {
				ID, ARN, Name, Folder string
				Memory, Remaining     int
			}
			if err := json.Unmarshal(reply.Payload, &got); err != nil {
				t.Fatalf("%s: %v", reply.Payload, err)
			}
			folder, _, _ := strings.Cut(source, "claims")
			if name == "go" {
				folder = filepath.Dir(source)
			}
			if got.ID != call.ID || got.ARN != arn || got.Name != "test" || got.Memory != 256 || filepath.Clean(got.Folder) != filepath.Clean(folder) {
				t.Errorf("got %+v", got)
			}
			if got.Remaining < 1 || got.Remaining > 8000 {
				t.Errorf("got %d ms left of 8000", got.Remaining)
			}
		})
	}
}

func TestGoFunctionFails(t *testing.T) {
	t.Parallel()
	f := start(t, function.Config{Source: functiontest.Go(t)})
	for event, expect := range map[string]struct {
		kind               function.Kind
		errorType, message string
	}{
		`{"do":"fail","text":"no such tenant"}`:            {function.Raised, "errorString", "no such tenant"},
		`{"do":"panic","text":"out of luck"}`:              {function.Raised, "string", "out of luck"},
		`{"do":"break","text":"{\"half\":"}`:               {function.Raised, "errorString", "connection lost"},
		`{"do":"exit","count":3}`:                          {function.Exited, "Runtime.ExitError", "Runtime exited with error: exit status 3"},
		`{"do":"exit","count":0}`:                          {function.Exited, "Runtime.ExitError", "Runtime exited without providing a reason"},
		`[]`:                                               {function.Raised, "UnmarshalTypeError", "cannot unmarshal array"},
		`{"do":"repeat","text":"12345678","count":200000}`: {function.TooLarge, "Function.ResponseSizeTooLarge", "1048576 bytes"},
	} {
		reply := invoke(t, f, event)
		if reply.Kind != expect.kind || reply.ErrorType != expect.errorType || !strings.Contains(reply.ErrorMessage, expect.message) {
			t.Errorf("%s: got %+v %s, want %+v", event, reply, reply.Payload, expect)
		}
		want(t, invoke(t, f, `{"text":"still here"}`), function.Answered, "still here")
	}
}

func TestTimeoutKillsDescendants(t *testing.T) {
	t.Parallel()
	f := python(t, `
import subprocess, time
def handler(event, context):
    if 'file' not in event: return 'started'
    child = subprocess.Popen(['sleep', '300'])
    open(event['file'], 'w').write(str(child.pid))
    time.sleep(300)`)
	file := filepath.Join(t.TempDir(), "pid")
	want(t, invoke(t, f, `{}`), function.Answered, "started") // which may take a while
	began := time.Now()
	reply := invokeFor(t, f, 2*time.Second, fmt.Sprintf(`{"file":%q}`, file))
	want(t, reply, function.TimedOut, "Task timed out after 2.00 seconds")
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("answered after %s", took)
	}
	pid, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the grandchild is gone", func() bool { return !alive(string(pid)) })
}

// alive reports whether a process runs, as far as /proc tells.
func alive(pid string) bool {
	status, err := os.ReadFile("/proc/" + pid + "/stat")
	return err == nil && !strings.Contains(string(status), ") Z ")
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	f := start(t, function.Config{MemoryMB: 64, Source: functiontest.File(t, "claims.py", `
import time
def handler(event, context):
    ballast = bytearray(b'x') * (event['mb'] << 20)
    time.sleep(8 if event['mb'] > 64 else 0)
    return len(ballast)`) + ":handler"})
	want(t, invoke(t, f, `{"mb":300}`), function.Exited, "signal: killed")
	want(t, invoke(t, f, `{"mb":1}`), function.Answered, "1048576")
}

func TestBrokenFunctionIsNotStartedInALoop(t *testing.T) {
	t.Parallel()
	script := functiontest.File(t, "bootstrap", "#!/bin/sh\nexit 7\n")
	if err := os.Chmod(script, 0o755); err != nil {
		t.Fatal(err)
	}
	f := start(t, function.Config{Source: script})
	began := time.Now()
	for time.Since(began) < 2*time.Second {
		want(t, invoke(t, f, `{}`), function.Exited, "Runtime exited with error: exit status 7")
	}
	if s := f.Stats(); s.Starts < 3 || s.Starts > 6 { // after 0, 0.1, 0.3, 0.7, 1.5 seconds
		t.Errorf("got %d starts in 2 seconds", s.Starts)
	}
}

func TestChangedFileTakesEffect(t *testing.T) {
	t.Parallel()
	file := functiontest.File(t, "claims.py", "import part\ndef handler(event, context): return part.answer")
	part := filepath.Join(filepath.Dir(file), "part.py")
	write := func(text string) {
		if err := os.WriteFile(part, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("answer = 'one'")
	f := start(t, function.Config{Source: file + ":handler", Watch: true})
	want(t, invoke(t, f, `{}`), function.Answered, `"one"`)
	time.Sleep(400 * time.Millisecond) // a look that sees the bytecode that Python has written
	want(t, invoke(t, f, `{}`), function.Answered, `"one"`)
	if s := f.Stats(); s.Starts != 1 {
		t.Fatalf("got %d starts of unchanged files, want 1", s.Starts)
	}

	for text, answer := range map[string]string{"answer = 'two, and longer'": `"two, and longer"`, "answer = broken(": "Runtime.UserCodeSyntaxError"} {
		write(text)
		eventually(t, text, func() bool { return strings.Contains(string(invoke(t, f, `{}`).Payload), answer) })
		write("answer = 'mended'")
		eventually(t, "mended", func() bool { return string(invoke(t, f, `{}`).Payload) == `"mended"` })
	}
}

func TestUnwatchedFilesMayChange(t *testing.T) {
	t.Parallel()
	file := functiontest.File(t, "claims.py", "def handler(event, context): return 'one'")
	functiontest.Beside(t, file, "cardea.db-wal", "1")
	f := start(t, function.Config{Source: file + ":handler", Watch: true, Unwatched: filepath.Join(filepath.Dir(file), "cardea.db")})
	want(t, invoke(t, f, `{}`), function.Answered, `"one"`)
	functiontest.Beside(t, file, "cardea.db-wal", "22")
	time.Sleep(400 * time.Millisecond)
	want(t, invoke(t, f, `{}`), function.Answered, `"one"`)
	if s := f.Stats(); s.Starts != 1 {
		t.Errorf("%d starts, want 1", s.Starts)
	}
}

func TestConcurrencyIsBounded(t *testing.T) {
	t.Parallel()
	f := start(t, function.Config{Concurrency: 2, Source: functiontest.Go(t)})
	var mu sync.Mutex
	kinds := map[function.Kind]int{}
	var calls sync.WaitGroup
	for range 5 {
		calls.Go(func() {
			reply := invoke(t, f, `{"do":"sleep","count":2500}`)
			mu.Lock()
			defer mu.Unlock()
			kinds[reply.Kind]++
		})
	}
	calls.Wait()
	if kinds[function.Answered] != 2 || kinds[function.Throttled] != 3 {
		t.Errorf("got %v, want 2 answered and 3 throttled", kinds)
	}
	if s := f.Stats(); s.Starts != 2 {
		t.Errorf("got %d starts, want 2", s.Starts)
	}
}

func TestManyCallsShareFewProcesses(t *testing.T) {
	t.Parallel()
	f := start(t, function.Config{Concurrency: 3, Source: functiontest.Go(t)})
	var calls sync.WaitGroup
	for range 30 {
		calls.Go(func() {
			for n := range 20 {
				text := fmt.Sprintf("call %d", n)
				want(t, invoke(t, f, fmt.Sprintf(`{"text":%q}`, text)), function.Answered, text)
			}
		})
	}
	calls.Wait()
	if s := f.Stats(); s.Starts > 3 || s.Waiting != 0 {
		t.Errorf("got %+v", s)
	}
}

func TestCancelledCallDoesNotStopTheFunction(t *testing.T) {
	t.Parallel()
	f := start(t, function.Config{Concurrency: 1, Source: functiontest.Go(t)})
	want(t, invoke(t, f, `{}`), function.Answered, "pid")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := f.Invoke(ctx, function.Call{Payload: []byte(`{"do":"sleep","count":300}`), Deadline: time.Now().Add(5 * time.Second)})
	if err != context.DeadlineExceeded {
		t.Fatalf("got %v", err)
	}
	want(t, invoke(t, f, `{}`), function.Answered, "pid")
	if s := f.Stats(); s.Starts != 1 {
		t.Errorf("got %d starts, want 1", s.Starts)
	}
}

func TestCloseWaitsForInvocations(t *testing.T) {
	t.Parallel()
	f := start(t, function.Config{Source: functiontest.Go(t)})
	want(t, invoke(t, f, `{}`), function.Answered, "pid")
	eventually(t, "the process has returned", func() bool { return f.Stats().Idle == 1 })
	done := make(chan function.Reply, 1)
	go func() { done <- invoke(t, f, `{"do":"sleep","count":500}`) }()
	eventually(t, "a process is busy", func() bool { return f.Stats().Busy == 1 })
	closed := make(chan error, 1)
	go func() { closed <- f.Close(context.Background()) }()
	want(t, <-done, function.Answered, "pid")
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	_, err := f.Invoke(t.Context(), function.Call{Deadline: time.Now().Add(time.Second)})
	if err != function.ErrClosed {
		t.Errorf("got %v, want %v", err, function.ErrClosed)
	}
}

func TestPastDeadlineRunsNothing(t *testing.T) {
	t.Parallel()
	f := start(t, function.Config{Source: functiontest.Go(t)})
	want(t, invokeFor(t, f, -time.Second, `{}`), function.TimedOut, "Task timed out after 0.00 seconds")
	if s := f.Stats(); s.Starts != 0 {
		t.Errorf("got %d starts, want none", s.Starts)
	}
}

func TestKeptProcessIsStartedAtOnce(t *testing.T) {
	t.Parallel()
	f := start(t, function.Config{Source: functiontest.Go(t), Keep: 1})
	eventually(t, "a process is idle", func() bool { return f.Stats().Idle == 1 })
	want(t, invoke(t, f, `{}`), function.Answered, "pid")
	if s := f.Stats(); s.Starts != 1 {
		t.Errorf("got %d starts, want 1", s.Starts)
	}
}

func TestProcessesEndWithTheServer(t *testing.T) {
	t.Parallel()
	if file := os.Getenv("FUNCTION_TEST_PID_FILE"); file != "" { // the server, to be killed
		f := python(t, `
import os, time
def handler(event, context):
    open(event + '.part', 'w').write(str(os.getpid()))
    os.rename(event + '.part', event)
    time.sleep(300)`)
		invokeFor(t, f, time.Minute, fmt.Sprintf("%q", file))
		return
	}
	file := filepath.Join(t.TempDir(), "pid")
	server := exec.Command(os.Args[0], "-test.run", "^TestProcessesEndWithTheServer$")
	server.Env = append(os.Environ(), "FUNCTION_TEST_PID_FILE="+file, "TMPDIR="+t.TempDir())
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	var pid []byte
	eventually(t, "the function runs", func() bool {
		var err error
		pid, err = os.ReadFile(file)
		return err == nil
	})
	if !alive(string(pid)) {
		t.Fatal("the function does not run")
	}
	_ = server.Process.Kill() // it runs
	_ = server.Wait()         // it was killed
	eventually(t, "the function is gone", func() bool { return !alive(string(pid)) })
}

func TestCallsAreChecked(t *testing.T) {
	t.Parallel()
	f := start(t, function.Config{Source: functiontest.Go(t)})
	soon := time.Now().Add(time.Minute)
	for name, call := range map[string]function.Call{
		"event":    {Payload: make([]byte, 6<<20+1), Deadline: soon},
		"id":       {ID: "../next", Deadline: soon},
		"deadline": {Payload: []byte(`{}`)},
	} {
		if _, err := f.Invoke(t.Context(), call); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want an error about the %s", err, name)
		}
	}
}

func TestSettingsAreChecked(t *testing.T) {
	t.Parallel()
	file := functiontest.File(t, "claims.py", "")
	for expect, cfg := range map[string]function.Config{
		"no such file":           {Source: file + "x:handler"},
		"needs its handler":      {Source: file},
		"is not executable":      {Source: functiontest.File(t, "claims.sh", "")},
		"has no handler":         {Source: functiontest.File(t, "claims", "") + ":handler"},
		"is not a file":          {Source: filepath.Dir(file)},
		"run no-such-python":     {Source: file + ":handler", Interpreter: "no-such-python"},
		"concurrency":            {Source: file + ":handler", Concurrency: 65},
		"keep":                   {Source: file + ":handler", Keep: 9},
		"memory":                 {Source: file + ":handler", MemoryMB: 1},
		"AWS_REGION is reserved": {Source: file + ":handler", Env: map[string]string{"AWS_REGION": "x"}},
		"user no-such-user":      {Source: file + ":handler", User: "no-such-user"},
	} {
		cfg.Name = "test"
		if _, err := function.New(cfg); err == nil || !strings.Contains(err.Error(), expect) {
			t.Errorf("got %v, want an error with %q", err, expect)
		}
	}
}
