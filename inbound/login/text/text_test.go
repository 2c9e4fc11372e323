package text

import (
	"slices"
	"strconv"
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
	if got := Own[0].CodeLife(1); got != "It can be used for 1 minute." {
		t.Errorf("English: %q", got)
	}
}

func TestArabicSaysOneAndTwoInWords(t *testing.T) {
	t.Parallel()
	arabic, _ := Own.In("ar")
	said := map[string]bool{}
	for _, n := range []int{1, 2, 3, 11} {
		got := arabic.CodeLife(n)
		if said[got] || strings.Contains(got, strconv.Itoa(n)) != (n > 2) {
			t.Errorf("%d: got %q", n, got)
		}
		said[got] = true
	}
	for n, like := range map[int]int{10: 3, 103: 3, 99: 11, 100: 600} { // few, many, other
		want := strings.Replace(arabic.CodeLife(like), strconv.Itoa(like), strconv.Itoa(n), 1)
		if got := arabic.CodeLife(n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
	if arabic.CodeLife(100) == arabic.CodeLife(99) {
		t.Error("100 has the form of 99")
	}
}

func TestAFormOfSeveralNumbersNeedsItsDigits(t *testing.T) {
	t.Parallel()
	for form, accepted := range map[string]bool{"zero": true, "two": true, "few": false, "many": false} {
		_, err := parse(Languages[0], english(t)+"code.life."+form+" = Soon\n")
		if (err == nil) != accepted {
			t.Errorf("%s: %v", form, err)
		}
	}
	_, err := parse(Languages[0], strings.Replace(english(t), "code.life.other = It can be used for {n} minutes.", "code.life.other = Soon", 1))
	if err == nil {
		t.Error("the form for all other numbers has no digits")
	}
}

func TestBrowsersGetTheLanguageTheyPrefer(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"":                                 "en",
		"de-AT,de;q=0.9,en;q=0.8":          "de",
		"en;q=0.3, fr;q=0.8, it;q=0.5":     "fr",
		"en;q=0.8, ja":                     "ja",
		"fr;q=0, nl;q=0.1":                 "nl",
		"pt":                               "pt-BR",
		"pt-PT,pt;q=0.9":                   "pt-BR",
		"zh":                               "zh-CN",
		"zh-Hans-SG":                       "zh-CN",
		"zh-Hant":                          "zh-TW",
		"zh-HK,zh;q=0.9,en;q=0.8":          "zh-TW",
		"ar-EG":                            "ar",
		"in":                               "id", // as Java has it
		"fi, ko;q=0.2":                     "ko",
		"fi":                               "en",
		"*":                                "en",
		"not a language; at all,,;q=1":     "en",
		strings.Repeat("de-", 1000) + "de": "en",
	} {
		if got := Own.For(header).Tag; got != want {
			t.Errorf("%.60q: got %s, want %s", header, got, want)
		}
	}
}

func TestEveryLanguageOfTermsIsSpoken(t *testing.T) {
	t.Parallel()
	var got []string
	for _, l := range Languages {
		if l.Terms != "" {
			got = append(got, strings.TrimPrefix(l.Terms, "cognito:"))
		}
		if texts, known := Own.In(strings.ToLower(l.Tag)); !known || texts.Tag != l.Tag || l.Name == "" {
			t.Errorf("%s is not spoken", l.Tag)
		}
	}
	// docs/cognito/branding.md, "Terms"
	want := []string{
		"bahasa-indonesia", "chinese-simplified", "chinese-traditional", "dutch", "english", "french", "german", "italian",
		"japanese", "korean", "portuguese-brazil", "spanish",
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for i, l := range Languages[1:] {
		if i > 0 && Languages[i].Tag >= l.Tag {
			t.Errorf("%s is listed after %s", l.Tag, Languages[i].Tag)
		}
	}
}

func TestValuesKeepTheirDirection(t *testing.T) {
	t.Parallel()
	for _, l := range Languages {
		texts, _ := Own.In(l.Tag)
		isolated := strings.Contains(texts.CodeSent("+•••4567"), "\u2068+•••4567\u2069")
		if isolated != l.RightToLeft {
			t.Errorf("%s: isolated %t", l.Tag, isolated)
		}
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
	if got := Own[0].Title("{app}", "Acme"); got != "{app} · Acme" {
		t.Errorf("got %q: a value was taken for a place", got)
	}
}
