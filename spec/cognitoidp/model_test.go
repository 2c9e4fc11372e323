package cognitoidp_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

// The tests read the service description themselves, so that they hold the generated table against the model and not
// against itself.
type model struct {
	operations map[string]struct {
		Input, Output, Auth string
		Errors              []string
	}
	shapes map[string]*modelShape
}

type modelShape struct {
	Type      string
	Min, Max  *int64
	Pattern   string
	Enum      []string
	Sensitive bool
	Document  bool
	Exception bool
	Member    struct{ Shape string }
	Key       struct{ Shape string }
	Value     struct{ Shape string }
	Members   map[string]struct{ Shape string }
	Required  []string
}

func loadModel(tb testing.TB) *model {
	tb.Helper()
	m := &model{}
	for name, into := range map[string]any{"operations.json": &struct{ Operations any }{&m.operations}, "shapes.json": &m.shapes} {
		text, err := os.ReadFile(filepath.Join("model", name))
		if err != nil {
			tb.Fatal(err)
		}
		if err := json.Unmarshal(text, into); err != nil {
			tb.Fatal(err)
		}
	}
	return m
}

// sample is a valid value of a shape: with all members of structures, or only those that are required.
func (m *model) sample(tb testing.TB, name string, full bool) any {
	s := m.shapes[name]
	switch s.Type {
	case "string":
		return s.text(tb, name)
	case "integer", "long":
		if s.Min != nil && *s.Min > 0 {
			return float64(*s.Min)
		}
		return float64(1)
	case "boolean":
		return true
	case "timestamp":
		return 1700000000.5
	case "blob":
		return "AAEC"
	case "list":
		list := []any{m.sample(tb, s.Member.Shape, full)}
		for s.Min != nil && int64(len(list)) < *s.Min {
			list = append(list, m.sample(tb, s.Member.Shape, full))
		}
		return list
	case "map":
		return map[string]any{m.sample(tb, s.Key.Shape, full).(string): m.sample(tb, s.Value.Shape, full)}
	}
	object := make(map[string]any)
	if s.Document {
		object["any"] = "thing"
	}
	for member, part := range s.Members {
		if full || slices.Contains(s.Required, member) {
			object[member] = m.sample(tb, part.Shape, full)
		}
	}
	return object
}

// seeds are strings of which each pattern of the model matches one, or a longer one like it.
var seeds = []string{
	"a", "0", "arn:aws:iam::123456789012:role/x", "arn:aws:iam:us-east-1:123456789012:role/x", "arn:aws:s3:::bucket",
	"us-east-1_abc", "us-east-1_0af", "a@b", "{####}", "{##a##}", "abc", "cognito:default", "import-a", "terms-of-use",
	"0af0af0a-0af0-40af-80af-0af0af0af0af", "tkn" + strings.Repeat("a", 25),
}

// text is a string of a shape, of any allowed length.
func (s *modelShape) text(tb testing.TB, name string) string {
	if len(s.Enum) > 0 {
		return s.Enum[0]
	}
	for _, seed := range seeds {
		length := int64(len(seed))
		if s.Min != nil {
			length = max(length, *s.Min)
		}
		if s.Max != nil && length > *s.Max {
			continue
		}
		if text, ok := s.stretch(seed, int(length)); ok {
			return text
		}
	}
	tb.Fatalf("no seed makes a %s", name)
	return ""
}

// sized is a string of a shape with n characters. Some patterns want more than the shape's minimum.
func (s *modelShape) sized(n int64) (string, bool) {
	key := fmt.Sprint(n, s.Pattern)
	if text, known := texts.Load(key); known {
		return text.(string), true
	}
	for _, seed := range seeds {
		if text, ok := s.stretch(seed, int(n)); ok {
			texts.Store(key, text)
			return text, true
		}
	}
	return "", false
}

// texts are what sized found; finding the long ones is slow.
var texts sync.Map

// stretch makes seed n characters long, so that it still matches.
func (s *modelShape) stretch(seed string, n int) (string, bool) {
	if n == 0 && s.matches("") {
		return "", true
	}
	if n < len(seed) {
		return "", false
	}
	for at := range len(seed) + 1 {
		for _, fill := range []string{"a", "0"} {
			text := seed[:at] + strings.Repeat(fill, n-len(seed)) + seed[at:]
			if s.matches(text) {
				return text, true
			}
		}
	}
	return "", false
}

// matches is the pattern's meaning, read plainly; the generator's tests look at its corners.
func (s *modelShape) matches(text string) bool {
	if s.Pattern == "" {
		return true
	}
	pattern, notLast := strings.CutSuffix(s.Pattern, `(?<!\.)$`)
	if notLast && strings.HasSuffix(text, ".") {
		return false
	}
	compiled, ok := patterns.Load(pattern)
	if !ok {
		compiled, _ = patterns.LoadOrStore(pattern, regexp.MustCompile(`^(?:`+pattern+`)$`))
	}
	return compiled.(*regexp.Regexp).MatchString(text)
}

// patterns are the model's, compiled.
var patterns sync.Map

// spoiled is a string of an allowed length that the pattern does not match, if there is one.
func (s *modelShape) spoiled(tb testing.TB, name string) (string, bool) {
	good := s.text(tb, name)
	_, size := utf8.DecodeLastRuneInString(good)
	for _, bad := range []string{" ", "\x01", "!", "\n", "."} {
		if text := good[:len(good)-size] + bad; !s.matches(text) {
			return text, true
		}
	}
	return "", false
}
