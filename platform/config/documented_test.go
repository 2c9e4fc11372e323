package config

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEverySettingIsDocumented compares the settings with the first column of the table in docs/operating.md.
func TestEverySettingIsDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "## Settings")
	table, _, _ = strings.Cut(table, "\n## ")
	documented := map[string]bool{}
	for row := range strings.Lines(table) {
		if !strings.HasPrefix(row, "| `") {
			continue
		}
		names, _, _ := strings.Cut(row[2:], "|")
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(names, -1) {
			documented[name[1]] = true
		}
	}

	for _, s := range List() {
		if !documented[s.Name] {
			t.Errorf("%s is not in docs/operating.md", s.Name)
		}
		delete(documented, s.Name)
	}
	for name := range documented {
		t.Errorf("docs/operating.md has a setting %s, which there is not", name)
	}
}

func TestSettingsAreListedWithTheirVariablesAndDefaults(t *testing.T) {
	t.Parallel()
	for _, want := range []Setting{
		{"addr", "CARDEA_ADDR", ":9229"},
		{"admin_pprof", "CARDEA_ADMIN_PPROF", "false"},
		{"database.url", "CARDEA_DATABASE_URL", "sqlite:cardea.db"},
		{"shutdown_delay", "CARDEA_SHUTDOWN_DELAY", "2s"},
		{"limits.mail_hour", "CARDEA_LIMITS_MAIL_HOUR", "6"},
		{"smtp.password", "CARDEA_SMTP_PASSWORD", ""},
		{"functions", "", ""},
		{"senders.password", "CARDEA_SENDER_<NAME>_PASSWORD", ""},
	} {
		if !slices.Contains(List(), want) {
			t.Errorf("%+v is not listed", want)
		}
	}
}
