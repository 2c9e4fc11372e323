package text

import (
	"strings"
	"testing"
)

func TestFilesHaveTheKeysAndPlacesOfTheReference(t *testing.T) {
	t.Parallel()
	whole := english(t)
	for name, c := range map[string]struct{ content, want string }{
		"missing text":   {strings.Replace(whole, "back = Back\n", "", 1), "back is missing"},
		"missing form":   {strings.Replace(whole, "rule.length.other = ", "rule.length.many = ", 1), "rule.length is missing"},
		"unknown text":   {whole + "unheard = Of\n", "no text is called unheard"},
		"unknown form":   {whole + "rule.length.several = {n}\n", "no text is called rule.length.several"},
		"form of a text": {whole + "back.one = Back\n", "no text is called back.one"},
		"twice":          {whole + "back = Back\n", "back is there twice"},
		"lost place":     {strings.Replace(whole, "continue to {app}", "continue", 1), "has places [], want [app]"},
		"other place":    {strings.Replace(whole, "{destination}", "{somewhere}", 1), "has places [somewhere], want [destination]"},
		"no text":        {whole + "back =\n", "want a key and its text"},
	} {
		_, err := parse(Languages[0], c.content)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestNumbersHaveForms(t *testing.T) {
	t.Parallel()
	polish, err := parse(Language{Tag: "pl"}, strings.NewReplacer(
		"code.life.one = It can be used for {n} minute.", "code.life.one = {n} minuta\ncode.life.few = {n} minuty\ncode.life.many = {n} minut",
	).Replace(english(t)))
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]string{1: "1 minuta", 3: "3 minuty", 5: "5 minut"} {
		if got := polish.CodeLife(n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
	if got := all[0].CodeLife(1); got != "It can be used for 1 minute." {
		t.Errorf("English: %q", got)
	}
}

func english(t *testing.T) string {
	t.Helper()
	content, err := files.ReadFile("en.txt")
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestValuesAreNoTexts(t *testing.T) {
	t.Parallel()
	if got := all[0].Title("{app}", "Acme"); got != "{app} · Acme" {
		t.Errorf("got %q: a value was taken for a place", got)
	}
}
