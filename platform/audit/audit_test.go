package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func event() *Event {
	at := time.Date(2026, 3, 14, 15, 9, 26, 535, time.UTC)
	return &Event{
		Identity: Identity{
			Type: "AssumedRole", PrincipalID: "AROA1:build", ARN: "arn:aws:sts::123456789012:assumed-role/worker/build", Account: "123456789012",
			AccessKeyID: "ASIA1", Session: &Session{
				Issuer:  &Identity{Type: "Role", PrincipalID: "AROA1", ARN: "arn:aws:iam::123456789012:role/worker", Account: "123456789012", UserName: "worker"},
				Created: at, MFA: true, Provider: "cognito-identity.amazonaws.com",
			},
		},
		Time: at, Source: "cognito-idp.amazonaws.com", Name: "AdminGetUser", Region: "us-east-1", SourceIP: "192.0.2.1", UserAgent: "a\n\"b\"",
		ErrorCode: "UserNotFoundException", Message: "User does not exist.", Parameters: json.RawMessage(`{"userPoolId":"p"}`),
		Additional: Additional{Sub: "sub-1", Pool: "p"}, RequestID: "request", ID: "event", ReadOnly: true, Type: APICall, Account: "123456789012",
		TLS: TLS{Version: "TLSv1.3", Suite: "TLS_AES_128_GCM_SHA256", Host: "auth.example.com"},
	}
}

func TestRecordsHaveTheFormOfCloudTrail(t *testing.T) {
	t.Parallel()
	got := decoded(t, event().Append(nil))
	account := "123456789012"
	want := map[string]any{
		"eventVersion": "1.08", "eventTime": "2026-03-14T15:09:26Z", "eventSource": "cognito-idp.amazonaws.com", "eventName": "AdminGetUser",
		"awsRegion": "us-east-1", "sourceIPAddress": "192.0.2.1", "userAgent": "a\n\"b\"", "errorCode": "UserNotFoundException",
		"errorMessage": "User does not exist.", "requestParameters": map[string]any{"userPoolId": "p"}, "responseElements": nil,
		"additionalEventData": map[string]any{"sub": "sub-1", "userPoolId": "p"}, "requestID": "request", "eventID": "event", "readOnly": true,
		"eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": account, "eventCategory": "Management",
		"tlsDetails": map[string]any{"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256", "clientProvidedHostHeader": "auth.example.com"},
		"userIdentity": map[string]any{
			"type": "AssumedRole", "principalId": "AROA1:build", "arn": "arn:aws:sts::123456789012:assumed-role/worker/build", "accountId": account,
			"accessKeyId": "ASIA1", "sessionContext": map[string]any{
				"sessionIssuer": map[string]any{
					"type": "Role", "principalId": "AROA1", "arn": "arn:aws:iam::123456789012:role/worker", "accountId": account, "userName": "worker",
				},
				"webIdFederationData": map[string]any{"federatedProvider": "cognito-identity.amazonaws.com"},
				"attributes":          map[string]any{"creationDate": "2026-03-14T15:09:26Z", "mfaAuthenticated": "true"},
			},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
}

func decoded(t *testing.T, line []byte) (got map[string]any) {
	t.Helper()
	if err := json.Unmarshal(line, &got); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	return got
}

func TestTooManyParametersAreLeftOut(t *testing.T) {
	t.Parallel()
	e := event()
	e.Parameters = json.RawMessage(`"` + strings.Repeat("x", maxRaw) + `"`)
	e.Message = strings.Repeat("ü", maxMessage)
	got := decoded(t, e.Append(nil))
	if diff := cmp.Diff(map[string]any{"omitted": true, "originalSize": float64(maxRaw + 2), "reasonOmitted": "UNKNOWN"}, got["requestParameters"]); diff != "" {
		t.Error(diff)
	}
	if message := got["errorMessage"].(string); len(message) > maxMessage+3 || !utf8.ValidString(message) {
		t.Errorf("a message of %d bytes", len(message))
	}
}

func TestStrangersWriteShortRecords(t *testing.T) {
	t.Parallel()
	e := event()
	e.Identity = Identity{Type: "Unknown", PrincipalID: "Anonymous"}
	long := strings.Repeat("x", maxStranger+1)
	e.Parameters, e.Response, e.TLS.Host, e.Additional.Domain = json.RawMessage(`"`+long+`"`), json.RawMessage(`"`+long+`"`), long, long
	if line := e.Append(nil); len(line) > 2048 {
		t.Errorf("a record has %d bytes", len(line))
	}
}

func FuzzTextIsOneLineOfJSON(f *testing.F) {
	for _, text := range []string{"", "plain", "a\nb\r\t\"\\", "\x00\x1f\x7f\u0085\u2028", "ü€𝄞", "\xff\xc0a", "\xed\xa0\x80"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		written := AppendText(nil, text)
		var got string
		if err := json.Unmarshal(written, &got); err != nil || bytes.ContainsAny(written, "\n\r\u0085\u2028\u2029") {
			t.Fatalf("%q became %s: %v", text, written, err)
		}
		if want := strings.ToValidUTF8(text, "\ufffd"); utf8.ValidString(text) && got != want {
			t.Errorf("%q became %q", text, got)
		}
	})
}

// opened is a log in a file, with a clock and what is logged of it.
func opened(t *testing.T, o Options) (l *Log, path string, now *time.Time, said *bytes.Buffer) {
	t.Helper()
	at := time.Unix(1_800_000_000, 0)
	path, said = filepath.Join(t.TempDir(), "audit.json"), &bytes.Buffer{}
	o.File, o.Now, o.Log = path, func() time.Time { return at }, slog.New(slog.NewTextHandler(said, nil))
	l, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, path, &at, said
}

func lines(t *testing.T, path string) int {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			decoded(t, line)
			n++
		}
	}
	return n
}

func write(t *testing.T, l *Log, want error) {
	t.Helper()
	if err := l.Write(event()); !errors.Is(err, want) {
		t.Errorf("write: %v, want %v", err, want)
	}
}

func TestFilesAreForTheirOwnerAlone(t *testing.T) {
	t.Parallel()
	l, path, _, _ := opened(t, Options{})
	write(t, l, nil)
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestLogsDoNotOpenWhereTheyCannotBeWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Join(dir, "missing", "audit.json"), os.DevNull} {
		if _, err := Open(Options{File: path}); err == nil {
			t.Errorf("%s was opened", path)
		}
	}
}

func TestRenamedFilesAreFollowedByNewOnes(t *testing.T) {
	t.Parallel()
	l, path, now, _ := opened(t, Options{})
	write(t, l, nil)
	rename := func(to string) {
		t.Helper()
		if err := os.Rename(path, path+to); err != nil {
			t.Fatal(err)
		}
	}
	rename(".1")
	write(t, l, nil) // within a second it goes on with the renamed one
	*now = now.Add(looks)
	write(t, l, nil)
	if lines(t, path+".1") != 2 || lines(t, path) != 1 {
		t.Errorf("%d and %d lines", lines(t, path+".1"), lines(t, path))
	}

	rename(".2")
	if err := l.Reopen(); err != nil {
		t.Fatal(err)
	}
	write(t, l, nil)
	if lines(t, path+".2") != 1 || lines(t, path) != 1 {
		t.Error("a file that was opened anew is not written")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	*now = now.Add(looks)
	write(t, l, nil)
	if lines(t, path) != 1 {
		t.Error("a removed file was not made anew")
	}

	if err := os.WriteFile(path+".new", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	*now = now.Add(looks)
	write(t, l, nil)
	if lines(t, path) != 1 {
		t.Error("a file that another has taken the place of is still written")
	}
}

// breakFile makes writes to the file of a log fail.
func breakFile(t *testing.T, l *Log, path string) {
	t.Helper()
	readOnly, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	l.file.mu.Lock()
	defer l.file.mu.Unlock()
	l.file.shut()
	l.file.f = readOnly
}

func TestRequiredRecordsThatAreLostAreErrors(t *testing.T) {
	t.Parallel()
	counts := map[bool]int{}
	l, path, now, said := opened(t, Options{Required: true, Observe: func(_ string, written bool) { counts[written]++ }})
	write(t, l, nil)
	if l.Ready() != nil {
		t.Error("it is not ready")
	}
	breakFile(t, l, path)
	for range 3 {
		write(t, l, ErrLost)
	}
	if got := strings.Count(said.String(), "records of the audit log are lost"); got != 1 {
		t.Errorf("the loss was told %d times at once", got)
	}
	if counts[true] != 1 || counts[false] != 3 {
		t.Errorf("counted %v", counts)
	}
	*now = now.Add(silence)
	write(t, l, ErrLost)
	if !strings.Contains(said.String(), "count=3") {
		t.Errorf("logged %s", said)
	}
	if !errors.Is(l.Ready(), ErrLost) {
		t.Error("it is ready while its file cannot be written")
	}

	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := l.Ready(); err != nil {
		t.Errorf("it is not ready once there is a file again: %v", err)
	}
	write(t, l, nil)
	if lines(t, path) != 1 {
		t.Error("the record is not in the new file")
	}
}

func TestRecordsThatAreNotRequiredAreLostWithoutError(t *testing.T) {
	t.Parallel()
	l, path, _, said := opened(t, Options{})
	breakFile(t, l, path)
	write(t, l, nil)
	if l.Ready() != nil || !strings.Contains(said.String(), "lost") {
		t.Errorf("logged %s", said)
	}
}

func TestALineAfterATornOneBeginsAnew(t *testing.T) {
	t.Parallel()
	l, path, _, _ := opened(t, Options{})
	if _, err := l.file.f.WriteString(`{"half`); err != nil {
		t.Fatal(err)
	}
	l.file.torn = true
	write(t, l, nil)
	write(t, l, nil)
	text, err := os.ReadFile(path)
	if err != nil || strings.Count(string(text), "\n") != 3 {
		t.Errorf("%v: %s", err, text)
	}
}

func TestALineAfterThatOfAWriterWhoWasCutOffBeginsAnew(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.json")
	for _, before := range []string{`{"half`, "{}\n", ""} {
		if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := Open(Options{File: path})
		if err != nil {
			t.Fatal(err)
		}
		write(t, l, nil)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		rest := strings.TrimPrefix(string(text), before)
		if strings.HasPrefix(rest, "\n") != (before == `{"half`) {
			t.Errorf("after %q: %s", before, rest)
		}
		decoded(t, []byte(rest))
	}
}

func TestPipesAreRefusedAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := exec.CommandContext(t.Context(), "mkfifo", path).Run(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := Open(Options{File: path})
		done <- err
	}()
	select {
	case err := <-done:
		if err == nil {
			t.Error("a pipe was opened")
		}
	case <-time.After(10 * time.Second):
		t.Error("it waits for a reader")
	}
}

// broken is a writer whose writes fail until it is mended.
type broken struct{ mended bool }

func (b *broken) Write(line []byte) (int, error) {
	if !b.mended {
		return 0, errors.New("broken pipe")
	}
	return len(line), nil
}

func TestNothingIsBegunWhileTheOutputFails(t *testing.T) {
	t.Parallel()
	out := &broken{}
	l, err := Open(Options{Output: out, Required: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Ready(); err != nil {
		t.Errorf("nothing has failed yet: %v", err)
	}
	write(t, l, ErrLost)
	if !errors.Is(l.Ready(), ErrLost) {
		t.Error("requests are begun whose records will be lost")
	}
	out.mended = true
	if err := l.Ready(); err != nil {
		t.Errorf("it can be written again: %v", err)
	}
}

func TestNotesAreWhatWasSaidLast(t *testing.T) {
	t.Parallel()
	About(t.Context(), "p", "nobody listens")
	ctx, note := WithNote(t.Context())
	About(ctx, "p", "a")
	About(ctx, "q", "b")
	if pool, sub := note.User(); pool != "q" || sub != "b" {
		t.Errorf("got %s, %s", pool, sub)
	}
	if pool, sub := (*Note)(nil).User(); pool != "" || sub != "" {
		t.Errorf("got %s, %s", pool, sub)
	}
}

func BenchmarkWrite(b *testing.B) {
	l, err := Open(Options{File: filepath.Join(b.TempDir(), "audit.json")})
	if err != nil {
		b.Fatal(err)
	}
	e := event()
	b.ReportAllocs()
	for b.Loop() {
		if err := l.Write(e); err != nil {
			b.Fatal(err)
		}
	}
}
