package login

import (
	"errors"
	"fmt"
	"html/template"
	"io"
	"reflect"
	"slices"
	"strings"
	"text/template/parse"

	"golang.org/x/net/html"
)

// allowed are the elements that an operator's frame may have, void those of them that have no end, and properties the attributes that
// all of them may have. Nothing among them runs, loads a script or a style sheet, sends a form, or changes what the page's addresses mean.
var (
	allowed = strings.Fields(`header footer nav section aside div p span a img picture source ul ol li dl dt dd h2 h3 h4 strong em b i
		small br hr blockquote address figure figcaption bdi bdo abbr`)
	void       = strings.Fields(`img source br hr`)
	properties = strings.Fields(`class title lang dir role alt width height href src srcset media rel target hreflang`)
)

// What stands for slots while the markup of a frame is checked, which no text has.
const (
	anySlot  = "\uE000"
	cardSlot = "\uE001"
)

// parseFrame reads an operator's frame: the markup of a page's body with {{.Card}} in it once, and other slots anywhere.
func parseFrame(source string) (*template.Template, error) {
	if strings.ContainsAny(source, anySlot+cardSlot) {
		return nil, errors.New("has characters for private use")
	}
	t, err := template.New(frameFile).Parse(source)
	if err != nil {
		return nil, err
	}
	if len(t.Templates()) > 1 || t.Tree == nil {
		return nil, errors.New("may define no templates, and must have {{.Card}}")
	}
	var plain strings.Builder
	if err := flatten(&plain, t.Tree.Root, 0); err != nil {
		return nil, err
	}
	if n := strings.Count(plain.String(), cardSlot); n != 1 {
		return nil, fmt.Errorf("must have {{.Card}} once, and has it %d times", n)
	}
	if err := checkMarkup(plain.String()); err != nil {
		return nil, err
	}
	return t, t.Execute(io.Discard, slots{}) // html/template refuses what it cannot escape
}

// flatten writes a frame with characters in the place of its slots. Slots and {{if}} around them are all that it may have.
func flatten(out *strings.Builder, list *parse.ListNode, depth int) error {
	if list == nil {
		return nil
	}
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.TextNode:
			out.Write(n.Text)
		case *parse.ActionNode:
			name := slotOf(n.Pipe)
			switch {
			case name == "":
				return fmt.Errorf("%s is not among %s", n, slotNames())
			case name == "Card" && depth > 0:
				return errors.New("{{.Card}} may not depend on anything")
			case name == "Card":
				out.WriteString(cardSlot)
			default:
				out.WriteString(anySlot)
			}
		case *parse.IfNode:
			if slotOf(n.Pipe) == "" {
				return fmt.Errorf("{{if %s}} is not about one of %s", n.Pipe, slotNames())
			}
			if err := errors.Join(flatten(out, n.List, depth+1), flatten(out, n.ElseList, depth+1)); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%s: only slots and {{if}} may stand in braces", n)
		}
	}
	return nil
}

// slotOf is the slot that a pipeline shows, without anything done to it; empty: it is something else.
func slotOf(pipe *parse.PipeNode) string {
	if len(pipe.Decl) > 0 || len(pipe.Cmds) != 1 || len(pipe.Cmds[0].Args) != 1 {
		return ""
	}
	field, ok := pipe.Cmds[0].Args[0].(*parse.FieldNode)
	if !ok || len(field.Ident) != 1 {
		return ""
	}
	if _, known := reflect.TypeFor[slots]().FieldByName(field.Ident[0]); !known {
		return ""
	}
	return field.Ident[0]
}

func slotNames() string {
	var names []string
	for field := range reflect.TypeFor[slots]().Fields() {
		names = append(names, "{{."+field.Name+"}}")
	}
	return strings.Join(names, ", ")
}

// checkMarkup checks the elements and attributes of a frame, and that the card stands where an element may.
func checkMarkup(source string) error {
	var open []string
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		raw := string(z.Raw())
		token := z.Token()
		switch kind {
		case html.TextToken:
			if strings.Contains(raw, "<") {
				return fmt.Errorf("%.40q: a < in a text is written &lt;", raw)
			}
			if strings.Contains(raw, cardSlot) && slices.Contains(open, "a") {
				return errors.New("{{.Card}} may not be in a link")
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			if err := checkElement(token); err != nil {
				return err
			}
			if !slices.Contains(void, token.Data) {
				open = append(open, token.Data)
			}
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != token.Data {
				return fmt.Errorf("</%s> ends nothing that is open", token.Data)
			}
			open = open[:len(open)-1]
		default:
			return fmt.Errorf("%.40q may not be in a frame", raw)
		}
	}
	if err := z.Err(); !errors.Is(err, io.EOF) {
		return err
	}
	if len(open) > 0 {
		return fmt.Errorf("<%s> has no end", open[len(open)-1])
	}
	return nil
}

func checkElement(token html.Token) error {
	if !slices.Contains(allowed, token.Data) {
		return fmt.Errorf("<%s> may not be in a frame", token.Data)
	}
	for _, a := range token.Attr {
		switch {
		case strings.Contains(a.Val, cardSlot):
			return fmt.Errorf("{{.Card}} may not be in the attribute %s", a.Key)
		case !slices.Contains(properties, a.Key) && !strings.HasPrefix(a.Key, "aria-"):
			return fmt.Errorf("<%s> may not have the attribute %s", token.Data, a.Key)
		case slices.Contains([]string{"href", "src", "srcset"}, a.Key) && !leadsOn(a.Val):
			return fmt.Errorf("%s of <%s> must begin with https:, http:, mailto:, tel:, data:image/, / or #", a.Key, token.Data)
		}
	}
	return nil
}

// leadsOn tells whether an address may stand in a frame. One that begins with a slot is judged when the frame is drawn.
func leadsOn(address string) bool {
	for _, beginning := range []string{"https://", "http://", "mailto:", "tel:", "data:image/", "/", "#", anySlot} {
		if strings.HasPrefix(strings.ToLower(address), beginning) {
			return true
		}
	}
	return false
}
