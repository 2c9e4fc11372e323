package brand

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestThemesAreCustomPropertiesAlone(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^:root\{(color-scheme:(light|dark);)?(--[a-z-]+:light-dark\(#[0-9a-f]{6},#[0-9a-f]{6}\);){50,}(--[a-z-]*round:[0-9.]+px;){5}--veil:\d+%\}(\.idp-[0-9a-f]{8}\{(--[a-z-]+:light-dark\(#[0-9a-f]{6},#[0-9a-f]{6}\);)+\})*$`)
	for _, document := range []string{
		``,
		`{"categories":{"global":{"colorSchemeMode":"DARK"}},"components":{"form":{"logo":{"enabled":true}}}}`,
		`{"componentClasses":{"buttons":{"borderRadius":2.5}},"components":{"pageBackground":{"lightMode":{"color":"ABCDEF80"}}}}`,
		`{"components":{"idpButton":{"custom":{"x}</style>":{"lightMode":{"defaults":{"textColor":"00000000"}}}, "Google":{}}}}}`,
	} {
		if look, err := Theme([]byte(document)); err != nil || !form.MatchString(look.Style) {
			t.Errorf("%s: %q, %v", document, look.Style, err)
		}
	}
	look, err := Theme([]byte(`{"componentClasses":{"buttons":{"borderRadius":2.5}},"components":{"pageBackground":{"lightMode":{"color":"00000080"}}}}`))
	if err != nil || !strings.Contains(look.Style, "--round:2.5px") || !strings.Contains(look.Style, "--page:light-dark(#7f7f7f,") {
		t.Errorf("%s, %v", look.Style, err)
	}
	if !strings.Contains(Own.Style, "--primary:light-dark(#14645e,#7bcdc4)") {
		t.Errorf("Cardea's own look: %s", Own.Style)
	}
}

// colorSettings are the settings that are colours, each with the custom properties that it changes in both schemes.
var colorSettings = map[string]string{
	"components.pageBackground|color":      "page",
	"components.form|backgroundColor":      "card",
	"components.form|borderColor":          "line",
	"components.pageText|headingColor":     "text page-text field-text menu-text header-text footer-text",
	"components.pageText|bodyColor":        "body page-body",
	"components.pageText|descriptionColor": "lead",

	"components.pageHeader|background.color": "header",
	"components.pageHeader|borderColor":      "header-line",
	"components.pageFooter|background.color": "footer",
	"components.pageFooter|borderColor":      "footer-line",

	"components.alert|error.backgroundColor":                   "alert",
	"components.alert|error.borderColor":                       "alert-line",
	"componentClasses.statusIndicator|error.indicatorColor":    "error alert-text",
	"componentClasses.statusIndicator|error.borderColor":       "error-line",
	"componentClasses.statusIndicator|success.backgroundColor": "done",
	"componentClasses.statusIndicator|success.borderColor":     "done-line",
	"componentClasses.statusIndicator|success.indicatorColor":  "done-text met",
	"componentClasses.statusIndicator|pending.indicatorColor":  "pending",
	"componentClasses.divider|borderColor":                     "divider",
	"componentClasses.focusState|borderColor":                  "focus page-focus menu-focus header-focus footer-focus",
	"componentClasses.input|defaults.backgroundColor":          "field",
	"componentClasses.input|defaults.borderColor":              "field-line",
	"componentClasses.inputLabel|textColor":                    "label",
	"componentClasses.inputDescription|textColor":              "hint",
	"componentClasses.link|defaults.textColor":                 "link field-link",
	"componentClasses.link|hover.textColor":                    "link-hover",
	"componentClasses.dropDown|defaults.itemBackgroundColor":   "menu",
	"componentClasses.dropDown|hover.itemBackgroundColor":      "menu-hover",
	"componentClasses.dropDown|hover.itemBorderColor":          "menu-hover-line",
	"componentClasses.dropDown|hover.itemTextColor":            "menu-hover-text",
	"componentClasses.dropDown|match.itemBackgroundColor":      "menu-match",
	"componentClasses.dropDown|match.itemTextColor":            "menu-match-text",
	"components.primaryButton|defaults.backgroundColor":        "primary",
	"components.primaryButton|defaults.textColor":              "primary-text",
	"components.primaryButton|hover.backgroundColor":           "primary-hover",
	"components.primaryButton|hover.textColor":                 "primary-hover-text",
	"components.primaryButton|active.backgroundColor":          "primary-active",
	"components.primaryButton|active.textColor":                "primary-active-text",
	"components.primaryButton|disabled.backgroundColor":        "primary-disabled",
	"components.primaryButton|disabled.borderColor":            "primary-disabled-line",
	"components.secondaryButton|defaults.backgroundColor":      "second",
	"components.secondaryButton|defaults.borderColor":          "second-line",
	"components.secondaryButton|defaults.textColor":            "second-text",
	"components.secondaryButton|hover.backgroundColor":         "second-hover",
	"components.secondaryButton|hover.borderColor":             "second-hover-line",
	"components.secondaryButton|hover.textColor":               "second-hover-text",
	"components.secondaryButton|active.backgroundColor":        "second-active",
	"components.secondaryButton|active.borderColor":            "second-active-line",
	"components.secondaryButton|active.textColor":              "second-active-text",
	"components.idpButton.standard|defaults.backgroundColor":   "idp",
	"components.idpButton.standard|defaults.borderColor":       "idp-line",
	"components.idpButton.standard|defaults.textColor":         "idp-text",
	"components.idpButton.standard|hover.backgroundColor":      "idp-hover",
	"components.idpButton.standard|hover.borderColor":          "idp-hover-line",
	"components.idpButton.standard|hover.textColor":            "idp-hover-text",
	"components.idpButton.standard|active.backgroundColor":     "idp-active",
	"components.idpButton.standard|active.borderColor":         "idp-active-line",
	"components.idpButton.standard|active.textColor":           "idp-active-text",
	"componentClasses.input|placeholderColor":                  "", // no field has a placeholder
	"componentClasses.optionControls|defaults.backgroundColor": "", // no page has option controls
	"componentClasses.optionControls|defaults.borderColor":     "",
	"componentClasses.optionControls|selected.backgroundColor": "",
	"componentClasses.optionControls|selected.foregroundColor": "",
	"componentClasses.statusIndicator|error.backgroundColor":   "", // components.alert has the box
	"componentClasses.statusIndicator|warning.backgroundColor": "", // no page warns
	"componentClasses.statusIndicator|warning.borderColor":     "",
	"componentClasses.statusIndicator|warning.indicatorColor":  "",
}

// otherSettings are the settings that are no colours, each with the value that changes something, and the members of Look that it
// changes.
var otherSettings = map[string]struct{ value, changes string }{
	"categories.auth.authMethodOrder":               {`[[{"display":"INPUT","type":"USERNAME_PASSWORD"}],[{"display":"BUTTON","type":"FEDERATED"}]]`, "Providers.Last"},
	"categories.auth.federation.interfaceStyle":     {`"DROPDOWN"`, "Providers.Menu"},
	"categories.auth.federation.order":              {`["Google"]`, "Providers.Order"},
	"categories.form.displayGraphics":               {`false`, "Graphics"},
	"categories.form.location.horizontal":           {`"END"`, "Horizontal"},
	"categories.form.location.vertical":             {`"START"`, "Vertical"},
	"categories.global.colorSchemeMode":             {`"DARK"`, "Schemes Style"},
	"categories.global.pageFooter.enabled":          {`true`, "Footer.Shown"},
	"categories.global.pageHeader.enabled":          {`true`, "Header.Shown"},
	"categories.global.spacingDensity":              {`"COMPACT"`, "Compact"},
	"componentClasses.buttons.borderRadius":         {`3`, "Style"},
	"componentClasses.dropDown.borderRadius":        {`3`, "Style"},
	"componentClasses.input.borderRadius":           {`3`, "Style"},
	"componentClasses.idpButtons.icons.enabled":     {`false`, "Providers.Icons"},
	"components.alert.borderRadius":                 {`3`, "Style"},
	"components.favicon.enabledTypes":               {`["ICO"]`, "Favicons"},
	"components.form.backgroundImage.enabled":       {`true`, "FormImage Style"},
	"components.form.borderRadius":                  {`3`, "Style"},
	"components.form.logo.enabled":                  {`true`, "Logo.Shown"},
	"components.form.logo.formInclusion":            {`"OUT"`, "Logo.Outside"},
	"components.form.logo.location":                 {`"END"`, "Logo.Location"},
	"components.form.logo.position":                 {`"BOTTOM"`, "Logo.Below"},
	"components.pageBackground.image.enabled":       {`true`, "PageImage"},
	"components.pageFooter.backgroundImage.enabled": {`true`, "Footer.Image"},
	"components.pageFooter.logo.enabled":            {`true`, "Footer.Logo"},
	"components.pageFooter.logo.location":           {`"END"`, "Footer.Location"},
	"components.pageHeader.backgroundImage.enabled": {`true`, "Header.Image"},
	"components.pageHeader.logo.enabled":            {`true`, "Header.Logo"},
	"components.pageHeader.logo.location":           {`"END"`, "Header.Location"},

	"categories.form.instructions.enabled":       {`true`, ""},
	"categories.form.languageSelector.enabled":   {`true`, ""},
	"categories.form.sessionTimerDisplay":        {`"CLOCK"`, ""},
	"categories.signUp.acceptanceElements":       {`[]`, ""},
	"components.phoneNumberSelector.displayType": {`"OTHER"`, ""},
}

// nested is a document with one setting.
func nested(path, value string) string {
	names := strings.Split(path, ".")
	return `{"` + strings.Join(names, `":{"`) + `":` + value + strings.Repeat("}", len(names))
}

// propertiesOf gives the custom properties of a style, and their values.
func propertiesOf(style string) map[string]string {
	all := map[string]string{}
	for _, m := range regexp.MustCompile(`--([a-z-]+):([^;}]+)`).FindAllStringSubmatch(style, -1) {
		all[m[1]] = m[2]
	}
	return all
}

func TestEverySettingChangesWhatItIsFor(t *testing.T) {
	t.Parallel()
	left := map[string]bool{}
	var list func(path string, value any)
	list = func(path string, value any) {
		object, ok := value.(map[string]any)
		for name, below := range object {
			list(strings.TrimPrefix(path+"."+name, "."), below)
		}
		if !ok {
			left[path] = true
		}
	}
	list("", schema)

	own := propertiesOf(Own.Style)
	for at, names := range colorSettings {
		component, name, _ := strings.Cut(at, "|")
		for mode, place := range map[string]int{"lightMode": 0, "darkMode": 1} {
			path := component + "." + mode + "." + name
			delete(left, path)
			color := []string{"0b1e3fff", "f3e9d2ff"}[place] // to be read on what is around it, and nobody's default
			if back := strings.Contains(strings.ToLower(name), "background") || component == "components.pageBackground"; back != (component == "components.primaryButton") {
				color = []string{"f3e9d2ff", "0b1e3fff"}[place]
			}
			look, err := Theme([]byte(nested(path, `"`+color+`"`)))
			if err != nil {
				t.Fatal(err)
			}
			got := propertiesOf(look.Style)
			if names == "" && look.Style != Own.Style {
				t.Errorf("%s changes something", path)
			}
			for property := range strings.FieldsSeq(names) {
				value, before := colors(got[property])[place], colors(own[property])
				if text := "#" + color[:6]; value != text {
					t.Errorf("%s: --%s is %s, want %s", path, property, value, text)
				}
				if other := 1 - place; colors(got[property])[other] != before[other] {
					t.Errorf("%s: --%s changes in the other scheme", path, property)
				}
			}
		}
	}
	for path, c := range otherSettings {
		delete(left, path)
		look, err := Theme([]byte(nested(path, c.value)))
		if err != nil {
			t.Fatal(err)
		}
		var changed []string
		for _, member := range members(look) {
			for _, before := range members(Own) {
				if member.name == before.name && member.value != before.value {
					changed = append(changed, member.name)
				}
			}
		}
		if diff := cmp.Diff(strings.Fields(c.changes), changed, cmp.Transformer("set", func(list []string) map[string]bool {
			set := map[string]bool{}
			for _, one := range list {
				set[one] = true
			}
			return set
		})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	for path := range left {
		t.Errorf("nothing is known of %s", path)
	}
}

// colors are the two of a light-dark value.
func colors(value string) []string {
	light, dark, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(value, "light-dark("), ")"), ",")
	return []string{light, dark}
}

type member struct{ name, value string }

// members are what a look says, one by one.
func members(l Look) []member {
	text := func(v any) string { return fmt.Sprint(v) }
	return []member{
		{"Style", l.Style}, {"Schemes", l.Schemes}, {"Compact", text(l.Compact)}, {"Horizontal", l.Horizontal}, {"Vertical", l.Vertical},
		{"Favicons", text(l.Favicons)}, {"Logo.Shown", text(l.Logo.Shown)}, {"Logo.Outside", text(l.Logo.Outside)},
		{"Logo.Below", text(l.Logo.Below)}, {"Logo.Location", l.Logo.Location}, {"PageImage", text(l.PageImage)},
		{"FormImage", text(l.FormImage)}, {"Graphics", text(l.Graphics)}, {"Providers.Order", text(l.Providers.Order)},
		{"Providers.Menu", text(l.Providers.Menu)}, {"Providers.Last", text(l.Providers.Last)}, {"Providers.Icons", text(l.Providers.Icons)},
		{"Header.Shown", text(l.Header.Shown)}, {"Header.Logo", text(l.Header.Logo)}, {"Header.Image", text(l.Header.Image)},
		{"Header.Location", l.Header.Location}, {"Footer.Shown", text(l.Footer.Shown)}, {"Footer.Logo", text(l.Footer.Logo)},
		{"Footer.Image", text(l.Footer.Image)}, {"Footer.Location", l.Footer.Location},
	}
}

// texts are custom properties that are text, or what shows the focus, and what is behind each.
var texts = map[string]string{
	"text": "card", "body": "card", "lead": "card", "label": "card", "hint": "card", "link": "card", "link-hover": "card", "error": "card",
	"met": "card", "pending": "card", "page-text": "page", "page-body": "page", "field-text": "field", "field-link": "field",
	"alert-text": "alert", "done-text": "done", "primary-text": "primary", "primary-hover-text": "primary-hover",
	"primary-active-text": "primary-active", "primary-disabled-text": "primary-disabled", "second-text": "second",
	"second-hover-text": "second-hover", "second-active-text": "second-active", "idp-text": "idp", "idp-hover-text": "idp-hover",
	"idp-active-text": "idp-active", "menu-text": "menu", "menu-hover-text": "menu-hover", "menu-match-text": "menu-match",
	"header-text": "header", "footer-text": "footer",
	"focus": "card", "page-focus": "page", "header-focus": "header", "footer-focus": "footer",
}

func TestTextCanBeReadWhateverColoursAreChosen(t *testing.T) {
	t.Parallel()
	color := regexp.MustCompile(`"[0-9a-f]{8}"`)
	document := string(defaults)
	for range 300 {
		chosen := color.ReplaceAllStringFunc(document, func(string) string { return fmt.Sprintf(`"%08x"`, rand.Uint32()) })
		look, err := Theme([]byte(chosen))
		if err != nil {
			t.Fatal(err)
		}
		got := propertiesOf(look.Style)
		for name := range got {
			if strings.HasSuffix(name, "text") && texts[name] == "" {
				t.Fatalf("nothing is known of --%s", name)
			}
		}
		for name, behind := range texts {
			want := readable - 0.05 // colours are written in whole numbers
			if strings.HasSuffix(name, "focus") {
				want = visible - 0.05
			}
			for place := range 2 {
				text, back := over(colors(got[name])[place][1:]+"ff", shade{}), over(colors(got[behind])[place][1:]+"ff", shade{})
				if c := contrast(text, back); c < want {
					t.Fatalf("--%s on --%s: contrast %v", name, behind, c)
				}
			}
		}
	}
	white, black := shade{255, 255, 255}, shade{}
	if got := contrast(white, black); math.Abs(got-21) > 1e-9 {
		t.Errorf("black and white: %v", got)
	}
}

func TestTextCanBeReadOnAnyImage(t *testing.T) {
	t.Parallel()
	for range 10_000 {
		card := shade{rand.Float64() * 255, rand.Float64() * 255, rand.Float64() * 255}
		text := shade{rand.Float64() * 255, rand.Float64() * 255, rand.Float64() * 255}
		percent, grounds := veil(card)
		if least := text.on(grounds...).least(grounds); least < readable {
			t.Fatalf("%v under a veil of %d %%: contrast %v", card, percent, least)
		}
	}
	if percent, _ := veil(shade{255, 255, 255}); percent != 80 {
		t.Errorf("a white form hides %d %% of its image", percent)
	}
}
