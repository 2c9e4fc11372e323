package server_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/config"
	"cardea/platform/db/dbtest"
	"cardea/server"
	"cardea/server/servertest"
)

// scrape reads the metrics of a server: the value of each series.
func scrape(t *testing.T, s *server.Server) map[string]float64 {
	t.Helper()
	w := httptest.NewRecorder()
	s.Admin.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	body, err := io.ReadAll(w.Result().Body)
	if err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %v %s", w.Code, err, body)
	}
	series := map[string]float64{}
	for line := range strings.Lines(string(body)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "#") {
			continue
		}
		at := strings.LastIndexByte(line, ' ')
		value, err := strconv.ParseFloat(line[at+1:], 64)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		series[line[:at]] = value
	}
	return series
}

// row is a metric as docs/metrics.md has it.
var row = regexp.MustCompile("(?m)^\\| `([a-z_*]+)` \\| ([a-z]+) \\|([^|]*)\\|[^|]+\\|[^|]*\\|$")

// documented are the metrics of docs/metrics.md, each with its type and labels.
func documented(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, m := range row.FindAllStringSubmatch(string(page), -1) {
		if _, twice := rows[m[1]]; twice {
			t.Errorf("%s stands twice in docs/metrics.md", m[1])
		}
		rows[m[1]] = m[2] + " " + strings.ReplaceAll(strings.TrimSpace(m[3]), "`", "")
	}
	if lines := strings.Count(string(page), "\n| `"); lines != len(rows) {
		t.Errorf("%d rows of docs/metrics.md are not of the form that this test reads", lines-len(rows))
	}
	return rows
}

// TestMetricsAreDocumented compares docs/metrics.md with what a server publishes, whether it has a value yet or not.
func TestMetricsAreDocumented(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, withFunction, func(t *testing.T, w *servertest.World) {
		got := map[string]string{}
		for _, m := range w.Server.Metrics {
			got[m.Name] = m.Type + " " + strings.Join(m.Labels, ", ")
		}
		want := documented(t)
		families := map[string]bool{} // those of which there are values
		for series := range scrape(t, w.Server) {
			name, _, _ := strings.Cut(series, "{")
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				if base := strings.TrimSuffix(name, suffix); base != name && strings.HasPrefix(want[base], "histogram") {
					name = base
				}
			}
			families[name] = true
		}
		for name := range families {
			prefix, _, _ := strings.Cut(name, "_")
			if _, listed := want[prefix+"_*"]; !listed && want[name] == "" {
				t.Errorf("%s is published and not in docs/metrics.md", name)
			}
		}
		maps.DeleteFunc(want, func(name, _ string) bool { return strings.HasSuffix(name, "_*") })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("docs/metrics.md, published (-want +got):\n%s", diff)
		}
	})
}

// withFunction gives a server a local function, whose metrics are published only then.
func withFunction(c *server.Config) {
	c.Functions = []config.Function{{Name: "claims", Local: "/bin/true"}}
}

func TestGuessesAreMeasured(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		client := w.Client(t, pool, nil)
		w.User(t, pool, "jane")
		guess := func(name, code string) {
			w.Fails(t, "InitiateAuth", servertest.M{
				"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH",
				"AuthParameters": servertest.M{"USERNAME": name, "PASSWORD": "Wrong-horse-1"},
			}, code, "")
		}
		for range 6 {
			guess("jane", "NotAuthorizedException")
		}
		guess("nobody", "UserNotFoundException")

		got := scrape(t, w.Server)
		for series, want := range map[string]float64{
			`cardea_signin_failures_total{reason="wrong",secret="password"}`:   5,
			`cardea_signin_failures_total{reason="locked",secret="password"}`:  1,
			`cardea_signin_failures_total{reason="unknown",secret="password"}`: 1,
			`cardea_lockouts_total{secret="password"}`:                         1,
		} {
			if got[series] != want {
				t.Errorf("%s is %v, want %v", series, got[series], want)
			}
		}
	})
}

func TestWhatTheDatabaseHoldsIsMeasured(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		made := float64(w.Now().UnixMilli()) / 1000
		w.Pool(t, nil)
		w.Advance(time.Hour)
		for _, job := range []string{"prune sessions", "store successes of jobs"} {
			if err := w.Server.RunJob(t.Context(), job); err != nil {
				t.Fatal(err)
			}
		}
		got := scrape(t, w.Server)
		for series, want := range map[string]float64{
			"cardea_signing_key_oldest_timestamp_seconds": made,
			"cardea_data_key_oldest_timestamp_seconds":    made,
			"cardea_ready": 1,
			`cardea_job_interval_seconds{job="prune sessions"}`:                          60,
			`cardea_job_last_success_anywhere_timestamp_seconds{job="prune sessions"}`:   made + 3600,
			`cardea_job_last_success_anywhere_timestamp_seconds{job="deliver messages"}`: 0,
			`cardea_outbox_messages{medium="email",queue="urgent"}`:                      0,
			`cardea_metrics_failures_total{group="outbox"}`:                              0,
		} {
			if value, found := got[series]; !found || value != want {
				t.Errorf("%s is %v (%t), want %v", series, value, found, want)
			}
		}
		for _, role := range []string{"any", "read", "write"} {
			_, found := got[fmt.Sprintf("cardea_database_connections_max{role=%q}", role)]
			if found != ((role == "any") == (w.DB.Engine() == "postgres")) {
				t.Errorf("connections of role %q on %s: %t", role, w.DB.Engine(), found)
			}
		}
	})
}

func TestCertificatesInFilesAreMeasured(t *testing.T) {
	t.Parallel()
	expires := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	w := servertest.New(t, dbtest.SQLite(t), func(c *server.Config) {
		c.Certificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return &tls.Certificate{Leaf: &x509.Certificate{NotAfter: expires}}, nil
		}
	})
	if got := scrape(t, w.Server)[`cardea_certificate_expiry_timestamp_seconds{source="tls"}`]; got != float64(expires.Unix()) {
		t.Errorf("got %v, want %d", got, expires.Unix())
	}
}
