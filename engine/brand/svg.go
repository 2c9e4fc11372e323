package brand

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	svgSpace   = "http://www.w3.org/2000/svg"
	xlinkSpace = "http://www.w3.org/1999/xlink"

	maxElements = 10_000
	maxDepth    = 64
)

// elements are those that a drawing may have. Everything inside another is left out with it: scripts, style sheets, links,
// animations, pictures, foreign objects.
var elements = set(`svg g defs path rect circle ellipse line polyline polygon text tspan title desc linearGradient radialGradient stop
	clipPath mask use symbol pattern`)

// attributes are those that an element may have. Those with values of their own form are checked besides.
var attributes = set(`id x y x1 y1 x2 y2 cx cy r rx ry fx fy fr dx dy width height d points viewBox preserveAspectRatio transform
	version gradientUnits gradientTransform spreadMethod offset clipPathUnits maskUnits maskContentUnits patternUnits
	patternContentUnits patternTransform pathLength rotate textLength lengthAdjust role aria-label focusable
	fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap stroke-linejoin stroke-miterlimit stroke-dasharray
	stroke-dashoffset opacity color clip-path clip-rule mask stop-color stop-opacity display visibility overflow vector-effect
	font-family font-size font-style font-weight font-variant text-anchor letter-spacing word-spacing dominant-baseline
	alignment-baseline baseline-shift text-decoration paint-order shape-rendering text-rendering color-interpolation`)

// apart are elements whose content is drawn only where something refers to it.
var apart = set(`defs symbol clipPath mask pattern`)

func set(words string) map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		all[word] = true
	}
	return all
}

// cleanSVG reads a drawing and writes it anew with the elements and attributes that are allowed.
func cleanSVG(given []byte) ([]byte, error) {
	d := drawing{in: xml.NewDecoder(bytes.NewReader(given))}
	for {
		token, err := d.in.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := d.token(token); err != nil {
			return nil, err
		}
	}
	if !d.begun {
		return nil, errors.New("no drawing")
	}
	return d.out.Bytes(), nil
}

// drawing is a drawing that is being written.
type drawing struct {
	in      *xml.Decoder
	out     bytes.Buffer
	begun   bool
	open    []string // the elements that are open
	named   int      // how many of these can be referred to, or are in one that can
	count   int
	numbers []bool // for each open element, whether it counts in named
}

func (d *drawing) token(token xml.Token) error {
	switch t := token.(type) {
	case xml.StartElement:
		return d.start(t)
	case xml.EndElement:
		if len(d.open) == 0 {
			return nil
		}
		last := len(d.open) - 1
		d.out.WriteString("</" + d.open[last] + ">")
		if d.numbers[last] {
			d.named--
		}
		d.open, d.numbers = d.open[:last], d.numbers[:last]
	case xml.CharData:
		if len(d.open) > 0 {
			d.escape(string(t))
		}
	}
	return nil // comments, instructions and document types are left out
}

func (d *drawing) start(element xml.StartElement) error {
	name := element.Name.Local
	root := len(d.open) == 0
	if d.count++; d.count > maxElements || len(d.open) >= maxDepth {
		return errors.New("too many elements")
	}
	if root && (d.begun || name != "svg") {
		return fmt.Errorf("the root is <%s>", name)
	}
	own := element.Name.Space == svgSpace || element.Name.Space == ""
	if !own || !elements[name] || name == "use" && d.named > 0 {
		if root {
			return fmt.Errorf("the root is of %q", element.Name.Space)
		}
		return d.in.Skip()
	}
	d.begun = true

	d.out.WriteString("<" + name)
	if root {
		d.out.WriteString(` xmlns="` + svgSpace + `"`)
	}
	named := apart[name]
	for _, attribute := range declared(element) {
		if attribute.name == "id" {
			if root || name == "use" {
				continue // nothing may refer to what refers to something itself
			}
			named = true
		}
		d.out.WriteString(" " + attribute.name + `="`)
		d.escape(attribute.value)
		d.out.WriteString(`"`)
	}
	d.out.WriteString(">")
	d.open, d.numbers = append(d.open, name), append(d.numbers, named)
	if named {
		d.named++
	}
	return nil
}

// escape writes a text.
func (d *drawing) escape(text string) {
	_ = xml.EscapeText(&d.out, []byte(text)) // a buffer takes everything
}

// property is an attribute that is written.
type property struct{ name, value string }

// declared lists the attributes of an element that are allowed, those of its style attribute too. Of attributes with the same
// name the last counts.
func declared(element xml.StartElement) []property {
	var all []property
	put := func(name, value string) {
		for i := range all {
			if all[i].name == name {
				all[i].value = value
				return
			}
		}
		all = append(all, property{name, value})
	}
	add := func(name, value string) {
		if value = strings.TrimSpace(value); attributes[name] && harmless(value) {
			put(name, value)
		}
	}
	for _, attribute := range element.Attr {
		name, space := attribute.Name.Local, attribute.Name.Space
		switch {
		case name == "href" && (space == "" || space == xlinkSpace) && refers[element.Name.Local]:
			if local(attribute.Value) {
				put("href", attribute.Value)
			}
		case space != "":
		case name == "style":
			for declaration := range strings.SplitSeq(attribute.Value, ";") {
				name, value, _ := strings.Cut(declaration, ":")
				if name = strings.TrimSpace(name); presentation(name) {
					add(name, value)
				}
			}
		default:
			add(name, attribute.Value)
		}
	}
	return all
}

// refers are the elements that may refer to another one of the drawing.
var refers = set("use linearGradient radialGradient pattern")

// presentation tells whether a property of a style sheet is an attribute too.
func presentation(name string) bool {
	return attributes[name] && (strings.Contains(name, "-") || set("fill stroke opacity color mask display visibility overflow")[name])
}

// local tells whether a reference is to an element of the drawing.
func local(reference string) bool {
	return len(reference) > 1 && reference[0] == '#' && strings.Trim(reference[1:], letters+digits+".:") == ""
}

// harmless refuses values that could refer to anything but an element of the drawing.
func harmless(value string) bool {
	lower := strings.ToLower(value)
	if strings.ContainsAny(value, "\\<>&@") || strings.Contains(lower, "script") || strings.Contains(lower, "data:") || strings.Contains(lower, "expression") {
		return false
	}
	for {
		i := strings.Index(lower, "url")
		if i < 0 {
			return true
		}
		lower = lower[i+3:]
		inside, ok := strings.CutPrefix(strings.TrimLeft(lower, whitespace), "(")
		if !ok {
			return false
		}
		reference, _, closed := strings.Cut(inside, ")")
		if !closed || !local(strings.Trim(strings.TrimSpace(reference), `"'`)) {
			return false
		}
	}
}
