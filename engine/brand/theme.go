package brand

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Look is what pages take from the settings of a style.
type Look struct {
	Style   string // a style sheet of custom properties, to go over the pages' own
	Schemes string // LIGHT, DARK or DYNAMIC
	Logo    bool   // whether the form has a logo
}

// readable is the least contrast of text to what is behind it (WCAG 2.2, success criterion 1.4.3).
const readable = 4.5

// Theme makes a look of a settings document that has passed Check; it may be empty. Colours are printed from numbers. A text colour
// that cannot be read on its background gives way to black or white.
func Theme(document []byte) (Look, error) {
	merged, err := Merged(document)
	if err != nil {
		return Look{}, err
	}
	var settings any
	if err := json.Unmarshal(merged, &settings); err != nil {
		return Look{}, fmt.Errorf("read settings: %w", err)
	}
	s := reader{settings}

	light, dark := s.palette("lightMode", shade{255, 255, 255}), s.palette("darkMode", shade{0, 0, 0})
	var out strings.Builder
	out.WriteString(":root{")
	look := Look{Schemes: s.text("categories.global.colorSchemeMode"), Logo: s.at("components.form.logo.enabled") == true}
	if look.Schemes != "DYNAMIC" {
		out.WriteString("color-scheme:" + strings.ToLower(look.Schemes) + ";")
	}
	for i := range light {
		fmt.Fprintf(&out, "--%s:light-dark(%s,%s);", light[i].name, light[i].value, dark[i].value)
	}
	radius, _ := s.at("componentClasses.buttons.borderRadius").(float64)
	fmt.Fprintf(&out, "--round:%spx}", strconv.FormatFloat(radius, 'f', -1, 64))
	look.Style = out.String()
	return look, nil
}

// reader reads the values of a settings document.
type reader struct{ document any }

func (s reader) at(path string) any {
	value := s.document
	for name := range strings.SplitSeq(path, ".") {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	return value
}

func (s reader) text(path string) string {
	text, _ := s.at(path).(string)
	return text
}

// painted is a custom property with its colour.
type painted struct {
	name  string
	value shade
}

// palette is what one colour scheme of a document gives the custom properties of pages. Behind everything is base.
func (s reader) palette(mode string, base shade) []painted {
	color := func(component, name string, behind shade) shade {
		return over(s.text(component+"."+mode+"."+name), behind)
	}
	page := color("components.pageBackground", "color", base)
	card := color("components.form", "backgroundColor", page)
	accent := color("components.primaryButton", "defaults.backgroundColor", card)
	heading, quiet := color("components.pageText", "headingColor", card), color("components.pageText", "descriptionColor", card)
	failed := color("componentClasses.statusIndicator", "error.backgroundColor", card)
	done := color("componentClasses.statusIndicator", "success.backgroundColor", card)
	return []painted{
		{"page", page},
		{"card", card},
		{"line", color("components.form", "borderColor", card)},
		{"text", heading.on(card)},
		{"quiet", quiet.on(card)},
		{"page-text", heading.on(page)},
		{"page-quiet", quiet.on(page)},
		{"field", color("componentClasses.input", "defaults.borderColor", card)},
		{"accent", accent},
		{"on-accent", color("components.primaryButton", "defaults.textColor", accent).on(accent)},
		{"link", color("componentClasses.link", "defaults.textColor", card).on(card)},
		{"error", color("componentClasses.statusIndicator", "error.borderColor", failed).on(failed)},
		{"error-back", failed},
		{"done", color("componentClasses.statusIndicator", "success.borderColor", done).on(done)},
		{"done-back", done},
	}
}
