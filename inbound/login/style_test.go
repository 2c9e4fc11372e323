package login

import (
	"regexp"
	"strings"
	"testing"

	"cardea/engine/brand"
	"cardea/feature/branding"
	"cardea/inbound/login/text"
)

func TestTheStyleSheetShowsEveryCustomProperty(t *testing.T) {
	t.Parallel()
	names := func(text, pattern string) map[string]bool {
		all := map[string]bool{}
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			all[m[1]] = true
		}
		return all
	}
	const declared, shown = `(?:^|[{;\s])--([a-z-]+):`, `var\(--([a-z-]+)`
	given := names(brand.Own.Style, declared)
	here := names(style+providersStyle, declared)
	used := names(style+providersStyle, shown)
	for name := range given {
		if !used[name] {
			t.Errorf("nothing shows --%s", name)
		}
		if here[name] && !strings.HasSuffix(name, "focus") {
			t.Errorf("--%s of the style is overridden", name)
		}
	}
	for name := range used {
		if !given[name] && !here[name] && !strings.HasSuffix(name, "-image") { // images have a default where they are shown
			t.Errorf("nothing gives --%s a value", name)
		}
	}
}

func TestClassesOfClassicPagesAreOnWhatTheyName(t *testing.T) {
	t.Parallel()
	texts, _ := text.Own.In("en")
	has := map[string]bool{}
	for _, s := range samples(in(texts)) {
		_, page := rendered(t, frame{Texts: texts, App: sampleApp, Card: s.card, Look: s.look}, "/"+s.name)
		for _, e := range elements(page) {
			for class := range strings.FieldsSeq(e["class"]) {
				if name, customizable := strings.CutSuffix(class, "-customizable"); customizable {
					has[s.name+" "+e[""]+" "+name] = true
				}
			}
		}
	}
	for _, want := range []string{
		"sign-in-classic main background", "sign-in-classic div banner", "sign-in-classic img logo", "sign-in-classic label label",
		"sign-in-classic input inputField", "sign-in-classic button submitButton", "sign-in-classic button socialButton",
		"sign-in-classic button idpButton", "sign-in-classic p idpDescription", "sign-in-classic div redirect",
		"sign-in-classic p textDescription", "sign-in-locked p errorMessage", "sign-up-terms p legalText",
		"sign-up-terms li passwordCheck-notValid",
	} {
		if !has[want] {
			t.Errorf("the class is not there: %s", want)
		}
	}
	if !strings.Contains(program, `toggle("passwordCheck-valid-customizable", met)`) {
		t.Error("a rule that is met has not the class passwordCheck-valid-customizable")
	}
}

func TestTermsAreLinksInASentence(t *testing.T) {
	t.Parallel()
	for _, texts := range text.Own {
		own := in(texts)
		card := own.withTerms(Card{}, branding.Terms{OfUse: "https://a.example", Privacy: "https://b.example"})
		var links []string
		said := ""
		for _, part := range card.Legal {
			said += part.Text
			if part.Address != "" {
				links = append(links, part.Address)
			}
		}
		if want := texts.SignUpTerms(texts.SignUpTermsOfUse(), texts.SignUpPrivacy()); said != want || len(links) != 2 || links[0] == links[1] {
			t.Errorf("%s: %q with links %v, want %q", texts.Tag, said, links, want)
		}
	}
	if card := in(text.Own[0]).withTerms(Card{}, branding.Terms{}); card.Legal != nil {
		t.Errorf("without terms: %v", card.Legal)
	}
}
