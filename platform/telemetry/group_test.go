package telemetry_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cardea/platform/telemetry"
)

// scrape is the text of the metrics.
func scrape(m *telemetry.Metrics) string {
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

func TestGroupsAreReadOnceInTheirTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := telemetry.New("v1")
		reads := 0
		var failure error
		m.Group(telemetry.Group{
			Name: "depth", Every: 300 * time.Millisecond,
			Metrics: []telemetry.Read{{Name: "depth", Help: "Depth.", Labels: []string{"queue"}}, {Name: "dug_total", Help: "Dug.", Counter: true}},
			Read: func(context.Context) ([]telemetry.Value, error) {
				reads++
				return []telemetry.Value{{Name: "depth", Value: float64(reads), Labels: []string{"a"}}, {Name: "dug_total", Value: 5}}, failure
			},
		})
		for range 5 {
			if got := scrape(m); !strings.Contains(got, `cardea_depth{queue="a"} 1`) || !strings.Contains(got, "# TYPE cardea_dug_total counter") {
				t.Fatalf("got %s", got)
			}
		}
		failure = errors.New("the database is out of reach")
		time.Sleep(400 * time.Millisecond)
		for range 5 {
			if got := scrape(m); strings.Contains(got, "cardea_depth{") {
				t.Fatalf("values in spite of a failure: %s", got)
			}
		}
		if got := scrape(m); reads != 2 || !strings.Contains(got, `cardea_metrics_failures_total{group="depth"} 1`) {
			t.Errorf("%d reads, want 2; and the failure counted in %s", reads, got)
		}
	})
}

func TestReadingTakesATwentiethOfTheTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := telemetry.New("v1")
		reads := 0
		m.Group(telemetry.Group{
			Name: "slow", Every: time.Millisecond, Metrics: []telemetry.Read{{Name: "slow", Help: "Slow."}},
			Read: func(context.Context) ([]telemetry.Value, error) {
				reads++
				time.Sleep(50 * time.Millisecond)
				return []telemetry.Value{{Name: "slow"}}, nil
			},
		})
		scrape(m)
		time.Sleep(999 * time.Millisecond)
		if scrape(m); reads != 1 {
			t.Errorf("%d reads within twenty times as long as one takes, want 1", reads)
		}
		time.Sleep(time.Millisecond)
		if scrape(m); reads != 2 {
			t.Errorf("%d reads after that, want 2", reads)
		}
	})
}
