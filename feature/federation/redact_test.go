package federation

import (
	"strings"
	"testing"
	"time"
)

func TestLongTextsAreRedactedInTime(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"<a a@b ", "a://b <a ", "<a token=x ", `"token":"x" <a `, "a", "a@", "<", `"code" `, "é" + strings.Repeat("a", 32)} {
		began := time.Now()
		got := newRedactor([]string{"secret"}).text(strings.Repeat(part, maxWorst/len(part)))
		if took := time.Since(began); took > 2*time.Second || len(got) > maxText {
			t.Errorf("%q: %v, %d bytes", part, took, len(got))
		}
	}
}

// maxWorst is the length of the longest text that anybody can have redacted, in bytes.
const maxWorst = 128 << 10

func TestMarkupIsHiddenThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	r := newRedactor(nil)
	for text, want := range map[string]string{
		"it is <b>bold</b> here": "it is (11 bytes) here",
		"it is <b>bold</b":       "it is (3 bytes)bold(3 bytes)",
		"it is <b who=alice":     "it is (12 bytes)",
		"1 < 2":                  "1 < 2",
	} {
		if got := r.text(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestSubjectsAreHiddenAsUserNamesHaveThem(t *testing.T) {
	t.Parallel()
	if got := newRedactor([]string{"Liddell"}).text("corp_liddell, Liddell"); got != "corp_(7 bytes), (7 bytes)" {
		t.Errorf("got %q", got)
	}
}
