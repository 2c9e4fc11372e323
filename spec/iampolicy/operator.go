package iampolicy

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// operator is a condition operator.
type operator struct {
	name    string
	negated bool
	// test compiles one value of a policy. Its error is the reason alone.
	test func(value string, s syntax) (test, error)
}

// operators are the condition operators by their name in lower case, without qualifier and IfExists. Null is not among them.
var operators = map[string]operator{
	"stringequals":              {"StringEquals", false, exactText},
	"stringnotequals":           {"StringNotEquals", true, exactText},
	"stringequalsignorecase":    {"StringEqualsIgnoreCase", false, foldedText},
	"stringnotequalsignorecase": {"StringNotEqualsIgnoreCase", true, foldedText},
	"stringlike":                {"StringLike", false, textLike},
	"stringnotlike":             {"StringNotLike", true, textLike},
	"numericequals":             {"NumericEquals", false, number(func(c int) bool { return c == 0 })},
	"numericnotequals":          {"NumericNotEquals", true, number(func(c int) bool { return c == 0 })},
	"numericlessthan":           {"NumericLessThan", false, number(func(c int) bool { return c < 0 })},
	"numericlessthanequals":     {"NumericLessThanEquals", false, number(func(c int) bool { return c <= 0 })},
	"numericgreaterthan":        {"NumericGreaterThan", false, number(func(c int) bool { return c > 0 })},
	"numericgreaterthanequals":  {"NumericGreaterThanEquals", false, number(func(c int) bool { return c >= 0 })},
	"dateequals":                {"DateEquals", false, date(func(c int) bool { return c == 0 })},
	"datenotequals":             {"DateNotEquals", true, date(func(c int) bool { return c == 0 })},
	"datelessthan":              {"DateLessThan", false, date(func(c int) bool { return c < 0 })},
	"datelessthanequals":        {"DateLessThanEquals", false, date(func(c int) bool { return c <= 0 })},
	"dategreaterthan":           {"DateGreaterThan", false, date(func(c int) bool { return c > 0 })},
	"dategreaterthanequals":     {"DateGreaterThanEquals", false, date(func(c int) bool { return c >= 0 })},
	"bool":                      {"Bool", false, boolean},
	"binaryequals":              {"BinaryEquals", false, binary},
	"ipaddress":                 {"IpAddress", false, network},
	"notipaddress":              {"NotIpAddress", true, network},
	"arnequals":                 {"ArnEquals", false, arnLike},
	"arnlike":                   {"ArnLike", false, arnLike},
	"arnnotequals":              {"ArnNotEquals", true, arnLike},
	"arnnotlike":                {"ArnNotLike", true, arnLike},
}

func exactText(value string, s syntax) (test, error) {
	p, err := parsePattern(value, s)
	return &p, err
}

func textLike(value string, s syntax) (test, error) {
	s.wildcards = true
	return exactText(value, s)
}

func arnLike(value string, s syntax) (test, error) {
	s.wildcards = true
	p, err := parsePattern(value, s)
	a := splitARN(p)
	return &a, err
}

// foldedTest compares texts whose letters may differ in case.
type foldedTest struct{ pattern pattern }

func foldedText(value string, s syntax) (test, error) {
	p, err := parsePattern(value, s)
	return &foldedTest{p}, err
}

func (t *foldedTest) matches(value string, keys Keys) verdict {
	want := ""
	for _, one := range t.pattern.parts {
		if one.kind != variable {
			want += one.text
			continue
		}
		text, ok := one.value(keys)
		if !ok {
			return unresolved
		}
		want += text
	}
	return when(strings.EqualFold(value, want))
}

// parsed is a test whose values are parsed first; a value that is none matches nothing.
type parsed[T any] struct {
	want  T
	parse func(string) (T, bool)
	holds func(got, want T) bool
}

func (p *parsed[T]) matches(value string, _ Keys) verdict {
	got, ok := p.parse(value)
	return when(ok && p.holds(got, p.want))
}

// compile makes the test for one value of a policy.
func (p parsed[T]) compile(value string) (test, error) {
	want, ok := p.parse(value)
	if !ok {
		return nil, fmt.Errorf("the value %q is not valid", value)
	}
	p.want = want
	return &p, nil
}

// decimal is a number: whole ones exactly, others as well as float64 has them.
type decimal struct {
	exact bool
	whole int64
	float float64
}

func number(holds func(order int) bool) func(string, syntax) (test, error) {
	return func(value string, _ syntax) (test, error) {
		return parsed[decimal]{parse: parseDecimal, holds: func(got, want decimal) bool { return holds(got.compare(want)) }}.compile(value)
	}
}

func (d decimal) compare(other decimal) int {
	if d.exact && other.exact {
		return cmp.Compare(d.whole, other.whole)
	}
	return cmp.Compare(d.float, other.float)
}

func parseDecimal(text string) (decimal, bool) {
	if text == "" || strings.Trim(text, "0123456789+-.eE") != "" {
		return decimal{}, false // not "inf", "nan" or hexadecimal
	}
	float, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return decimal{}, false
	}
	whole, err := strconv.ParseInt(text, 10, 64)
	return decimal{exact: err == nil, whole: whole, float: float}, true
}

func date(holds func(order int) bool) func(string, syntax) (test, error) {
	return func(value string, _ syntax) (test, error) {
		return parsed[time.Time]{parse: parseDate, holds: func(got, want time.Time) bool { return holds(got.Compare(want)) }}.compile(value)
	}
}

// parseDate reads a date of ISO 8601, in UTC if it names no zone, or seconds since 1970.
func parseDate(text string) (time.Time, bool) {
	if strings.Trim(text, "0123456789.") == "" {
		seconds, err := strconv.ParseFloat(text, 64)
		if err != nil || seconds > 1<<40 {
			return time.Time{}, false
		}
		return time.UnixMicro(int64(seconds * 1e6)), true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02", "2006-01"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

func boolean(value string, _ syntax) (test, error) {
	return parsed[bool]{parse: parseBool, holds: func(got, want bool) bool { return got == want }}.compile(value)
}

func parseBool(text string) (value, ok bool) {
	value = strings.EqualFold(text, "true")
	return value, value || strings.EqualFold(text, "false")
}

func binary(value string, _ syntax) (test, error) {
	return parsed[[]byte]{parse: parseBinary, holds: bytes.Equal}.compile(value)
}

func parseBinary(text string) ([]byte, bool) {
	value, err := base64.StdEncoding.DecodeString(text)
	return value, err == nil
}

func network(value string, _ syntax) (test, error) {
	want, ok := parseNetwork(value)
	if !ok {
		return nil, fmt.Errorf("the value %q is neither an address nor a range of addresses", value)
	}
	return &networkTest{want}, nil
}

type networkTest struct{ want netip.Prefix }

func (t *networkTest) matches(value string, _ Keys) verdict {
	got, err := netip.ParseAddr(value)
	return when(err == nil && t.want.Contains(got.WithZone("").Unmap()))
}

// parseNetwork reads an address, or a range in CIDR notation. Addresses of IPv4 that are written in IPv6 are those of IPv4.
func parseNetwork(text string) (netip.Prefix, bool) {
	if one, err := netip.ParseAddr(text); err == nil {
		one = one.WithZone("").Unmap()
		return netip.PrefixFrom(one, one.BitLen()), true
	}
	network, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, false
	}
	if network.Addr().Is4In6() && network.Bits() >= 96 {
		network = netip.PrefixFrom(network.Addr().Unmap(), network.Bits()-96)
	}
	return network.Masked(), true
}

// IsOfType reports whether a value of a condition key is of a type: string, numeric, boolean, ip, binary or date.
func IsOfType(value, kind string) bool {
	ok := kind == "string"
	switch kind {
	case "numeric":
		_, ok = parseDecimal(value)
	case "boolean":
		_, ok = parseBool(value)
	case "ip":
		_, ok = parseNetwork(value)
	case "binary":
		_, ok = parseBinary(value)
	case "date":
		_, ok = parseDate(value)
	}
	return ok
}
