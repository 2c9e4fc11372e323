package db

import (
	"regexp"
	"strings"
)

// SQLite numbers $N by order of appearance; written ?N, the number counts.
var placeholders = regexp.MustCompile(`'(?:[^']|'')*'|"[^"]*"|\$[0-9]+`)

func numbered(query string) string {
	if !strings.Contains(query, "$") {
		return query
	}
	return placeholders.ReplaceAllStringFunc(query, func(token string) string {
		if token[0] == '$' {
			return "?" + token[1:]
		}
		return token
	})
}
