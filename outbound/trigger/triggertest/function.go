package triggertest

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"cardea/outbound/trigger"
	"cardea/platform/awscred"
	"cardea/platform/web"
)

// What calls are signed with.
const (
	KeyID     = "AKIDEXAMPLE"
	SecretKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	HookKey   = "a secret of the webhook"
)

// ARN is the ARN of a function of the name.
func ARN(name string) string { return "arn:aws:lambda:us-east-1:123456789012:function:" + name }

// Invocation is one call that the function got.
type Invocation struct {
	Function string // the ARN, or the name, that was invoked
	Event    []byte
	Header   http.Header
	Async    bool
}

// Source is the event's triggerSource.
func (i Invocation) Source() string {
	var event struct{ TriggerSource string }
	_ = json.Unmarshal(i.Event, &event) // no event has no source
	return event.TriggerSource
}

// UserName is the event's userName.
func (i Invocation) UserName() string {
	var event struct{ UserName string }
	_ = json.Unmarshal(i.Event, &event) // no event has no name
	return event.UserName
}

// Request is the event's request.
func (i Invocation) Request() map[string]any {
	var event struct{ Request map[string]any }
	_ = json.Unmarshal(i.Event, &event) // no event has no request
	return event.Request
}

// Answer is what the function does with a call. The zero Answer returns the event as it came.
type Answer struct {
	Response any    // returned as the event's response
	Raw      []byte // returned instead of the event
	Raise    string // the message of an exception
	Type     string // and its type
	Status   int    // of the service instead of the function, such as 429
	Code     string // and its code
	Reset    bool   // the connection breaks
	Delay    time.Duration
	Log      string // what the function writes to its log
	NotJSON  bool   // a webhook's content type is something else
}

// Function is a scripted function.
type Function struct {
	URL string
	// Now is the clock by which timestamps of signatures are checked.
	Now func() time.Time

	server *httptest.Server
	tb     testing.TB

	mu     sync.Mutex
	handle func(Invocation) Answer
	calls  []Invocation
}

// New starts a function that returns its events as they came. It ends with the test.
func New(tb testing.TB) *Function {
	f := &Function{tb: tb, Now: time.Now, handle: func(Invocation) Answer { return Answer{} }}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", f.invoke)
	mux.HandleFunc("POST /hook", f.hook)
	f.server = httptest.NewServer(mux)
	f.URL = f.server.URL
	tb.Cleanup(f.server.Close)
	return f
}

// Handle lets handle answer from now on. It runs on the server's goroutines, several at a time.
func (f *Function) Handle(handle func(Invocation) Answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.handle = handle
}

// Script answers the calls from now on in turn, the last answer again and again.
func (f *Function) Script(answers ...Answer) {
	var mu sync.Mutex
	f.Handle(func(Invocation) Answer {
		mu.Lock()
		defer mu.Unlock()
		answer := answers[0]
		if len(answers) > 1 {
			answers = answers[1:]
		}
		return answer
	})
}

// Calls are the calls so far.
func (f *Function) Calls() []Invocation {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Invocation(nil), f.calls...)
}

// Client reaches the function, and nothing else that is not public.
func Client(tb testing.TB) *http.Client {
	client, err := web.New(web.Options{Allow: []string{"127.0.0.1"}, PlainHTTP: true, Timeout: time.Minute})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(client.CloseIdleConnections)
	return client
}

// Lambda is the transport that invokes the function by Lambda's API.
func (f *Function) Lambda() *trigger.Lambda {
	keys := awscred.Static(awscred.Keys{ID: KeyID, Secret: SecretKey, Token: "a token"})
	return &trigger.Lambda{Endpoint: f.URL, Keys: keys, Client: Client(f.tb), LogTail: true}
}

// Webhook is the transport that invokes the function by our webhook.
func (f *Function) Webhook() *trigger.Webhook {
	return &trigger.Webhook{URL: f.URL + "/hook", Secrets: [][]byte{[]byte(HookKey)}, Client: Client(f.tb)}
}

// All invokes the function for every ARN, by Lambda's API.
func (f *Function) All() *trigger.Functions {
	functions, err := trigger.New(trigger.Entry{Function: f.Lambda(), Transport: "lambda"})
	if err != nil {
		f.tb.Fatal(err)
	}
	return functions
}

// take notes a call and asks for the answer.
func (f *Function) take(call Invocation) Answer {
	f.mu.Lock()
	f.calls = append(f.calls, call)
	handle := f.handle
	f.mu.Unlock()
	answer := handle(call)
	time.Sleep(answer.Delay)
	if answer.Reset {
		panic(http.ErrAbortHandler)
	}
	return answer
}

// payload is what the function returns or raises.
func (a Answer) payload(event []byte) []byte {
	switch {
	case a.Raise != "" || a.Type != "":
		return encode(map[string]any{"errorMessage": a.Raise, "errorType": a.Type, "stackTrace": []string{}})
	case a.Raw != nil:
		return a.Raw
	case a.Response == nil:
		return event
	}
	var returned map[string]any
	if err := json.Unmarshal(event, &returned); err != nil {
		return event
	}
	returned["response"] = a.Response
	return encode(returned)
}

func encode(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // a test's own value
	}
	return text
}

func (a Answer) tail() string {
	return base64.StdEncoding.EncodeToString([]byte(a.Log))
}

func (a Answer) raised() bool { return a.Raise != "" || a.Type != "" }
