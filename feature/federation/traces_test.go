package federation_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cardea/engine/hosted"
	"cardea/engine/interaction"
	"cardea/engine/issuer"
	"cardea/engine/trigger"
	"cardea/feature/federation"
	"cardea/inbound/operator"
	"cardea/outbound/upstream"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/server/servertest"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// keeper keeps traces of a pool.
type keeper struct {
	*servertest.World
	*federation.Traces
	pool    string
	log     bytes.Buffer
	counted []string
}

func eachKeeper(t *testing.T, body func(t *testing.T, k *keeper)) {
	t.Helper()
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		k := &keeper{World: w, Traces: federation.NewTraces(w.DB, w.Now), pool: w.Pool(t, nil)}
		k.Traces.Log = slog.New(slog.NewJSONHandler(&k.log, nil))
		k.Observe = func(provider, outcome string, _ time.Duration) { k.counted = append(k.counted, provider+" "+outcome) }
		body(t, k)
	})
}

// ending is a sign-in at Corp that began three seconds ago.
func (k *keeper) ending(err error) federation.Ending {
	return federation.Ending{Type: "OIDC", Err: err, Return: federation.Return{
		Site: &issuer.Site{Pool: id.Pool(k.pool)}, Path: federation.OAuthCallback,
		Trip: &interaction.Trip{Provider: "Corp", Began: k.World.Now().Add(-3 * time.Second).UnixMilli()},
	}}
}

// keep keeps and stores a trace. The answer is its id.
func (k *keeper) keep(t *testing.T, address string, j *upstream.Journal, e federation.Ending) string {
	t.Helper()
	name := id.NewUUID()
	k.Keep(caller.With(t.Context(), caller.Caller{RequestID: name, IP: address}), j, e)
	if err := k.Store(t.Context()); err != nil {
		t.Fatal(err)
	}
	return name
}

// list asks for traces as an operator does.
func (k *keeper) list(t *testing.T, query string) servertest.Answer {
	t.Helper()
	return k.Do(t, signed(http.MethodGet, k.URL+operator.TracesPath+"?pool="+k.pool+query))
}

// signed makes a request with a signature in form only, which a development server does not check.
func signed(method, address string) *http.Request {
	r := httptest.NewRequest(method, address, nil)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261122/us-east-1/cognito-idp/aws4_request, "+
		"SignedHeaders=host;x-amz-date, Signature="+strings.Repeat("0", 64))
	return r
}

// ids are those of the traces in an answer.
func ids(a servertest.Answer) string {
	var list []string
	for n := range len(a.Body["traces"].([]any)) {
		list = append(list, servertest.Text(a.Body, fmt.Sprintf("traces.%d.id", n)))
	}
	return strings.Join(list, " ")
}

func TestATraceTellsWhatHappened(t *testing.T) {
	eachKeeper(t, func(t *testing.T, k *keeper) {
		e := k.ending(&upstream.Error{Check: "nonce", Word: "w", Advice: "Ask the provider.", Err: errors.New("the ID token has another")})
		e.Return.Trip.Query = "client_id=1234567890abcdefghijklmnop&state=x"
		e.Return.Values, _ = oauth2.Parse("error=server_error&error_description=Try+again&code=abcdef")
		e.Sub = "a-sub"
		j := &upstream.Journal{}
		j.Add(upstream.Step{Kind: "sent", Name: "token", Detail: map[string]string{"url": "https://corp.example/token?code=1", "status": "400", "body": "12345"}})
		j.Add(upstream.Step{Kind: "check", Name: "nonce", Failed: "differs", Advice: "Look there."})
		name := k.keep(t, "192.0.2.1", j, e)

		got := k.list(t, "&id="+name)
		for path, want := range map[string]any{
			"id": name, "pool": k.pool, "client": "1234567890abcdefghijklmnop", "provider": "Corp", "type": "OIDC", "outcome": "provider",
			"check": "nonce", "advice": "Ask the provider.", "why": "identity provider: nonce: the ID token has another", "sub": "a-sub",
			"seconds": 3.0, "steps.0.name": "callback", "steps.0.detail.error": "server_error", "steps.0.detail.error_description": "Try again",
			"steps.0.detail.parameters": "error (12 bytes), error_description (9 bytes), code (6 bytes)",
			"steps.1.detail.url":        "https://corp.example/token?code=…", "steps.1.detail.status": "400", "steps.1.detail.body": "(5 bytes)",
			"steps.2.failed": "differs", "steps.2.advice": "Look there.",
		} {
			if got := servertest.At(got.Body, "traces.0."+path); got != want {
				t.Errorf("%s: got %v; want %v", path, got, want)
			}
		}

		var line map[string]any
		if err := json.Unmarshal(k.log.Bytes(), &line); err != nil {
			t.Fatalf("the log has %q: %v", k.log.String(), err)
		}
		for name, want := range map[string]any{"level": "WARN", "trace": name, "check": "nonce", "outcome": "provider", "provider": "Corp"} {
			if line[name] != want {
				t.Errorf("the line's %s is %v; want %v", name, line[name], want)
			}
		}
		if got := strings.Join(k.counted, ", "); got != "OIDC provider" {
			t.Errorf("counted %q", got)
		}
	})
}

func TestATraceHasTheOutcome(t *testing.T) {
	eachKeeper(t, func(t *testing.T, k *keeper) {
		for _, c := range []struct {
			err     error
			linking bool
			want    string
		}{
			{nil, false, "ok"},
			{nil, true, "link"},
			{fmt.Errorf("x: %w", &upstream.Error{Err: errors.New("y")}), false, "provider"},
			{fmt.Errorf("x: %w", &trigger.Error{}), false, "trigger"},
			{errors.New("y"), false, "refused"},
		} {
			e := k.ending(c.err)
			e.Linking = c.linking
			name := k.keep(t, "192.0.2.1", &upstream.Journal{}, e)
			if got := servertest.At(k.list(t, "&id="+name).Body, "traces.0.outcome"); got != c.want {
				t.Errorf("%v, linking %t: got %v; want %s", c.err, c.linking, got, c.want)
			}
		}
	})
}

// Secrets, and what is known of a user, are put wherever the code that writes a journal might put them by mistake.
func TestNoSecretIsInATraceOrInTheLog(t *testing.T) {
	eachKeeper(t, func(t *testing.T, k *keeper) {
		secrets := map[string]string{
			"code": "SplxlOBe", "state": "af0ifjsl", "handle": "h4ndl3", "nonce": "n0S6Wz", "verifier": "dBjft_4CVP", "cookie": "s3ss.c00k1e",
			"assertion": "<Assertion><NameID>Liddell</NameID></Assertion>", "subject": "24400320", "name": "Liddell", "mail": "alice@corp.example",
			"jwt": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.", "hint": "hinted", "index": "idx77", "client": "p4ssw0rd-of-client", "given": "Ali",
			"token": "2YotnFZFEjr1zCsicMWpAA0123456789", "unknown": "tGzv3JOk", "bearer": "mF_9.B5f-4", "zurich": "Zürich & Umland",
			"odd": "two\nlines",
		}
		e := k.ending(nil)
		e.Return.Browser = hosted.Browser{SSO: secrets["cookie"]}
		e.Return.Trip.Handle, e.Return.Trip.Nonce, e.Return.Trip.Verifier = secrets["handle"], secrets["nonce"], secrets["verifier"]
		e.Return.Trip.Query = oauth2.Values{}.With("state", secrets["state"]).With("login_hint", secrets["hint"]).Encode()
		e.Return.Values = oauth2.Values{}.With("code", secrets["code"]).With("SAMLResponse", secrets["assertion"]).With("error_description", secrets["mail"])
		e.Identity = &upstream.Identity{
			Subject: secrets["subject"], Session: upstream.Session{NameID: secrets["name"], Index: secrets["index"]},
			Claims: map[string]string{
				"email": secrets["mail"], "name": secrets["name"], "given_name": secrets["given"], "city": secrets["zurich"], "odd": secrets["odd"], "iss": "https://corp.example",
			},
		}
		j := &upstream.Journal{}
		j.Hide(secrets["client"])
		var said []string
		for _, s := range secrets {
			said = append(said, s)
		}
		everything := strings.Join(said[:len(said)/2], " ")
		rest := strings.Join(said[len(said)/2:], " ")
		unknown := secrets["unknown"]
		everything = strings.ReplaceAll(everything, unknown, `{"access_token":"`+unknown+`"} refresh_token=`+unknown+" ")
		rest = strings.ReplaceAll(rest, unknown, `{'client_secret': '`+unknown+`'} https://corp.example/?x=`+unknown+"#"+unknown)
		everything = strings.ReplaceAll(everything, secrets["bearer"], "Bearer "+secrets["bearer"])
		rest = strings.ReplaceAll(rest, secrets["bearer"], "Bearer "+secrets["bearer"])
		for _, text := range []string{everything, rest} {
			detail := map[string]string{}
			for _, name := range []string{"url", "status", "error", "issuer", "kid", "claims", "scope"} {
				detail[name] = text
			}
			j.Add(upstream.Step{Kind: "check", Name: text, Detail: detail, Failed: text, Advice: text})
			j.Add(upstream.Step{Kind: "check", Detail: map[string]string{"body": text, "code": text, "name_id": text}})
		}
		for _, err := range []error{nil, &upstream.Error{Check: rest, Word: everything, Advice: everything, Err: errors.New(rest)}, errors.New(everything)} {
			e.Err = err
			k.keep(t, "192.0.2.1", j, e)
		}

		for where, text := range map[string]string{"the rows": k.docs(t), "the log": k.log.String(), "the endpoint": k.list(t, "").Text} {
			if len(text) < 1000 {
				t.Fatalf("%s: %q", where, text)
			}
			for name, secret := range secrets {
				if strings.Contains(text, secret) {
					t.Errorf("%s: the %s %q is in %s", where, name, secret, text)
				}
			}
			if !strings.Contains(text, "a…@corp.example") && !strings.Contains(text, "bytes)") {
				t.Errorf("%s: nothing is masked in %s", where, text)
			}
		}
	})
}

// docs are the stored traces.
func (k *keeper) docs(t *testing.T) string {
	t.Helper()
	var all []string
	err := k.World.DB.Read(t.Context(), func(tx *db.Tx) (err error) {
		all, err = db.All(tx, func(row db.Scanner) (doc string, err error) { return doc, row.Scan(&doc) }, "SELECT doc FROM federation_trace")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "\n")
}

func TestATextOfATraceIsOnePrintedLine(t *testing.T) {
	eachKeeper(t, func(t *testing.T, k *keeper) {
		k.Traces.Log = slog.New(slog.NewTextHandler(&k.log, nil))
		e := k.ending(errors.New("one\ntwo\r\x1b[31m \u202e\u2028\u0085\x7f \xff end" + strings.Repeat(" word", 1000)))
		k.keep(t, "192.0.2.1", &upstream.Journal{}, e)
		if n := strings.Count(k.log.String(), "\n"); n != 1 {
			t.Errorf("%d lines: %s", n, k.log.String())
		}
		why := servertest.Text(k.list(t, "").Body, "traces.0.why")
		if want := "one\\u000atwo\\u000d\\u001b[31m \\u202e\\u2028\\u0085\\u007f � end word"; !strings.HasPrefix(why, want) || len(why) > 400 {
			t.Errorf("got %q", why)
		}
	})
}

func TestTracesAreBounded(t *testing.T) {
	eachKeeper(t, func(t *testing.T, k *keeper) {
		j := &upstream.Journal{}
		for n := range 200 {
			detail := map[string]string{}
			for m := range 50 {
				detail[fmt.Sprint("url", m)] = strings.Repeat("https://corp.example/ ", 100)
				detail["url"] = detail[fmt.Sprint("url", m)]
			}
			j.Add(upstream.Step{Kind: "sent", Name: fmt.Sprint("step ", n), Detail: detail})
		}
		if len(j.Steps)+j.Left != 200 || len(j.Steps) > 50 {
			t.Errorf("the journal has %d steps and left out %d", len(j.Steps), j.Left)
		}
		k.keep(t, "192.0.2.1", j, k.ending(nil))
		if got := len(k.docs(t)); got > 16<<10 {
			t.Errorf("the trace has %d bytes", got)
		}
		var trace federation.Trace
		if err := json.Unmarshal([]byte(k.docs(t)), &trace); err != nil || len(trace.Steps)-1+trace.Left != 200 {
			t.Errorf("the trace has %d steps and says that %d are left out: %v", len(trace.Steps), trace.Left, err)
		}
	})
}

func TestAnAddressLeavesFewTracesOfFailures(t *testing.T) {
	eachKeeper(t, func(t *testing.T, k *keeper) {
		other := k.keep(t, "192.0.2.2", &upstream.Journal{}, k.ending(errors.New("of another")))
		for range 40 {
			k.keep(t, "192.0.2.1", &upstream.Journal{}, k.ending(errors.New("on purpose")))
		}
		if got := strings.Count(k.docs(t), "on purpose"); got != 30 {
			t.Errorf("%d traces of one address", got)
		}
		good := k.keep(t, "192.0.2.1", &upstream.Journal{}, k.ending(nil))
		for _, name := range []string{other, good} {
			if ids(k.list(t, "&id="+name)) != name {
				t.Errorf("%s is missing", name)
			}
		}
		k.World.Advance(time.Hour)
		k.keep(t, "192.0.2.1", &upstream.Journal{}, k.ending(errors.New("on purpose")))
		if got := strings.Count(k.docs(t), "on purpose"); got != 31 {
			t.Errorf("%d traces of one address an hour later", got)
		}
	})
}

func TestANetworkOfIPv6LeavesFewTracesOfFailures(t *testing.T) {
	eachKeeper(t, func(t *testing.T, k *keeper) {
		for n := range 40 {
			k.keep(t, fmt.Sprintf("2001:db8::%x", n+1), &upstream.Journal{}, k.ending(errors.New("on purpose")))
		}
		if got := strings.Count(k.docs(t), "on purpose"); got != 30 {
			t.Errorf("%d traces of one network", got)
		}
	})
}

func TestAPoolKeepsAThousandTraces(t *testing.T) {
	eachKeeper(t, func(t *testing.T, k *keeper) {
		failed := k.keep(t, "192.0.2.1", &upstream.Journal{}, k.ending(errors.New("first of all")))
		for n := range 3 {
			for range 300 {
				k.Keep(t.Context(), &upstream.Journal{}, k.ending(nil))
			}
			if err := k.Store(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got, want := strings.Count(k.docs(t), `"id"`), min(300*(n+1), 500)+1; got != want {
				t.Errorf("got %d traces; want %d", got, want)
			}
		}
		if ids(k.list(t, "&failed=true")) != failed {
			t.Error("sign-ins that succeeded have driven out the one that failed")
		}
		for range 600 {
			k.Keep(t.Context(), &upstream.Journal{}, k.ending(nil))
		}
		if late := k.keep(t, "192.0.2.1", &upstream.Journal{}, k.ending(nil)); ids(k.list(t, "&id="+late)) != "" {
			t.Error("more than 500 have waited")
		}
	})
}

func TestASignInWithoutATripLeavesNothing(t *testing.T) {
	eachKeeper(t, func(t *testing.T, k *keeper) {
		e := k.ending(errors.New("x"))
		e.Return.Trip = nil
		k.keep(t, "192.0.2.1", &upstream.Journal{}, e)
		if k.docs(t) != "" || k.log.Len() > 0 || len(k.counted) > 0 {
			t.Errorf("%s %s %v", k.docs(t), k.log.String(), k.counted)
		}
	})
}

// A sign-in never fails by its trace.
func TestTracesThatCannotBeStoredAreDropped(t *testing.T) {
	eachKeeper(t, func(t *testing.T, k *keeper) {
		k.Keep(t.Context(), &upstream.Journal{}, k.ending(nil))
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := k.Store(gone); err == nil {
			t.Error("stored by a cancelled job")
		}
		if err := k.Store(t.Context()); err != nil || k.docs(t) != "" {
			t.Errorf("stored later: %v %s", err, k.docs(t))
		}
		if !strings.Contains(k.log.String(), `"federated sign-in"`) {
			t.Error("the log has no line")
		}
	})
}
