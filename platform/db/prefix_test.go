package db_test

import (
	"strings"
	"testing"

	"cardea/platform/db"
)

func TestAfterPrefixIsTheNextTextInByteOrder(t *testing.T) {
	t.Parallel()
	last := strings.Repeat("\U0010FFFF", 1025)
	for prefix, want := range map[string]string{
		"a": "b", "az": "a{", "\U0010FFFF": last, "": last, "a\U0010FFFF": "b", "\uD7FF": "\uE000", "é": "ê",
	} {
		if got := db.AfterPrefix(prefix); got != want {
			t.Errorf("AfterPrefix(%q) = %q, want %q", prefix, got, want)
		}
	}
}
