package brand

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
)

// The least contrasts to what is behind (WCAG 2.2): of text (success criterion 1.4.3), and of what shows the focus (1.4.11).
const (
	readable = 4.5
	visible  = 3
)

// palette is what one colour scheme of a document gives the custom properties of pages.
type palette struct {
	settings reader
	mode     string // lightMode or darkMode
	card     shade
	veil     int // how much of the form's colour lies over its image, in per cent
	colors   []painted
}

// painted is a custom property with its colour.
type painted struct {
	name  string
	value shade
}

// palette mixes the colours of a scheme. Behind everything is base.
func (s reader) palette(mode string, base shade, look Look) *palette {
	p := &palette{settings: s, mode: mode}
	page := p.color("components.pageBackground", "color", base)
	p.card = p.color("components.form", "backgroundColor", page)
	p.paint("page", page)
	p.paint("card", p.card)
	p.paint("line", p.color("components.form", "borderColor", p.card))

	grounds := []shade{p.card}
	if p.veil = 100; look.FormImage {
		p.veil, grounds = veil(p.card)
	}
	p.texts(page, grounds)
	p.states(grounds)
	p.control("primary", "components.primaryButton")
	p.control("second", "components.secondaryButton")
	p.control("idp", "components.idpButton.standard")
	p.menu()
	p.bar("header", "components.pageHeader", page)
	p.bar("footer", "components.pageFooter", page)
	return p
}

func (p *palette) paint(name string, value shade) { p.colors = append(p.colors, painted{name, value}) }

// color is a colour of a component in the palette's scheme, laid over what is behind it.
func (p *palette) color(component, name string, behind shade) shade {
	return over(p.settings.text(component+"."+p.mode+"."+name), behind)
}

// texts are the colours of text, links, inputs and of the focus.
func (p *palette) texts(page shade, grounds []shade) {
	const pageText, input = "components.pageText", "componentClasses.input"
	card := grounds[0]
	heading := p.color(pageText, "headingColor", card)
	body := p.color(pageText, "bodyColor", card)
	p.paint("text", heading.on(grounds...))
	p.paint("body", body.on(grounds...))
	p.paint("lead", p.color(pageText, "descriptionColor", card).on(grounds...))
	p.paint("page-text", heading.on(page))
	p.paint("page-body", body.on(page))
	p.paint("label", p.color("componentClasses.inputLabel", "textColor", card).on(grounds...))
	p.paint("hint", p.color("componentClasses.inputDescription", "textColor", card).on(grounds...))
	p.paint("link", p.color("componentClasses.link", "defaults.textColor", card).on(grounds...))
	p.paint("link-hover", p.color("componentClasses.link", "hover.textColor", card).on(grounds...))
	p.paint("divider", p.color("componentClasses.divider", "borderColor", card))

	field := p.color(input, "defaults.backgroundColor", card)
	p.paint("field", field)
	p.paint("field-line", p.color(input, "defaults.borderColor", card))
	p.paint("field-text", heading.on(field))
	p.paint("field-link", p.color("componentClasses.link", "defaults.textColor", field).on(field))
	focus := p.color("componentClasses.focusState", "borderColor", card)
	p.paint("focus", focus.with(visible, grounds...))
	p.paint("page-focus", focus.with(visible, page))
}

// states are the colours of what went wrong, what was done, and what is still to be done.
func (p *palette) states(grounds []shade) {
	const status, alert = "componentClasses.statusIndicator", "components.alert"
	card := grounds[0]
	failed, done := p.color(alert, "error.backgroundColor", card), p.color(status, "success.backgroundColor", card)
	wrong, good := p.color(status, "error.indicatorColor", card), p.color(status, "success.indicatorColor", card)
	p.paint("error", wrong.on(grounds...))
	p.paint("error-line", p.color(status, "error.borderColor", card))
	p.paint("alert", failed)
	p.paint("alert-line", p.color(alert, "error.borderColor", failed))
	p.paint("alert-text", wrong.on(failed))
	p.paint("done", done)
	p.paint("done-line", p.color(status, "success.borderColor", done))
	p.paint("done-text", good.on(done))
	p.paint("met", good.on(grounds...))
	p.paint("pending", p.color(status, "pending.indicatorColor", card).on(grounds...))
}

// control is a button in its states; of those that a component does not have, it gets none.
func (p *palette) control(name, component string) {
	for _, state := range []string{"defaults", "hover", "active", "disabled"} {
		at := component + "." + p.mode + "." + state
		if p.settings.at(at) == nil {
			continue
		}
		own := name
		if state != "defaults" {
			own += "-" + state
		}
		back := over(p.settings.text(at+".backgroundColor"), p.card)
		p.paint(own, back)
		p.paint(own+"-text", over(p.settings.text(at+".textColor"), back).on(back))
		if line := p.settings.text(at + ".borderColor"); line != "" {
			p.paint(own+"-line", over(line, p.card))
		}
	}
}

// menu is a list that opens.
func (p *palette) menu() {
	const menu = "componentClasses.dropDown"
	items := p.color(menu, "defaults.itemBackgroundColor", p.card)
	hover, match := p.color(menu, "hover.itemBackgroundColor", items), p.color(menu, "match.itemBackgroundColor", items)
	heading := p.color("components.pageText", "headingColor", items)
	p.paint("menu", items)
	p.paint("menu-text", heading.on(items))
	p.paint("menu-hover", hover)
	p.paint("menu-hover-line", p.color(menu, "hover.itemBorderColor", items))
	p.paint("menu-hover-text", p.color(menu, "hover.itemTextColor", hover).on(hover))
	p.paint("menu-match", match)
	p.paint("menu-match-text", p.color(menu, "match.itemTextColor", match).on(match))
	p.paint("menu-focus", p.color("componentClasses.focusState", "borderColor", items).with(visible, items, hover, match))
}

func (p *palette) bar(name, component string, page shade) {
	back := p.color(component, "background.color", page)
	p.paint(name, back)
	p.paint(name+"-line", p.color(component, "borderColor", page))
	p.paint(name+"-text", p.color("components.pageText", "headingColor", back).on(back))
	p.paint(name+"-focus", p.color("componentClasses.focusState", "borderColor", back).with(visible, back))
}

// veil is how much of a form's colour has to lie over its image, in per cent, for text in black or white to be readable whatever
// the image is; and what can then be behind text.
func veil(card shade) (percent int, grounds []shade) {
	for percent = 80; percent < 100; percent += 5 {
		share := float64(percent) / 100
		grounds = []shade{card.mixed(share, card), card.mixed(share, shade{}), card.mixed(share, shade{255, 255, 255})}
		if contrast := card.on(grounds...).least(grounds); contrast >= readable {
			return percent, grounds
		}
	}
	return 100, []shade{card}
}

// Class is the class of the button of an identity provider that has colours of its own.
func Class(provider string) string {
	sum := sha256.Sum256([]byte(provider))
	return "idp-" + hex.EncodeToString(sum[:4])
}

// writeProviders writes the colours of the identity providers that have some of their own.
func (s reader) writeProviders(out io.Writer, light, dark shade) {
	custom, _ := s.at("components.idpButton.custom").(map[string]any)
	standard, _ := s.at("components.idpButton.standard").(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(custom)) {
		own := reader{map[string]any{"idp": merge(custom[name], standard)}}
		day, night := &palette{settings: own, mode: "lightMode", card: light}, &palette{settings: own, mode: "darkMode", card: dark}
		day.control("idp", "idp")
		night.control("idp", "idp")
		fmt.Fprintf(out, ".%s{", Class(name))
		for i, c := range day.colors {
			fmt.Fprintf(out, "--%s:light-dark(%s,%s);", c.name, c.value, night.colors[i].value)
		}
		fmt.Fprint(out, "}")
	}
}
