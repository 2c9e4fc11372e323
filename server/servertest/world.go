package servertest

import (
	"bytes"
	"log/slog"
	"sync"
	"testing"
	"time"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/signingkey/signingkeytest"
	"cardea/server"
	"cardea/spec/awsjson"
	"cardea/spec/sigv4"
)

// Account is the account number in the server's ARNs.
const Account = "123456789012"

// World is one server with its clock and its database, and a client of it.
type World struct {
	Server *server.Server
	DB     *db.DB
	URL    string // the server's PublicURL, with which every issuer begins
	Region string // where signed operations are sent

	t              testing.TB
	clock          *clock
	domains        *domains
	service        service
	key            sigv4.Key
	agent, address string
	client         string // behind a proxy
	config         server.Config
	count          *Count // nil: calls are not counted
}

// Each runs body in a new World on SQLite and in another on PostgreSQL, in parallel.
func Each(t *testing.T, body func(t *testing.T, w *World)) {
	t.Helper()
	EachWith(t, nil, body)
}

// EachWith is Each with a changed configuration of the server.
func EachWith(t *testing.T, change func(c *server.Config), body func(t *testing.T, w *World)) {
	t.Helper()
	dbtest.EachURL(t, func(t *testing.T, url string) { body(t, New(t, url, change)) })
}

// New builds a World on one database. change, unless nil, changes the server's configuration.
func New(t testing.TB, database string, change func(c *server.Config)) *World {
	t.Helper()
	w := &World{
		URL:    "http://localhost:9229",
		Region: "us-east-1",
		t:      t,

		service: services["cognito-idp"],
		domains: &domains{of: map[string]string{}},
		clock:   &clock{now: time.Date(2026, 3, 14, 15, 9, 26, 535_000_000, time.UTC)},
	}
	c := server.Config{
		Dev:        true,
		Addr:       "127.0.0.1:9229",
		PublicURL:  w.URL,
		Region:     w.Region,
		Account:    Account,
		Database:   database,
		MasterKeys: [][]byte{bytes.Repeat([]byte{7}, 32)},
		Log:        slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
		Test: server.Test{
			Now:          w.clock.Now,
			SigningKey:   signingkeytest.Make,
			Strict:       w.strict,
			Transaction:  countTransaction,
			FastDatabase: true,
			SharedFile:   true,
		},
	}
	if change != nil {
		change(&c)
	}
	w.config = c
	srv, err := server.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
	w.Server, w.DB = srv, srv.DB
	return w
}

// strict fails the test for a fault that the operation must not answer with.
func (w *World) strict(operation string, fault *awsjson.Fault) {
	w.t.Errorf("%s answered with %s (%s), which the model does not list for it", operation, fault.Code, fault.Message)
}

// In is the same server, called in another Region.
func (w *World) In(region string) *World {
	there := *w
	there.Region = region
	return &there
}

// Key is the access key that signs requests.
func (w *World) Key() sigv4.Key { return w.key }

// Root is the same server, called with a root key.
func (w *World) Root(t testing.TB) *World {
	t.Helper()
	keys, err := server.OpenAccessKeys(t.Context(), w.config)
	if err != nil {
		t.Fatal(err)
	}
	defer keys.Close()
	id, secret, err := keys.First(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return w.As(sigv4.Key{ID: id, Secret: secret})
}

// Forwarded is the same server, called by a client at an address through a proxy that ends TLS.
func (w *World) Forwarded(client string) *World {
	other := *w
	other.client = client
	return &other
}

// By is the same server, called by a program with this User-Agent.
func (w *World) By(agent string) *World {
	other := *w
	other.agent = agent
	return &other
}

// From is the same server, called from an address.
func (w *World) From(address string) *World {
	other := *w
	other.address = address
	return &other
}

// As is the same server, called by who has an access key, whose signatures are real.
func (w *World) As(key sigv4.Key) *World {
	other := *w
	other.key = key
	return &other
}

// Now is the time of the clock.
func (w *World) Now() time.Time { return w.clock.Now() }

// Advance moves the clock.
func (w *World) Advance(d time.Duration) {
	w.clock.mu.Lock()
	defer w.clock.mu.Unlock()
	w.clock.now = w.clock.now.Add(d)
}

// clock is a clock that only Advance moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now reads the clock.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Database is the URL of the server's database.
func (w *World) Database() string { return w.config.Database }
