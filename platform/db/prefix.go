package db

import (
	"strings"
	"unicode/utf8"
)

// longestPrefixed is how long a text may be that is compared with AfterPrefix(""), in characters of U+10FFFF.
const longestPrefixed = 1024

// AfterPrefix gives the least text above all that begin with prefix, in the order of bytes: a search by prefix is a range.
func AfterPrefix(prefix string) string {
	for prefix != "" {
		r, size := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-size]
		if r == 0xD7FF {
			return prefix + "\uE000" // what lies between are surrogates, which are no text
		}
		if r < utf8.MaxRune {
			return prefix + string(r+1)
		}
	}
	return strings.Repeat(string(utf8.MaxRune), longestPrefixed+1)
}
