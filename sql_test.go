package cardea_test

import (
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// sqlText recognizes a statement: an upper-case verb followed by a phrase that only SQL has.
var sqlText = regexp.MustCompile(`^\s*(SELECT\s[\s\S]+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+(TABLE|INDEX|UNIQUE|SCHEMA)|ALTER\s+TABLE|DROP\s+(TABLE|SCHEMA)|WITH\s[\s\S]+\sSELECT)\b`)

func TestSQLLivesInRecord(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.test || s.layer == "record" || s.dir == "platform/db" || strings.HasPrefix(s.dir, "platform/db/") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if ok && literal.Kind == token.STRING {
				if text, err := strconv.Unquote(literal.Value); err == nil && sqlText.MatchString(text) {
					t.Errorf("%s: SQL outside record", s.at(literal.Pos()))
				}
			}
			return true
		})
	}
}

func TestSQLIsRecognized(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"\n\t\tSELECT id\n\t\tFROM pool":         true,
		"INSERT INTO pool (id) VALUES ($1)":      true,
		"UPDATE pool SET id = $1":                true,
		"DELETE FROM pool":                       true,
		"CREATE TABLE pool (id TEXT)":            true,
		"Select one of the pools from the list.": false,
		"DELETE":                                 false,
		"UPDATE_USER":                            false,
	} {
		if got := sqlText.MatchString(text); got != want {
			t.Errorf("%q: got %t, want %t", text, got, want)
		}
	}
}

// sqlHabits are phrases that the one SQL text does not use, with the reason.
var sqlHabits = map[*regexp.Regexp]string{
	regexp.MustCompile(`\bSELECT\s+\*`):              "columns are named",
	regexp.MustCompile(`\bLIKE\b`):                   "prefixes are ranges",
	regexp.MustCompile(`\b(SERIAL|AUTOINCREMENT)\b`): "no sequences",
}

func TestSQLKeepsToOneText(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.test || s.layer != "record" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			if err != nil || !regexp.MustCompile(`\b(SELECT|WHERE|FROM|TABLE)\b`).MatchString(text) {
				return true
			}
			for habit, reason := range sqlHabits {
				if habit.MatchString(text) {
					t.Errorf("%s: %s: %s", s.at(literal.Pos()), habit, reason)
				}
			}
			return true
		})
	}
}
