package iampolicy

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// oracle is the pattern as a regular expression, with the values of its variables quoted.
func oracle(pattern string, keys Keys) *regexp.Regexp {
	var text strings.Builder
	text.WriteString(`(?s)\A`)
	for pattern != "" {
		_, width := utf8.DecodeRuneInString(pattern)
		switch {
		case strings.HasPrefix(pattern, "${x:a}"):
			width = len("${x:a}")
			text.WriteString(regexp.QuoteMeta(keys["x:a"][0]))
		case pattern[0] == '*':
			text.WriteString(".*")
		case pattern[0] == '?':
			text.WriteString(".")
		default:
			text.WriteString(regexp.QuoteMeta(pattern[:width]))
		}
		pattern = pattern[width:]
	}
	return regexp.MustCompile(text.String() + `\z`)
}

func compilePattern(t interface{ Fatal(...any) }, text string, fold bool) pattern {
	p, err := parsePattern(text, syntax{wildcards: true, variables: true, fold: fold, key: func(string) {}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestMatcherEqualsARegularExpression(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "ab", "€", "*", "*", "?", "${x:a}", "."}), 0, 12)
		pattern := strings.Join(pieces.Draw(t, "pattern"), "")
		text := rapid.StringOfN(rapid.RuneFrom([]rune("ab€*?.")), 0, 14, -1).Draw(t, "text")
		keys := Keys{"x:a": {rapid.StringOfN(rapid.RuneFrom([]rune("ab*?€")), 0, 3, -1).Draw(t, "value")}}
		p := compilePattern(t, pattern, false)
		if got, want := p.matches(text, keys), oracle(pattern, keys).MatchString(text); got != when(want) {
			t.Fatalf("%q matches %q with %v: got %v, want %t", pattern, text, keys, got, want)
		}
	})
}

func TestActionsMatchInAnyCase(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.RuneFrom([]rune("abAB*?:")), 0, 12, -1).Draw(t, "pattern")
		text := rapid.StringOfN(rapid.RuneFrom([]rune("abAB:")), 0, 14, -1).Draw(t, "text")
		p := compilePattern(t, pattern, true)
		want := oracle(strings.ToLower(pattern), nil).MatchString(strings.ToLower(text))
		if got := p.matches(text, nil); got != when(want) {
			t.Fatalf("%q matches %q: got %v, want %t", pattern, text, got, want)
		}
	})
}

func TestARNsMatchPartByPart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		one := rapid.StringMatching(`[ab*?]{0,2}(\$\{x:a\})?[ab*:]?`)
		pattern := strings.Join(rapid.SliceOfN(one, 6, 8).Draw(t, "pattern"), ":")
		text := strings.Join(rapid.SliceOfN(rapid.StringMatching(`[ab:]{0,3}`), 5, 8).Draw(t, "text"), ":")
		keys := Keys{"x:a": {rapid.SampledFrom([]string{"", "a", "*", "a:b"}).Draw(t, "value")}}
		patterns, texts := strings.SplitN(strings.ReplaceAll(pattern, "${x:a}", "${x/a}"), ":", 6), strings.SplitN(text, ":", 6)
		want := len(texts) == 6
		for i := 0; want && i < 6; i++ {
			want = oracle(strings.ReplaceAll(patterns[i], "${x/a}", "${x:a}"), keys).MatchString(texts[i])
		}
		arn := splitARN(compilePattern(t, pattern, false))
		if got := arn.matches(text, keys); got != when(want) {
			t.Fatalf("%q matches %q with %v: got %v, want %t", pattern, text, keys, got, want)
		}
	})
}

// hostile are patterns and texts that backtracking matchers take exponential time for, and those that fit at the last place only.
func hostile() map[string][2]string {
	return map[string][2]string{
		"stars":          {strings.Repeat("a*", 1024) + "b", strings.Repeat("a", 2048)},
		"question marks": {"*" + strings.Repeat("?", 1000) + "b*c", strings.Repeat("a", 2048)},
		"last place":     {"*" + strings.Repeat("a", 1000) + "?b", strings.Repeat("a", 2048)},
		"runs":           {"*" + strings.Repeat("a?", 500) + "b*", strings.Repeat("a", 2048)},
		"variables":      {strings.Repeat("*${x:a}", 290) + "b", strings.Repeat("a", 2048)},
		"many runs":      {strings.Repeat("*?a", 600) + "*b*", strings.Repeat("a", 2048)},
	}
}

func TestMatcherTakesBoundedTime(t *testing.T) {
	t.Parallel()
	for name, c := range hostile() {
		for _, fold := range []bool{false, true} {
			p := compilePattern(t, c[0], fold && name != "variables")
			start := time.Now()
			if p.matches(c[1], Keys{"x:a": {"a"}}) != no {
				t.Errorf("%s: matches", name)
			}
			if took := time.Since(start); took > 3*time.Second { // some milliseconds, on a machine that has nothing else to do
				t.Errorf("%s took %v", name, took)
			}
		}
	}
}

func FuzzMatcher(f *testing.F) {
	f.Add("a*b?c", "axxb€c", "v")
	f.Add("${x:a}*", "v/1", "v")
	f.Add("*?${x:a}", "€v", "*")
	f.Fuzz(func(t *testing.T, pattern, text, value string) {
		if len(pattern)+len(text)+len(value) > 200 || !utf8.ValidString(pattern) || !utf8.ValidString(text) || !utf8.ValidString(value) {
			return
		}
		keys := Keys{"x:a": {value}}
		p, err := parsePattern(pattern, syntax{wildcards: true, variables: true, key: func(string) {}})
		if err != nil || strings.Contains(strings.ReplaceAll(pattern, "${x:a}", ""), "${") {
			return
		}
		if got, want := p.matches(text, keys), oracle(pattern, keys).MatchString(text); got != when(want) {
			t.Fatalf("%q matches %q with %q: got %v, want %t", pattern, text, value, got, want)
		}
	})
}

func BenchmarkHostilePatterns(b *testing.B) {
	for name, c := range hostile() {
		b.Run(name, func(b *testing.B) {
			p := compilePattern(b, c[0], false)
			keys := Keys{"x:a": {"a"}}
			for b.Loop() {
				p.matches(c[1], keys)
			}
		})
	}
}

// statements makes a policy of n statements on buckets of their own.
func statements(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`{"Effect":"%s","Action":["s3:Get*","s3:PutObject","dynamodb:Query"],"Resource":["arn:aws:s3:::b%d/home/${cognito-identity.amazonaws.com:sub}/*","arn:aws:s3:::b%d/*/x*y"],`+
			`"Condition":{"StringEquals":{"aws:PrincipalTag/team":["red","blue"]},"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}`, []string{"Allow", "Deny"}[i%4/3], i, i))
	}
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(list, ",") + `]}`
}

// benchmarkRequest is a request that the last Allow of statements(n) allows, or with n = -1 none.
func benchmarkRequest(n int) *Request {
	if n > 3 {
		n -= 1 + (n-1)%4/3
	} else if n > 0 {
		n--
	}
	return &Request{Action: "s3:GetObject", Resource: fmt.Sprintf("arn:aws:s3:::b%d/home/us-east-1:7a6f0f6e-0000-4000-8000-000000000000/x", n), Keys: Keys{
		"cognito-identity.amazonaws.com:sub": {"us-east-1:7a6f0f6e-0000-4000-8000-000000000000"},
		"aws:principaltag/team":              {"blue"}, "aws:sourceip": {"10.1.2.3"},
	}}
}

func loadSet(t interface{ Fatal(...any) }, n int) *Set {
	p, err := Load(statements(n), Managed)
	if err != nil {
		t.Fatal(err)
	}
	return &Set{Identity: []*Policy{p}}
}

func TestDecidingAllocatesNothing(t *testing.T) {
	set := loadSet(t, 100)
	for _, n := range []int{-1, 100} {
		r := benchmarkRequest(n)
		if d := set.Decide(r); d.Allowed != (n > 0) {
			t.Errorf("%s: got %+v", r.Resource, d)
		}
		if got := testing.AllocsPerRun(100, func() { set.Decide(r) }); got != 0 {
			t.Errorf("%s: %v allocations", r.Resource, got)
		}
	}
}

func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		for name, r := range map[string]*Request{"allowed": benchmarkRequest(n), "denied": benchmarkRequest(-1)} {
			b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) {
				set := loadSet(b, n)
				b.ReportAllocs()
				for b.Loop() {
					set.Decide(r)
				}
			})
		}
	}
}

func BenchmarkParse(b *testing.B) {
	document := statements(10)
	for b.Loop() {
		if _, err := Load(document, Managed); err != nil {
			b.Fatal(err)
		}
	}
}
