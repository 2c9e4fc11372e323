package brand

import (
	"fmt"
	"slices"
	"strings"
)

// ClassError says that a style sheet has a rule for something that is not to be customized.
type ClassError struct {
	Selector string
}

func (e *ClassError) Error() string { return fmt.Sprintf("%q is no customizable class", e.Selector) }

// CSSError says that a text is no style sheet, or one with something that no style sheet may have here.
type CSSError struct {
	Line int
	Text string // such as "@ is not allowed"
}

func (e *CSSError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Text) }

// classes are the classes of the classic pages, each with the pseudo-classes that it may have.
var classes = map[string][]string{
	".background-customizable":             nil,
	".banner-customizable":                 nil,
	".errorMessage-customizable":           nil,
	".idpButton-customizable":              {"hover"},
	".idpDescription-customizable":         nil,
	".inputField-customizable":             {"focus"},
	".label-customizable":                  nil,
	".legalText-customizable":              nil,
	".logo-customizable":                   nil,
	".passwordCheck-notValid-customizable": nil,
	".passwordCheck-valid-customizable":    nil,
	".redirect-customizable":               nil,
	".socialButton-customizable":           nil,
	".submitButton-customizable":           {"hover"},
	".textDescription-customizable":        nil,
}

// properties are those that a rule may set. Properties that could lay one part of a page over another, or add text, are not
// among them.
var properties = func() map[string]bool {
	list := strings.Fields(`align-items background background-color border border-collapse border-color border-radius border-spacing
		border-style border-width box-shadow box-sizing color cursor display float font font-family font-size font-style
		font-variant font-weight height justify-content letter-spacing line-height list-style margin max-height max-width
		min-height min-width opacity outline outline-color outline-offset outline-style outline-width overflow overflow-wrap padding
		text-align text-decoration text-indent text-overflow text-shadow text-transform vertical-align visibility white-space width
		word-break word-spacing word-wrap`)
	all := map[string]bool{}
	for _, name := range list {
		all[name] = true
	}
	for _, side := range []string{"top", "right", "bottom", "left"} {
		for _, name := range []string{"margin-" + side, "padding-" + side, "border-" + side} {
			all[name] = true
		}
		for _, what := range []string{"color", "style", "width"} {
			all["border-"+side+"-"+what] = true
		}
	}
	for _, corner := range []string{"top-left", "top-right", "bottom-left", "bottom-right"} {
		all["border-"+corner+"-radius"] = true
	}
	return all
}()

// functions are those that a value may call; all of them give colours.
var functions = []string{"rgb", "rgba", "hsl", "hsla"}

// Classic reads the style sheet of a classic customization and writes it anew, with the classes, properties and values that are
// allowed. A declaration of another property, or with a value that is not understood, is left out. It answers *ClassError for a
// rule that is for anything else, and *CSSError for what is no style sheet or could load or run something: at-rules, url(),
// escapes.
func Classic(css string) (printed string, err error) {
	s := &sheet{rest: css, line: 1}
	var out strings.Builder
	for {
		if err := s.space(); err != nil {
			return "", err
		}
		if s.rest == "" {
			return out.String(), nil
		}
		selectors, err := s.selectors()
		if err != nil {
			return "", err
		}
		body, err := s.declarations()
		if err != nil {
			return "", err
		}
		if body != "" {
			out.WriteString(strings.Join(selectors, ",") + "{" + body + "}\n")
		}
	}
}

// selectors reads the selectors of a rule, and the brace behind them.
func (s *sheet) selectors() ([]string, error) {
	var all []string
	for {
		end := strings.IndexAny(s.rest, ",{};@\\<\"'/")
		if end < 0 {
			return nil, s.wrong("a rule has no declarations")
		}
		selector := strings.Trim(s.rest[:end], whitespace)
		class, pseudo, found := strings.Cut(selector, ":")
		allowed, known := classes[class]
		delimiter := s.rest[end]
		if delimiter != ',' && delimiter != '{' {
			return nil, s.wrong(fmt.Sprintf("%q is not allowed", delimiter))
		}
		if !known || found && !slices.Contains(allowed, pseudo) {
			return nil, &ClassError{Selector: selector}
		}
		all = append(all, selector)
		s.skip(end + 1)
		if delimiter == '{' {
			return all, nil
		}
	}
}

// declarations reads the declarations of a rule to its closing brace, and writes those that are allowed.
func (s *sheet) declarations() (string, error) {
	var out []string
	for {
		if err := s.space(); err != nil {
			return "", err
		}
		switch {
		case s.take('}'):
			return strings.Join(out, ";"), nil
		case s.take(';'):
			continue
		}
		name := s.word()
		if err := s.space(); err != nil {
			return "", err
		}
		if name == "" || !s.take(':') {
			return "", s.wrong("a declaration has the form property: value")
		}
		value, good, err := s.value()
		if err != nil {
			return "", err
		}
		if name = strings.ToLower(name); good && properties[name] {
			out = append(out, name+":"+value)
		}
	}
}
