package sigv4

import (
	"net/url"
	"strings"
)

// maxParams bounds the parameters of a query.
const maxParams = 200

// Param is a parameter of a query, decoded.
type Param struct{ Name, Value string }

// Query is the parameters of a request of S3, in the order in which they came. No name is there twice.
type Query []Param

// ParseQuery reads a query as S3 does: a "+" and a ";" are themselves. Names that are there twice are refused, also if they differ
// in case only, because servers do not agree on which of them counts. Errors are ErrIncomplete.
func ParseQuery(raw string) (Query, error) {
	if raw == "" {
		return nil, nil
	}
	var q Query
	seen := map[string]bool{}
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, err := url.PathUnescape(name)
		if err != nil || name == "" {
			return nil, incomplete("The query is malformed.")
		}
		if value, err = url.PathUnescape(value); err != nil {
			return nil, incomplete("The query is malformed.")
		}
		folded := strings.ToLower(name)
		if seen[folded] || len(q) == maxParams {
			return nil, incomplete("The query has a parameter twice, or too many.")
		}
		seen[folded] = true
		q = append(q, Param{name, value})
	}
	return q, nil
}

// Get is the value of a parameter, "" if there is none.
func (q Query) Get(name string) string {
	value, _ := q.Lookup(name)
	return value
}

// Lookup is the value of a parameter, and whether there is one.
func (q Query) Lookup(name string) (string, bool) {
	for _, p := range q {
		if p.Name == name {
			return p.Value, true
		}
	}
	return "", false
}

// String is the query as it is sent and signed: encoded, sorted, each name followed by "=".
func (q Query) String() string { return q.canonical(false) }
