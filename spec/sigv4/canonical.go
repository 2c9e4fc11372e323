package sigv4

import (
	"cmp"
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
	return s.assemble(r, canonicalPath(r.URL.EscapedPath())+"\n"+query, int64(len(body)), payload), nil
}

// assemble is the canonical request with this target: the path and the query, a line each. The body has length bytes.
func (s *Signature) assemble(r *http.Request, target string, length int64, payload string) string {
	var b strings.Builder
	b.WriteString(r.Method + "\n" + target + "\n")
	for _, name := range s.SignedHeaders {
		b.WriteString(name + ":" + headerValue(r, name, length) + "\n")
	}
	b.WriteString("\n" + strings.Join(s.SignedHeaders, ";") + "\n" + payload)
	return b.String()
}

// headerValue is a header's values, each trimmed and its inner blanks made one, joined by commas. The server keeps the
// host apart, and may not keep a length that it has already acted upon.
func headerValue(r *http.Request, name string, length int64) string {
	values := r.Header.Values(name)
	switch {
	case name == "host":
		values = []string{r.Host}
	case name == "content-length" && len(values) == 0:
		values = []string{strconv.FormatInt(length, 10)}
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

// canonicalQuery is the canonical form of a query.
func canonicalQuery(raw string, presigned bool) (string, error) {
	if raw == "" {
		return "", nil
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return "", incomplete("The query is malformed.")
	}
	var list Query
	for name, all := range values {
		for _, value := range all {
			list = append(list, Param{name, value})
		}
	}
	return list.canonical(presigned), nil
}

// canonical is all parameters but the signature itself, encoded, sorted by name and then by value.
func (q Query) canonical(presigned bool) string {
	pairs := make(Query, 0, len(q))
	for _, p := range q {
		if !presigned || p.Name != "X-Amz-Signature" {
			pairs = append(pairs, Param{encode(p.Name), encode(p.Value)})
		}
	}
	slices.SortFunc(pairs, func(a, b Param) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Value, b.Value))
	})
	parts := make([]string, len(pairs))
	for i, p := range pairs {
		parts[i] = p.Name + "=" + p.Value
	}
	return strings.Join(parts, "&")
}

// encode is AWS's URI encoding: everything but RFC 3986's unreserved characters, in upper case.
func encode(s string) string { return encodeBut(s, "-._~") }

// encodeBut encodes everything but letters, digits and the characters given.
func encodeBut(s, kept string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(s))
	for i := range len(s) {
		c := s[i]
		if c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte(kept, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', digits[c>>4], digits[c&15]})
	}
	return b.String()
}
