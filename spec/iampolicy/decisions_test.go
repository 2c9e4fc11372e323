package iampolicy_test

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"cardea/spec/iampolicy"
)

// block is the policies of a block of testdata/decisions.txt, and how they were written.
type block struct {
	title   string
	version string
	set     iampolicy.Set
}

// add takes a line that gives a policy.
func (b *block) add(t *testing.T, word, text string) {
	t.Helper()
	everything := `{"Effect":"Allow","Action":"*","Resource":"*"`
	switch word {
	case "version":
		b.version = text
	case "identity":
		b.set.Identity = append(b.set.Identity, parse(t, text, iampolicy.InlineOfRole))
	case "boundary":
		b.set.Boundary = parse(t, text, iampolicy.Managed)
	case "session":
		b.set.Session = append(b.set.Session, []*iampolicy.Policy{parse(t, text, iampolicy.SessionPolicy)})
	case "allow-if":
		b.add(t, "identity", `{"Version":"`+b.version+`","Statement":`+everything+`,"Condition":`+text+`}}`)
	case "deny-if":
		b.add(t, "identity", `{"Version":"`+b.version+`","Statement":[`+everything+`},{"Effect":"Deny","Action":"*","Resource":"*","Condition":`+text+`}]}`)
	default:
		t.Fatalf("%s: there is no %q", b.title, word)
	}
}

// decisions are what the first word of a row expects.
var decisions = map[string]iampolicy.Decision{
	"+":         {Allowed: true},
	"-":         {Layer: iampolicy.IdentityLayer},
	"-boundary": {Layer: iampolicy.BoundaryLayer},
	"-session":  {Layer: iampolicy.SessionLayer},
	"!":         {Explicit: true, Layer: iampolicy.IdentityLayer},
	"!boundary": {Explicit: true, Layer: iampolicy.BoundaryLayer},
	"!session":  {Explicit: true, Layer: iampolicy.SessionLayer},
}

// request reads the rest of a row.
func request(t *testing.T, text string) *iampolicy.Request {
	t.Helper()
	r := &iampolicy.Request{Action: "x:Y", Resource: "*", Keys: iampolicy.Keys{}}
	if head, keys, found := strings.Cut(" "+text, " {"); found {
		var values map[string]any
		if err := json.Unmarshal([]byte("{"+keys), &values); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for key, value := range values {
			list := []string{}
			switch value := value.(type) {
			case string:
				list = append(list, value)
			case []any:
				for _, one := range value {
					list = append(list, one.(string))
				}
			}
			r.Keys[strings.ToLower(key)] = list
		}
		text = head
	}
	if fields := strings.Fields(text); len(fields) == 2 {
		r.Action, r.Resource = fields[0], fields[1]
	}
	return r
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	rows := 0
	for _, name := range []string{"testdata/decisions.txt", "testdata/conditions.txt"} {
		rows += decide(t, name)
	}
	if rows < 280 {
		t.Errorf("%d rows were read", rows)
	}
}

// decide asks every row of a file and answers how many there were.
func decide(t *testing.T, name string) (rows int) {
	b := &block{}
	for _, line := range logicalLines(t, name) {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			b = &block{title: title, version: "2012-10-17"}
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		want, isRow := decisions[word]
		if !isRow {
			b.add(t, word, rest)
			continue
		}
		rows++
		r := request(t, rest)
		if got := b.set.Decide(r); got != want {
			t.Errorf("%s: %s: got %+v, want %+v", b.title, line, got, want)
		}
		if got := b.set.Explain(r); got.Decision != want || want.Allowed && len(got.Matched) == 0 || want.Explicit && len(got.Matched) == 0 {
			t.Errorf("%s: %s: explained %+v, want %+v", b.title, line, got, want)
		}
	}
	return rows
}

// logicalLines are the lines of a file without comments and empty ones; a line that begins with a space continues another.
func logicalLines(t *testing.T, name string) (lines []string) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	scanner := bufio.NewScanner(file)
	for scanner.Scan() {
		line := scanner.Text()
		switch {
		case line == "", strings.HasPrefix(line, "# "), line == "#", strings.HasPrefix(line, "#  "):
		case strings.HasPrefix(line, " "):
			lines[len(lines)-1] += line
		default:
			lines = append(lines, line)
		}
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}
