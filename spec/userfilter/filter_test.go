package userfilter

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseReadsOneCondition(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Filter{
		``:                                    {},
		"  \t":                                {},
		`email = "a@b.example"`:               {Attribute: "email", Value: "a@b.example"},
		`email="a@b.example"`:                 {Attribute: "email", Value: "a@b.example"},
		`given_name ^= "Jo"`:                  {Attribute: "given_name", Prefix: true, Value: "Jo"},
		`given_name^="Jo"`:                    {Attribute: "given_name", Prefix: true, Value: "Jo"},
		`  name  =  "x"  `:                    {Attribute: "name", Value: "x"},
		`cognito:user_status = "CONFIRMED"`:   {Attribute: "cognito:user_status", Value: "CONFIRMED"},
		`"cognito:user_status" = "CONFIRMED"`: {Attribute: "cognito:user_status", Value: "CONFIRMED"},
		`custom:a-b = ""`:                     {Attribute: "custom:a-b"},
		`name = "say \"hi\" \\ \o/"`:          {Attribute: "name", Value: `say "hi" \ \o/`},
		`name = "ünï = ^= ✓"`:                 {Attribute: "name", Value: "ünï = ^= ✓"},
	} {
		got, err := Parse(text)
		if err != nil {
			t.Errorf("Parse(%q): %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Parse(%q) (-want +got):\n%s", text, diff)
		}
	}
}

func TestParseRefusesEverythingElse(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`email`, `email =`, `email = x`, `email = "x`, `= "x"`, `^= "x"`, `email == "x"`, `email != "x"`, `email ~ "x"`,
		`email = "x" and name = "y"`, `email = "x" y`, `email = 'x'`, `"" = "x"`, `email ^ = "x"`, `email = "x\"`, `^="x"`,
	} {
		if got, err := Parse(text); err != ErrSyntax {
			t.Errorf("Parse(%q) = %+v, %v; want ErrSyntax", text, got, err)
		}
	}
}

func TestMatchComparesWholeOrPrefix(t *testing.T) {
	t.Parallel()
	whole, prefix := Filter{Attribute: "name", Value: "Jo"}, Filter{Attribute: "name", Prefix: true, Value: "Jo"}
	if whole.Match("John") || !whole.Match("Jo") {
		t.Error("= must match the whole value only")
	}
	if !prefix.Match("John") || prefix.Match("jo") {
		t.Error("^= must match what begins with the value, in its case")
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{``, `email = "a"`, `a^="\""`, `"a\\" ^= "\\\""`, `a^^=""`, "a\n=\t\"b\""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(first.String())
		if err != nil || again != first {
			t.Errorf("Parse(%q) = %+v, but its canonical form %q reads as %+v, %v", text, first, first.String(), again, err)
		}
	})
}
