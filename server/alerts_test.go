package server_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"cardea/server"
	"cardea/server/servertest"

	"cardea/platform/db/dbtest"
)

// published are the labels of the metrics that a server publishes, by their names.
func published(t *testing.T, s *server.Server) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for series := range scrape(t, s) {
		name, _, _ := strings.Cut(series, "{")
		all[name] = nil // of the Go runtime and the process
	}
	for _, m := range s.Metrics {
		all[m.Name] = m.Labels
		if m.Type == "histogram" {
			all[m.Name+"_sum"], all[m.Name+"_count"] = m.Labels, m.Labels
			all[m.Name+"_bucket"] = append(slices.Clone(m.Labels), "le")
		}
	}
	return all
}

// The parts of an expression of PromQL that name something.
var (
	text     = regexp.MustCompile(`"[^"]*"`)
	duration = regexp.MustCompile(`\[[^\]]*\]`)
	matchers = regexp.MustCompile(`([a-z_]+)\{([^}]*)\}`)
	matcher  = regexp.MustCompile(`([a-z_]+)\s*(?:=~|!~|!=|=)`)
	grouping = regexp.MustCompile(`\b(by|on)\s*\(([^)]*)\)`)
	word     = regexp.MustCompile(`\b([a-z_]+)\b(\s*\(?)`)
	shown    = regexp.MustCompile(`\$labels\.([a-z_]+)|\{\{([a-z_]+)\}\}`)
)

// wrong lists the metrics and labels of an expression that there are not, and labels that texts show and its result has not.
func wrong(all map[string][]string, expression string, texts ...string) (list []string) {
	of := []string{"instance", "job"} // which Prometheus adds
	rest := duration.ReplaceAllString(text.ReplaceAllString(expression, `""`), "")
	for _, m := range matchers.FindAllStringSubmatch(rest, -1) {
		for _, label := range matcher.FindAllStringSubmatch(m[2], -1) {
			if !slices.Contains(all[m[1]], label[1]) {
				list = append(list, m[1]+" has no label "+label[1])
			}
		}
	}
	rest = regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(rest, "")
	groups := grouping.FindAllStringSubmatch(rest, -1)
	rest = grouping.ReplaceAllString(rest, "")
	for _, w := range word.FindAllStringSubmatch(rest, -1) {
		if strings.HasSuffix(w[2], "(") || slices.Contains([]string{"and", "or", "unless", "e"}, w[1]) {
			continue
		}
		labels, found := all[w[1]]
		if !found {
			list = append(list, "there is no metric "+w[1])
		}
		of = append(of, labels...)
	}

	left := of
	for i, g := range groups {
		names := strings.FieldsFunc(g[2], func(r rune) bool { return r == ',' || r == ' ' })
		for _, label := range names {
			if !slices.Contains(of, label) {
				list = append(list, "grouped by "+label+", which no metric has")
			}
		}
		if g[1] == "by" {
			if i == 0 {
				left = nil
			}
			left = append(left, names...)
		}
	}
	for _, m := range shown.FindAllStringSubmatch(strings.Join(texts, " "), -1) {
		if label := m[1] + m[2]; !slices.Contains(left, label) {
			list = append(list, "shows "+label+", which the result has not")
		}
	}
	return list
}

func TestExpressionsOfUnknownMetricsAreFound(t *testing.T) {
	t.Parallel()
	all := map[string][]string{"a_total": {"kind"}, "b_bucket": {"kind", "le"}}
	for expression, want := range map[string]int{
		`sum by (kind) (rate(a_total{kind=~"x|y"}[5m])) / 2 > 0.1`:                                   0,
		`histogram_quantile(0.99, sum by (le, kind) (rate(b_bucket[5m]))) and on (instance) a_total`: 0,
		`rate(c_total[5m])`:             1,
		`a_total{sort="x"}`:             1,
		`sum by (sort) (a_total)`:       1,
		`a_total + absent(c) > b_total`: 2,
	} {
		if got := wrong(all, expression); len(got) != want {
			t.Errorf("%s: %q, want %d", expression, got, want)
		}
	}
	if got := wrong(all, `sum by (le) (b_bucket)`, "{{ $labels.le }} {{kind}} {{ $labels.sort }}"); len(got) != 2 {
		t.Errorf("labels that are shown: %q", got)
	}
}

// anchor is that of a heading in Markdown.
func anchor(heading string) string {
	kept := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(heading), "")
	return strings.ReplaceAll(kept, " ", "-")
}

func TestAlertsAreAboutMetricsThatThereAre(t *testing.T) {
	t.Parallel()
	all := published(t, servertest.New(t, dbtest.SQLite(t), nil).Server)
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert       string            `yaml:"alert"`
				Expr        string            `yaml:"expr"`
				For         string            `yaml:"for"`
				Labels      map[string]string `yaml:"labels"`
				Annotations map[string]string `yaml:"annotations"`
			} `yaml:"rules"`
		} `yaml:"groups"`
	}
	read(t, "../deploy/prometheus/alerts.yaml", func(text []byte) error { return yaml.Unmarshal(text, &file) })
	runbooks := map[string]bool{}
	read(t, "../docs/runbooks.md", func(text []byte) error {
		for _, m := range regexp.MustCompile(`(?m)^##+ (.*)$`).FindAllStringSubmatch(string(text), -1) {
			runbooks["docs/runbooks.md#"+anchor(m[1])] = true
		}
		return nil
	})

	rules := 0
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			rules++
			for _, problem := range wrong(all, rule.Expr, rule.Annotations["summary"]) {
				t.Errorf("%s: %s", rule.Alert, problem)
			}
			if !runbooks[rule.Annotations["runbook"]] {
				t.Errorf("%s: there is no runbook %q", rule.Alert, rule.Annotations["runbook"])
			}
			if rule.Alert == "" || rule.For == "" || rule.Annotations["summary"] == "" || rule.Labels["severity"] == "" {
				t.Errorf("%+v is not whole", rule)
			}
		}
	}
	if rules < 20 {
		t.Errorf("%d rules were read", rules)
	}
}

func TestTheDashboardShowsMetricsThatThereAre(t *testing.T) {
	t.Parallel()
	all := published(t, servertest.New(t, dbtest.SQLite(t), withFunction).Server)
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr, LegendFormat string }
		}
	}
	read(t, "../deploy/grafana/cardea.json", func(text []byte) error { return json.Unmarshal(text, &dashboard) })
	targets := 0
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			targets++
			for _, problem := range wrong(all, target.Expr, target.LegendFormat) {
				t.Errorf("%s: %s", panel.Title, problem)
			}
		}
	}
	if targets < 20 {
		t.Errorf("%d expressions were read", targets)
	}
}

func read(t *testing.T, path string, decode func([]byte) error) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = decode(text)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
