package config

import (
	"maps"
	"os"
	"reflect"
	"regexp"
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

	all := settings(reflect.TypeFor[Config](), nil)
	maps.Copy(all, settings(reflect.TypeFor[Sender](), []string{"senders"}))
	for _, s := range all {
		name := strings.Join(s.path, ".")
		if !documented[name] {
			t.Errorf("%s is not in docs/operating.md", name)
		}
		delete(documented, name)
	}
	for name := range documented {
		t.Errorf("docs/operating.md has a setting %s, which there is not", name)
	}
}
