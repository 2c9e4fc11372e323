package script_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"cardea/conformance/wiretest"

	"github.com/go-jose/go-jose/v4"
	"github.com/rogpeppe/go-internal/testscript"
)

// commands are what stories can do besides starting the binary:
//
//	ready                                  wait until the server answers
//	trust FILE                             take the certificates in a file for authorities from now on
//	call [-signed] [-soon] OPERATION m=v … post an operation; m:=json gives a raw value
//	keep NAME path.to.member               put a value of the last answer into the environment
//	code NAME address                      put the newest code sent to the address into the environment
//	get [-soon] [-host NAME] PATH          fetch a page; the status is the first line of its output
//	verify TOKEN JWKS-PATH                 check a token's signature against published keys and print its claims
//	loadenv FILE                           put the NAME=value lines of a file into the environment
//	terminate                              send SIGTERM to everything that runs in the background
//
// "! call" and "! get" expect an answer that is an error; with -soon they ask again until it is as expected.
var commands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"ready":     ready,
	"trust":     trust,
	"call":      call,
	"keep":      keep,
	"code":      code,
	"get":       get,
	"verify":    verify,
	"loadenv":   loadenv,
	"terminate": terminate,
}

// wire is a story's client and what it remembers of the last answer.
type wire struct {
	client *http.Client
	answer []byte
}

type wireKey struct{}

func wireOf(ts *testscript.TestScript) *wire { return ts.Value(wireKey{}).(*wire) }

func trust(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: trust FILE")
	}
	for range 100 { // until a server that has just been started has written it
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(ts.ReadFile(args[0]))) {
		ts.Fatalf("%s holds no certificate", args[0])
	}
	wireOf(ts).client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
}

func ready(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: ready")
	}
	for range 200 {
		response, err := wireOf(ts).client.Get(ts.Getenv("URL") + "/readyz")
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("the server did not become ready")
}

func call(ts *testscript.TestScript, neg bool, args []string) {
	soon, args := option("-soon", args)
	signed, args := option("-signed", args)
	if len(args) == 0 {
		ts.Fatalf("usage: call [-signed] [-soon] OPERATION member=value …")
	}
	body, err := members(args[1:])
	ts.Check(err)
	expect(ts, neg, soon, func() *http.Request {
		request, err := http.NewRequest(http.MethodPost, ts.Getenv("URL")+"/", bytes.NewReader(body))
		ts.Check(err)
		request.Header.Set("Content-Type", "application/x-amz-json-1.1")
		request.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+args[0])
		if signed {
			wiretest.Sign(request, body, ts.Getenv("AWS_ACCESS_KEY_ID"), ts.Getenv("AWS_SECRET_ACCESS_KEY"), time.Now())
		}
		return request
	})
}

// option takes a leading or later option out of args.
func option(name string, args []string) (bool, []string) {
	i := slices.Index(args, name)
	if i < 0 {
		return false, args
	}
	return true, slices.Delete(slices.Clone(args), i, i+1)
}

// members makes a JSON object of name=value and name:=json arguments.
func members(args []string) ([]byte, error) {
	object := map[string]any{}
	for _, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		if !ok {
			return nil, fmt.Errorf("%q is not member=value", arg)
		}
		if raw, ok := strings.CutSuffix(name, ":"); ok {
			object[raw] = json.RawMessage(value)
			continue
		}
		object[name] = value
	}
	return json.Marshal(object)
}

// expect sends a request, again and again for ten seconds if it is to be so soon, until its answer is an error or not as
// the story says; it writes status and body to the story's standard output and remembers the body.
func expect(ts *testscript.TestScript, neg, soon bool, request func() *http.Request) {
	status, body := send(ts, request())
	for deadline := time.Now().Add(10 * time.Second); soon && (status >= 400) != neg && time.Now().Before(deadline); {
		time.Sleep(50 * time.Millisecond)
		status, body = send(ts, request())
	}
	wireOf(ts).answer = body
	fmt.Fprintf(ts.Stdout(), "%d\n%s\n", status, body)
	if (status >= 400) != neg {
		ts.Fatalf("the answer is %d: %s", status, body)
	}
}

func send(ts *testscript.TestScript, request *http.Request) (int, []byte) {
	response, err := wireOf(ts).client.Do(request)
	ts.Check(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	ts.Check(err)
	return response.StatusCode, body
}

func keep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: keep NAME path.to.member")
	}
	var value any
	ts.Check(json.Unmarshal(wireOf(ts).answer, &value))
	for step := range strings.SplitSeq(args[1], ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(v) {
				ts.Fatalf("the answer has no %s", args[1])
			}
			value = v[i]
		}
	}
	if value == nil {
		ts.Fatalf("the answer has no %s", args[1])
	}
	ts.Setenv(args[0], fmt.Sprint(value))
}

func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: code NAME address")
	}
	response, err := wireOf(ts).client.Get(ts.Getenv("URL") + "/_cardea/inbox.json?to=" + url.QueryEscape(args[1]))
	ts.Check(err)
	defer response.Body.Close()
	var inbox struct {
		Messages []struct {
			Code string `json:"code"`
		} `json:"messages"`
	}
	ts.Check(json.NewDecoder(response.Body).Decode(&inbox))
	if len(inbox.Messages) == 0 {
		ts.Fatalf("nothing was sent to %s", args[1])
	}
	ts.Setenv(args[0], inbox.Messages[len(inbox.Messages)-1].Code)
}

func get(ts *testscript.TestScript, neg bool, args []string) {
	soon, args := option("-soon", args)
	host := ""
	if len(args) == 3 && args[0] == "-host" {
		host, args = args[1], args[2:]
	}
	if len(args) != 1 {
		ts.Fatalf("usage: get [-soon] [-host NAME] PATH")
	}
	target := args[0]
	if strings.HasPrefix(target, "/") {
		target = ts.Getenv("URL") + target
	}
	expect(ts, neg, soon, func() *http.Request {
		request, err := http.NewRequest(http.MethodGet, target, nil)
		ts.Check(err)
		request.Host = host
		return request
	})
}

func loadenv(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: loadenv FILE")
	}
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			ts.Setenv(name, value)
		}
	}
}

func terminate(ts *testscript.TestScript, _ bool, _ []string) {
	for _, background := range ts.BackgroundCmds() {
		ts.Check(background.Process.Signal(syscall.SIGTERM))
	}
}

func verify(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: verify TOKEN JWKS-PATH")
	}
	response, err := wireOf(ts).client.Get(ts.Getenv("URL") + args[1])
	ts.Check(err)
	defer response.Body.Close()
	var keys jose.JSONWebKeySet
	ts.Check(json.NewDecoder(response.Body).Decode(&keys))
	token, err := jose.ParseSignedCompact(args[0], []jose.SignatureAlgorithm{jose.RS256})
	ts.Check(err)
	claims, err := token.Verify(&keys)
	if (err != nil) != neg {
		ts.Fatalf("verify: %v", err)
	}
	fmt.Fprintf(ts.Stdout(), "%s\n", claims)
}
