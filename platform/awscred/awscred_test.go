package awscred_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cardea/platform/awscred"
)

func environment(variables map[string]string) awscred.Lookup {
	return func(name string) (string, bool) { value, ok := variables[name]; return value, ok }
}

func expect(t *testing.T, source awscred.Source, want awscred.Keys) {
	t.Helper()
	got, err := source(t.Context())
	if err != nil || !got.Expires.Equal(want.Expires) || got.ID != want.ID || got.Secret != want.Secret || got.Token != want.Token {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	expect(t, awscred.Environment(environment(map[string]string{"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"})), awscred.Keys{ID: "a", Secret: "s", Token: "t"})
	if _, err := awscred.Environment(environment(map[string]string{"AWS_ACCESS_KEY_ID": "a"}))(t.Context()); !errors.Is(err, awscred.ErrNone) {
		t.Errorf("half of a key: %v", err)
	}
}

func TestProfile(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(home, ".aws", "credentials")
	text := "[default]\naws_access_key_id = a\naws_secret_access_key=s=1\n# aws_session_token = x\n\n[ other ]\naws_access_key_id=b\naws_secret_access_key=u\naws_session_token=t\n[half]\naws_access_key_id=c\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	expect(t, awscred.Profile(environment(map[string]string{"HOME": home}), ""), awscred.Keys{ID: "a", Secret: "s=1"})
	expect(t, awscred.Profile(environment(map[string]string{"HOME": home, "AWS_PROFILE": "other"}), ""), awscred.Keys{ID: "b", Secret: "u", Token: "t"})
	expect(t, awscred.Profile(environment(map[string]string{"AWS_SHARED_CREDENTIALS_FILE": file}), "other"), awscred.Keys{ID: "b", Secret: "u", Token: "t"})
	for _, name := range []string{"half", "none"} {
		if _, err := awscred.Profile(environment(map[string]string{"HOME": home}), name)(t.Context()); !errors.Is(err, awscred.ErrNone) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := awscred.Profile(environment(nil), "")(t.Context()); !errors.Is(err, awscred.ErrNone) {
		t.Errorf("no home: %v", err)
	}
}

const served = `{"Code":"Success","AccessKeyId":"a","SecretAccessKey":"s","Token":"t","Expiration":"2026-01-02T03:04:05Z"}`

var wanted = awscred.Keys{ID: "a", Secret: "s", Token: "t", Expires: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}

func TestContainer(t *testing.T) {
	t.Parallel()
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "secret" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = io.WriteString(w, served)
	}))
	defer endpoint.Close()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	variables := map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": endpoint.URL + "/x", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file}
	expect(t, awscred.Container(environment(variables), awscred.NewClient()), wanted)

	variables = map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": endpoint.URL, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "wrong"}
	if _, err := awscred.Container(environment(variables), awscred.NewClient())(t.Context()); err == nil || errors.Is(err, awscred.ErrNone) {
		t.Errorf("refused: %v", err)
	}
	variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://example.com/x"
	if _, err := awscred.Container(environment(variables), awscred.NewClient())(t.Context()); err == nil || !strings.Contains(err.Error(), "another machine") {
		t.Errorf("another machine: %v", err)
	}
	if _, err := awscred.Container(environment(nil), awscred.NewClient())(t.Context()); !errors.Is(err, awscred.ErrNone) {
		t.Errorf("no container: %v", err)
	}
}

func TestMachine(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /latest/api/token", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-aws-ec2-metadata-token-ttl-seconds") == "" {
			w.WriteHeader(http.StatusBadRequest)
		}
		_, _ = io.WriteString(w, "session")
	})
	guarded := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-aws-ec2-metadata-token") != "session" {
				w.WriteHeader(http.StatusUnauthorized)
			}
			_, _ = io.WriteString(w, text)
		}
	}
	mux.HandleFunc("GET /latest/meta-data/iam/security-credentials/{$}", guarded("role\n"))
	mux.HandleFunc("GET /latest/meta-data/iam/security-credentials/role", guarded(served))
	endpoint := httptest.NewServer(mux)
	defer endpoint.Close()

	expect(t, awscred.Machine(environment(map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": endpoint.URL}), awscred.NewClient()), wanted)
	disabled := environment(map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": endpoint.URL, "AWS_EC2_METADATA_DISABLED": "TRUE"})
	if _, err := awscred.Machine(disabled, awscred.NewClient())(t.Context()); !errors.Is(err, awscred.ErrNone) {
		t.Errorf("disabled: %v", err)
	}
}

func TestChainGoesOnOnlyFromSourcesThatHaveNone(t *testing.T) {
	t.Parallel()
	none := func(context.Context) (awscred.Keys, error) { return awscred.Keys{}, awscred.ErrNone }
	broken := func(context.Context) (awscred.Keys, error) { return awscred.Keys{}, errors.New("broken") }
	expect(t, awscred.Chain(none, awscred.Static(awscred.Keys{ID: "a"}), broken), awscred.Keys{ID: "a"})
	if _, err := awscred.Chain(none, broken, awscred.Static(awscred.Keys{ID: "a"}))(t.Context()); err == nil || err.Error() != "broken" {
		t.Errorf("got %v", err)
	}
}

// clock is a time that tests set.
type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time { return time.Unix(c.at.Load(), 0) }

func TestKeysAreFetchedEarlyByOneCallerAtATime(t *testing.T) {
	t.Parallel()
	var now clock
	now.at.Store(1000)
	var fetched atomic.Int64
	release := make(chan struct{})
	slow := atomic.Bool{}
	source := awscred.Cached(func(context.Context) (awscred.Keys, error) {
		n := fetched.Add(1)
		if slow.Load() {
			<-release
		}
		return awscred.Keys{ID: strings.Repeat("k", int(n)), Expires: now.now().Add(time.Hour)}, nil
	}, now.now)

	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() { expect(t, source, awscred.Keys{ID: "k", Expires: time.Unix(4600, 0)}) })
	}
	wait.Wait()
	if n := fetched.Load(); n != 1 {
		t.Errorf("fetched %d times at the start", n)
	}

	now.at.Store(4600 - 240) // four minutes before the end
	slow.Store(true)
	fresh := make(chan awscred.Keys)
	go func() { keys, _ := source(context.Background()); fresh <- keys }()
	for fetched.Load() < 2 {
		time.Sleep(time.Millisecond)
	}
	expect(t, source, awscred.Keys{ID: "k", Expires: time.Unix(4600, 0)}) // the former ones, at once
	close(release)
	if keys := <-fresh; keys.ID != "kk" {
		t.Errorf("got %+v", keys)
	}
}

func TestKeysThatCannotBeRenewedAreUsedUntilTheyExpire(t *testing.T) {
	t.Parallel()
	var now clock
	now.at.Store(1000)
	down := atomic.Bool{}
	source := awscred.Cached(func(context.Context) (awscred.Keys, error) {
		if down.Load() {
			return awscred.Keys{}, errors.New("down")
		}
		return awscred.Keys{ID: "k", Expires: time.Unix(4600, 0)}, nil
	}, now.now)
	expect(t, source, awscred.Keys{ID: "k", Expires: time.Unix(4600, 0)})
	down.Store(true)
	now.at.Store(4599)
	expect(t, source, awscred.Keys{ID: "k", Expires: time.Unix(4600, 0)})
	now.at.Store(4600)
	if _, err := source(t.Context()); err == nil {
		t.Error("expired keys were given")
	}
}
