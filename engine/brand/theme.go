package brand

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Look is what pages take from the settings of a style. Where it says that something has an image, the image is one of the
// style's assets, if there is one.
type Look struct {
	Style   string // a style sheet of custom properties, which the pages' own style sheet refers to
	Schemes string // LIGHT, DARK or DYNAMIC

	Compact              bool   // smaller spaces
	Horizontal, Vertical string // where the form is: START, CENTER or END
	Favicons             []string

	Logo           FormLogo
	Header, Footer Bar
	PageImage      bool
	FormImage      bool
	Graphics       bool // pictures of ways to sign in
	Providers      Providers
}

// FormLogo is where the logo of the form is.
type FormLogo struct {
	Shown    bool
	Outside  bool   // it is beside the form, not in it
	Below    bool   // it is at the bottom, not at the top
	Location string // START, CENTER or END
}

// Bar is what the top or the bottom of a page has across its width.
type Bar struct {
	Shown, Logo, Image bool
	Location           string // of the logo: START, CENTER or END
}

// Providers is how the identity providers are offered.
type Providers struct {
	Order []string // by their names; those that it does not name follow
	Menu  bool     // they are in a menu
	Last  bool     // they are below the form
	Icons bool
}

// Own is Cardea's own look.
var Own = func() Look {
	look, err := Theme(nil)
	if err != nil {
		panic(err) // the defaults are part of the program
	}
	return look
}()

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
	look := s.layout()
	look.Style = s.style(look)
	return look, nil
}

// layout is what a document says of the parts of a page.
func (s reader) layout() Look {
	bar := func(part string) Bar {
		return Bar{
			Shown: s.is("categories.global." + part + ".enabled"), Logo: s.is("components." + part + ".logo.enabled"),
			Image: s.is("components." + part + ".backgroundImage.enabled"), Location: s.text("components." + part + ".logo.location"),
		}
	}
	return Look{
		Schemes:    s.text("categories.global.colorSchemeMode"),
		Compact:    s.text("categories.global.spacingDensity") == "COMPACT",
		Horizontal: s.text("categories.form.location.horizontal"), Vertical: s.text("categories.form.location.vertical"),
		Favicons: s.words("components.favicon.enabledTypes"),
		Logo: FormLogo{
			Shown: s.is("components.form.logo.enabled"), Outside: s.text("components.form.logo.formInclusion") == "OUT",
			Below: s.text("components.form.logo.position") == "BOTTOM", Location: s.text("components.form.logo.location"),
		},
		Header: bar("pageHeader"), Footer: bar("pageFooter"),
		PageImage: s.is("components.pageBackground.image.enabled"), FormImage: s.is("components.form.backgroundImage.enabled"),
		Graphics: s.is("categories.form.displayGraphics"),
		Providers: Providers{
			Order: s.words("categories.auth.federation.order"), Menu: s.text("categories.auth.federation.interfaceStyle") == "DROPDOWN",
			Last: s.federatedLast(), Icons: s.is("componentClasses.idpButtons.icons.enabled"),
		},
	}
}

// federatedLast tells whether the first of the ways to sign in is a form, not the providers.
func (s reader) federatedLast() bool {
	rows, _ := s.at("categories.auth.authMethodOrder").([]any)
	for _, row := range rows {
		methods, _ := row.([]any)
		for _, method := range methods {
			return reader{method}.text("type") != "FEDERATED"
		}
	}
	return false
}

// style writes the custom properties.
func (s reader) style(look Look) string {
	light, dark := s.palette("lightMode", shade{255, 255, 255}, look), s.palette("darkMode", shade{}, look)
	var out strings.Builder
	out.WriteString(":root{")
	if look.Schemes != "DYNAMIC" {
		out.WriteString("color-scheme:" + strings.ToLower(look.Schemes) + ";")
	}
	for i := range light.colors {
		fmt.Fprintf(&out, "--%s:light-dark(%s,%s);", light.colors[i].name, light.colors[i].value, dark.colors[i].value)
	}
	for _, corner := range []struct{ name, path string }{
		{"round", "componentClasses.buttons"}, {"field-round", "componentClasses.input"}, {"menu-round", "componentClasses.dropDown"},
		{"card-round", "components.form"}, {"alert-round", "components.alert"},
	} {
		radius, _ := s.at(corner.path + ".borderRadius").(float64)
		fmt.Fprintf(&out, "--%s:%spx;", corner.name, strconv.FormatFloat(radius, 'f', -1, 64))
	}
	fmt.Fprintf(&out, "--veil:%d%%}", max(light.veil, dark.veil))
	s.writeProviders(&out, light.card, dark.card)
	return out.String()
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

func (s reader) is(path string) bool { return s.at(path) == true }

func (s reader) words(path string) (words []string) {
	list, _ := s.at(path).([]any)
	for _, item := range list {
		if word, ok := item.(string); ok {
			words = append(words, word)
		}
	}
	return words
}
