package sigv4

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// canonical is the canonical request, which both sides hash.
func (s *Signature) canonical(r *http.Request, body []byte, payload string) (string, error) {
	query, err := canonicalQuery(r.URL.RawQuery, s.Presigned)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(r.Method + "\n" + canonicalPath(r.URL.EscapedPath()) + "\n" + query + "\n")
	for _, name := range s.SignedHeaders {
		b.WriteString(name + ":" + headerValue(r, name, body) + "\n")
	}
	b.WriteString("\n" + strings.Join(s.SignedHeaders, ";") + "\n" + payload)
	return b.String(), nil
}

// headerValue is a header's values, each trimmed and its inner blanks made one, joined by commas. The server keeps the
// host apart, and may not keep a length that it has already acted upon.
func headerValue(r *http.Request, name string, body []byte) string {
	values := r.Header.Values(name)
	switch {
	case name == "host":
		values = []string{r.Host}
	case name == "content-length" && len(values) == 0:
		values = []string{strconv.Itoa(len(body))}
	}
	folded := make([]string, len(values))
	for i, v := range values {
		folded[i] = strings.Join(strings.FieldsFunc(v, func(r rune) bool { return r == ' ' || r == '\t' }), " ")
	}
	return strings.Join(folded, ",")
}

// canonicalPath drops empty and dot segments and encodes what is already encoded once more.
func canonicalPath(escaped string) string {
	var kept []string
	segments := strings.Split(escaped, "/")
	for _, segment := range segments {
		switch segment {
		case "", ".":
		case "..":
			if len(kept) > 0 {
				kept = kept[:len(kept)-1]
			}
		default:
			kept = append(kept, encode(segment))
		}
	}
	path := "/" + strings.Join(kept, "/")
	if last := segments[len(segments)-1]; len(kept) > 0 && (last == "" || last == "." || last == "..") {
		path += "/"
	}
	return path
}

// canonicalQuery is all parameters but the signature itself, encoded, sorted by name and then by value.
func canonicalQuery(raw string, presigned bool) (string, error) {
	if raw == "" {
		return "", nil
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return "", incomplete("The query is malformed.")
	}
	type pair struct{ name, value string }
	var pairs []pair
	for name, all := range values {
		if presigned && name == "X-Amz-Signature" {
			continue
		}
		for _, value := range all {
			pairs = append(pairs, pair{encode(name), encode(value)})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if a.name != b.name {
			return strings.Compare(a.name, b.name)
		}
		return strings.Compare(a.value, b.value)
	})
	parts := make([]string, len(pairs))
	for i, p := range pairs {
		parts[i] = p.name + "=" + p.value
	}
	return strings.Join(parts, "&"), nil
}

// encode is AWS's URI encoding: everything but RFC 3986's unreserved characters, in upper case.
func encode(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', digits[c>>4], digits[c&15]})
	}
	return b.String()
}
