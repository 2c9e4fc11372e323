package broker_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/broker"
	"cardea/outbound/externalsts"
)

var start = time.Date(2026, 3, 14, 15, 0, 0, 0, time.UTC)

// world is a token service that gives a new key at each call, and the brokers that ask it.
type world struct {
	broker.Brokers
	mu    sync.Mutex
	now   time.Time
	life  time.Duration
	asked []url.Values
}

func newWorld(t *testing.T, list ...broker.Broker) *world {
	t.Helper()
	w := &world{now: start, life: time.Hour}
	s := httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(s.Close)
	for i := range list {
		list[i].Endpoint = s.URL
	}
	w.List, w.Client, w.Now = list, &externalsts.Client{HTTP: s.Client()}, func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.now
	}
	return w
}

func (w *world) serve(out http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, r.PostForm)
	_, _ = out.Write([]byte(`<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>` +
		strconv.Itoa(len(w.asked)) + `</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>` +
		w.now.Add(w.life).Format(time.RFC3339) + `</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`))
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// ask is what a signed-in user's request asks.
func ask(login string) broker.Ask {
	return broker.Ask{
		Identity: "us-east-1:1", Role: "arn:aws:iam::123456789012:role/own", Session: "CognitoIdentityCredentials",
		Logins: map[string]string{"provider": login}, Token: func(context.Context) (string, error) { return "token of " + login, nil },
	}
}

// key is the access key that an ask is given.
func (w *world) key(t *testing.T, a broker.Ask) string {
	t.Helper()
	got, err := w.Credentials(t.Context(), &w.List[0], a)
	if err != nil {
		t.Fatal(err)
	}
	return got.AccessKeyID
}

func TestTheFirstBrokerThatMatchesServes(t *testing.T) {
	t.Parallel()
	b := broker.Brokers{List: []broker.Broker{
		{IdentityPool: "p", Role: "r", Endpoint: "both"}, {IdentityPool: "p", Endpoint: "pool"}, {Role: "s", Endpoint: "role"},
	}}
	for of, want := range map[[2]string]string{
		{"p", "r"}: "both", {"p", "x"}: "pool", {"q", "s"}: "role", {"p", "s"}: "pool", {"q", "r"}: "",
	} {
		got := ""
		if found := b.For(of[0], of[1]); found != nil {
			got = found.Endpoint
		}
		if got != want {
			t.Errorf("%v: got %q, want %q", of, got, want)
		}
	}
}

func TestCredentialsAreKeptForTheSameLoginAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, broker.Broker{})
	other := ask("a")
	other.Identity = "us-east-1:2"
	got := []string{w.key(t, ask("a")), w.key(t, ask("a")), w.key(t, ask("b")), w.key(t, other)}
	if diff := cmp.Diff([]string{"1", "1", "2", "3"}, got); diff != "" {
		t.Error(diff)
	}

	w.advance(5*time.Minute + time.Second)
	if got := w.key(t, ask("a")); got != "4" {
		t.Errorf("after five minutes: got %s", got)
	}
}

func TestCredentialsThatEndSoonAreNotGivenAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, broker.Broker{})
	w.life = 6 * time.Minute
	first := w.key(t, ask("a"))
	w.advance(2 * time.Minute)
	if got := w.key(t, ask("a")); got == first {
		t.Error("got credentials with four minutes to live once more")
	}
}

// The token service answers without a network, so that some calls end while others have only begun to ask.
func TestOneCallServesAllWhoAskAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, broker.Broker{})
	w.Client.HTTP = &http.Client{Transport: direct(w.serve)}
	for round := range 200 {
		var waiting sync.WaitGroup
		for range 20 {
			waiting.Go(func() { w.key(t, ask(strconv.Itoa(round))) })
		}
		waiting.Wait()
		if n := len(w.asked); n != round+1 {
			t.Fatalf("round %d: got %d calls", round, n)
		}
	}
}

// direct serves requests by a function, without a connection.
type direct http.HandlerFunc

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	out := httptest.NewRecorder()
	d(out, r)
	return out.Result(), nil
}

func TestGuestsAreBoundedOrRefused(t *testing.T) {
	t.Parallel()
	guest := ask("")
	guest.Logins, guest.Guest, guest.Policy = nil, true, "the policy of guests"
	w := newWorld(t, broker.Broker{}, broker.Broker{Guests: true})
	if _, err := w.Credentials(t.Context(), &w.List[0], guest); !errors.Is(err, broker.ErrGuests) || len(w.asked) != 0 {
		t.Errorf("got %v after %d calls, want ErrGuests after none", err, len(w.asked))
	}
	if _, err := w.Credentials(t.Context(), &w.List[1], guest); err != nil || w.asked[0].Get("Policy") != guest.Policy {
		t.Errorf("got %v, asked with %q", err, w.asked[0].Get("Policy"))
	}
}

func TestTheRoleIsTheBrokersOrTheChosenOrNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, broker.Broker{}, broker.Broker{ExternalRole: "arn:aws:iam::999999999999:role/theirs"}, broker.Broker{NoRole: true})
	var got []string
	for i := range w.List {
		if _, err := w.Credentials(t.Context(), &w.List[i], ask("a")); err != nil {
			t.Fatal(err)
		}
		got = append(got, w.asked[i].Get("RoleArn"))
	}
	want := []string{"arn:aws:iam::123456789012:role/own", "arn:aws:iam::999999999999:role/theirs", ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFailuresAreNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, broker.Broker{})
	failing := ask("a")
	broken := errors.New("no token")
	failing.Token = func(context.Context) (string, error) { return "", broken }
	if _, err := w.Credentials(t.Context(), &w.List[0], failing); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if got := w.key(t, ask("a")); got != "1" {
		t.Errorf("got %s", got)
	}
}
