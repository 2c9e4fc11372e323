package function_test

import (
	"testing"
	"time"

	"cardea/platform/function"
	"cardea/platform/function/functiontest"
)

func TestNodeHandlersAnswer(t *testing.T) {
	t.Parallel()
	f := node(t, `
const kinds = {
  promise: () => Promise.resolve('promised'),
  thenable: () => ({ then: (resolve) => setTimeout(resolve, 5, 'then') }),
  callback: (c, done) => { setTimeout(() => done(null, 'called back'), 5); },
  twice: (c, done) => { done(null, 'first'); done(null, 'second'); },
  waits: (c, done) => { done(null, 'waited'); setTimeout(() => {}, 300); },
  hurries: (c, done) => { c.callbackWaitsForEmptyEventLoop = false; done(null, 'hurried'); setTimeout(() => {}, 300); },
  succeed: (c) => { c.succeed('succeeded'); },
  done: (c) => { c.done(null, 'done'); },
  nothing: () => {},
  later: () => { setTimeout(() => {}, 20); },
  undefined: async () => undefined,
};
export const handler = (event, context, callback) => kinds[event](context, callback);`)
	for event, answer := range map[string]string{
		"promise": `"promised"`, "thenable": `"then"`, "callback": `"called back"`, "twice": `"first"`, "waits": `"waited"`, "hurries": `"hurried"`,
		"succeed": `"succeeded"`, "done": `"done"`, "nothing": "null", "later": "null", "undefined": "null",
	} {
		began := time.Now()
		reply := invoke(t, f, `"`+event+`"`)
		if reply.Kind != function.Answered || string(reply.Payload) != answer {
			t.Errorf("%s: got %s %s, want %s", event, reply.Kind, reply.Payload, answer)
		}
		if took := time.Since(began); event == "waits" && took < 300*time.Millisecond {
			t.Errorf("the callback's answer came after %s, before the event loop was empty", took)
		}
	}
	if s := f.Stats(); s.Starts != 1 {
		t.Errorf("got %d starts, want 1", s.Starts)
	}
}

func TestNodeHandlersFail(t *testing.T) {
	t.Parallel()
	f := node(t, `
class Taken extends Error { constructor(m) { super(m); this.name = 'Taken'; } }
const kinds = {
  throws: () => { throw new Taken('thrown'); },
  rejects: async () => { throw new Taken('rejected'); },
  callback: (c, done) => { done(new Taken('called back')); },
  text: (c, done) => { done('just text'); },
  fail: (c) => { c.fail(new Taken('failed')); },
  circular: async () => { const a = {}; a.a = a; return a; },
  never: () => new Promise(() => {}),
  uncaught: () => { setTimeout(() => { throw new Taken('uncaught'); }, 5); },
  unhandled: () => new Promise((resolve) => { Promise.reject(new Taken('unhandled')); setTimeout(resolve, 2000); }),
  exit: async () => process.exit(4),
};
export const handler = (event, context, callback) => kinds[event](context, callback);`)
	for event, expect := range map[string]struct {
		kind               function.Kind
		errorType, message string
		dies               bool
	}{
		"throws":    {function.Raised, "Taken", "thrown", false},
		"rejects":   {function.Raised, "Taken", "rejected", false},
		"callback":  {function.Raised, "Taken", "called back", false},
		"text":      {function.Raised, "string", "just text", false},
		"fail":      {function.Raised, "Taken", "failed", false},
		"circular":  {function.Raised, "Runtime.MarshalError", "Unable to stringify response body as json", false},
		"never":     {function.Raised, "Runtime.NodeJsExit", "The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was never settled.", true},
		"uncaught":  {function.Raised, "Taken", "uncaught", true},
		"unhandled": {function.Raised, "Runtime.UnhandledPromiseRejection", "unhandled", true},
	} {
		starts := f.Stats().Starts
		reply := invoke(t, f, `"`+event+`"`)
		if reply.Kind != expect.kind || reply.ErrorType != expect.errorType || reply.ErrorMessage != expect.message {
			t.Errorf("%s: got %+v, want %+v", event, reply, expect)
		}
		if expect.dies {
			eventually(t, "the process is gone", func() bool { s := f.Stats(); return s.Idle+s.Busy == 0 })
		}
		want(t, invoke(t, f, `"throws"`), function.Raised, "thrown")
		if again := f.Stats().Starts > starts && starts > 0; again != expect.dies && starts > 0 {
			t.Errorf("%s: started again: %t, want %t", event, again, expect.dies)
		}
	}
	want(t, invoke(t, f, `"exit"`), function.Exited, "exit status 4")
}

func TestNodeFunctionsThatCannotStart(t *testing.T) {
	t.Parallel()
	for text, errorType := range map[string]string{
		"import './missing.mjs'; export const handler = 1;": "Runtime.ImportModuleError",
		"export const handler = (;":                         "Runtime.UserCodeSyntaxError",
		"export const other = () => {};":                    "Runtime.HandlerNotFound",
		"throw new RangeError('too far');":                  "RangeError",
	} {
		f := node(t, text)
		if reply := invoke(t, f, `{}`); reply.Kind != function.Raised || reply.ErrorType != errorType {
			t.Errorf("%s: got %+v, want %s", text, reply, errorType)
		}
	}
	want(t, invoke(t, node(t, "await new Promise(() => {});"), `{}`), function.Exited, "exit status 13")
}

func TestNodeReplyOverTheLimit(t *testing.T) {
	t.Parallel()
	f := node(t, "export const handler = async (event) => 'x'.repeat(event);")
	want(t, invoke(t, f, "2000000"), function.TooLarge, "ResponseSizeTooLarge")
	want(t, invoke(t, f, "3"), function.Answered, `"xxx"`)
	if s := f.Stats(); s.Starts != 1 {
		t.Errorf("got %d starts, want 1", s.Starts)
	}
}

func TestNodeModuleType(t *testing.T) {
	t.Parallel()
	file := functiontest.File(t, "index.js", "export const handler = async () => import.meta.url.slice(-8);")
	functiontest.Beside(t, file, "package.json", `{"type":"module"}`)
	want(t, invoke(t, start(t, function.Config{Source: file + ":handler"}), `{}`), function.Answered, "index.js")
}
