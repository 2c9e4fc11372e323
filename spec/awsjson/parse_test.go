package awsjson

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestParseReadsJSON(t *testing.T) {
	t.Parallel()
	got, err := Parse([]byte(` {"a":"x\n\u00e9\uD83D\uDE00","b":[1,-0.5e+3,true,null],"c":{},"d":"ü"} `))
	if err != nil {
		t.Fatal(err)
	}
	want := Node{
		Type: Object,
		Text: `{"a":"x\n\u00e9\uD83D\uDE00","b":[1,-0.5e+3,true,null],"c":{},"d":"ü"}`,
		Keys: []string{"a", "b", "c", "d"},
		Items: []Node{
			{Type: Text, Text: "x\né😀"},
			{Type: Array, Text: `[1,-0.5e+3,true,null]`, Items: []Node{
				{Type: Number, Text: "1"}, {Type: Number, Text: "-0.5e+3"}, {Type: Bool, Text: "true"}, {},
			}},
			{Type: Object, Text: "{}"},
			{Type: Text, Text: "ü"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseTakesAnEmptyBodyAsAnEmptyObject(t *testing.T) {
	t.Parallel()
	got, err := Parse([]byte(" \n"))
	if err != nil || got.Type != Object || len(got.Items) != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"text after the value":     `{} x`,
		"two values":               `{}{}`,
		"no end":                   `{"a":`,
		"no end of string":         `{"a":"b`,
		"no end after backslash":   `{"a":"b\`,
		"no end of array":          `[1`,
		"comma before the end":     `{"a":1,}`,
		"comma before the bracket": `[1,]`,
		"no colon":                 `{"a" 1}`,
		"no comma":                 `{"a":1 "b":2}`,
		"bare name":                `{a:1}`,
		"single quotes":            `{'a':1}`,
		"comment":                  `{/**/}`,
		"byte order mark":          "\ufeff{}",
		"leading zero":             `[01]`,
		"plus":                     `[+1]`,
		"no fraction":              `[1.]`,
		"no exponent":              `[1e]`,
		"minus alone":              `[-]`,
		"NaN":                      `[NaN]`,
		"True":                     `[True]`,
		"control character":        "[\"a\nb\"]",
		"control after an escape":  "[\"\\n\n\"]",
		"unknown escape":           `["\x41"]`,
		"short escape":             `["\u12"]`,
		"bad escape":               `["\u12g4"]`,
		"NUL escaped":              `["\u0000"]`,
		"NUL":                      "[\"\x00\"]",
		"high surrogate alone":     `["\ud800"]`,
		"low surrogate alone":      `["\udc00"]`,
		"high surrogates":          `["\ud800\ud800"]`,
		"surrogate and character":  `["\ud800\u0041"]`,
		"invalid UTF-8":            "[\"\xff\"]",
		"overlong UTF-8":           "[\"\xc0\xaf\"]",
		"UTF-8 cut by an escape":   "[\"\xc3\\n\"]",
		"surrogate in UTF-8":       "[\"\xed\xa0\x80\"]",
		"same name twice":          `{"a":1,"a":2}`,
		"same name escaped":        `{"a":1,"\u0061":2}`,
		"too deep":                 strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1),
		"bottomless":               strings.Repeat("[", 1<<20),
		"too many values":          "[" + strings.Repeat("0,", MaxNodes) + "0]",
		"same name among many":     many(100, `"k7":0`),
	} {
		if _, err := Parse([]byte(body)); !errors.Is(err, ErrSyntax) {
			t.Errorf("%s: got %v, want ErrSyntax", name, err)
		}
	}
}

// many is an object of n members and one more.
func many(n int, last string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`"k` + strconv.Itoa(i) + `":0,`)
	}
	return "{" + b.String() + last + "}"
}

func TestParseAllowsWhatItsLimitsAllow(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"depth":   strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth),
		"values":  "[" + strings.Repeat("0,", MaxNodes-2) + "0]",
		"members": many(5000, `"last":0`),
	} {
		if _, err := Parse([]byte(body)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestGivenIsNilForAbsentAndNull(t *testing.T) {
	t.Parallel()
	n, err := Parse([]byte(`{"null":null,"empty":""}`))
	if err != nil {
		t.Fatal(err)
	}
	if n.Given("absent") != nil || n.Given("null") != nil {
		t.Error("an absent or null member is given")
	}
	if got := n.Given("empty"); got == nil || got.Text != "" {
		t.Errorf("empty: got %v", got)
	}
	if _, there := n.Member("null"); !there {
		t.Error("a null member is not there")
	}
}

// FuzzParse compares the parser with encoding/json: what it accepts is JSON with the same meaning.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.5e3,"x\u00e9\n"],"b":{"c":null,"d":false}}`, `[[[]]]`, `"\ud83d\ude00"`, `-0`, `{"a":1,"a":2}`, "\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := Parse(body)
		if err != nil {
			return
		}
		if strings.TrimSpace(string(body)) == "" {
			return
		}
		var other any
		decoder := json.NewDecoder(strings.NewReader(string(body)))
		decoder.UseNumber()
		if err := decoder.Decode(&other); err != nil {
			t.Fatalf("accepted %q, which is no JSON: %v", body, err)
		}
		if diff := cmp.Diff(other, plainValue(t, &n)); diff != "" {
			t.Error(diff)
		}
	})
}

// plainValue is a tree as encoding/json would have decoded it.
func plainValue(t *testing.T, n *Node) any {
	if !utf8.ValidString(n.Text) {
		t.Errorf("%q is not UTF-8", n.Text)
	}
	switch n.Type {
	case Bool:
		return n.Text == "true"
	case Number:
		return json.Number(n.Text)
	case Text:
		return n.Text
	case Array:
		list := make([]any, len(n.Items))
		for i := range n.Items {
			list[i] = plainValue(t, &n.Items[i])
		}
		return list
	case Object:
		object := make(map[string]any)
		for i, key := range n.Keys {
			object[key] = plainValue(t, &n.Items[i])
		}
		return object
	}
	return nil
}
