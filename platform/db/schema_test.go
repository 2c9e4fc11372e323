package db

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// accountWide are the tables whose rows belong to no pool, or are found by a name of the whole account: small ones, or ones that grow with
// the number of pools and not of users.
var accountWide = []string{
	"access_key", "acme", "attached_policy", "cutoff", "identity_pool", "inline_policy", "job_run", "lease", "managed_policy",
	"managed_policy_version", "node", "principal", "principal_member", "provisioned_limit", "spare_signing_key", "trust_provider",
}

var (
	tableText  = regexp.MustCompile(`(?s)^CREATE TABLE (\w+) \((.*)\)[^)]*$`)
	keyText    = regexp.MustCompile(`PRIMARY KEY \((\w+)`)
	notSharded = regexp.MustCompile(`(?i)\b(SERIAL|BIGSERIAL|GENERATED|SEQUENCE|NEXTVAL|AUTOINCREMENT|TRIGGER|REFERENCES|FOREIGN|INHERITS|EXCLUDE|ENUM|TEMPORARY)\b`)
	columnType = regexp.MustCompile(`^(TEXT|BIGINT|BOOLEAN|\{\{bytes\}\})( NOT NULL)?( DEFAULT ('[^']*'|-?\d+|FALSE|TRUE))?$`)
)

// TestTheSchemaCanBeSharded keeps out of the schema what databases that spread a table over machines have not, or have to coordinate:
// sequences, foreign keys, types of one engine. Rows of a pool lie together.
func TestTheSchemaCanBeSharded(t *testing.T) {
	t.Parallel()
	steps, err := readSteps(builtin)
	if err != nil {
		t.Fatal(err)
	}
	tables := 0
	for _, step := range steps {
		for _, statement := range statements(step.text) {
			if word := notSharded.FindString(statement); word != "" {
				t.Errorf("%s: %s in %s", step.name, word, firstLine(statement))
			}
			found := tableText.FindStringSubmatch(statement)
			if found == nil {
				continue
			}
			tables++
			checkTable(t, found[1], found[2])
		}
	}
	if tables < 40 {
		t.Errorf("only %d tables were looked at", tables)
	}
}

func checkTable(t *testing.T, name, body string) {
	t.Helper()
	key := keyText.FindStringSubmatch(body)
	switch {
	case key == nil:
		t.Errorf("table %s has no primary key", name)
	case key[1] != "pool_id" && key[1] != "identity_pool_id" && !slices.Contains(accountWide, name):
		t.Errorf("the primary key of %s begins with %s, not with the pool", name, key[1])
	}
	columns, _, _ := strings.Cut(body, "PRIMARY KEY")
	for line := range strings.SplitSeq(columns, ",") {
		column, kind, _ := strings.Cut(strings.Join(strings.Fields(line), " "), " ")
		if column != "" && !columnType.MatchString(kind) {
			t.Errorf("column %s of %s is %q", column, name, kind)
		}
	}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
