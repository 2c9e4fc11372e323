package upstream

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxWord bounds what is passed on of a provider's own words, in characters.
const maxWord = 200

// clean makes a text of a provider fit for logs, pages and redirects: short, on one line, without control characters.
func clean(text string) string {
	var b strings.Builder
	n := 0
	for _, r := range text {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			r = ' '
		}
		if n == maxWord {
			b.WriteString("…")
			break
		}
		b.WriteRune(r)
		n++
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// printable reports whether a text has no control characters, and no spaces but the plain one.
func printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// fail makes the error of a check. what is its reason, for logs and the journal.
func fail(check, word, advice string, what ...any) *Error {
	e := &Error{Check: check, Word: word, Advice: advice}
	if len(what) > 0 {
		format, _ := what[0].(string)
		e.Err = fmt.Errorf(format, what[1:]...)
	} else {
		e.Err = errors.New(word)
	}
	return e
}

// badToken is the error of a check of an ID token.
func badToken(check, advice, format string, values ...any) *Error {
	for i, value := range values {
		if text, ok := value.(string); ok {
			values[i] = clean(text)
		}
	}
	return &Error{Check: check, Word: "Bad id_token " + check, Advice: advice, Err: fmt.Errorf(format, values...)}
}

// hide replaces secrets that a provider repeats in its words.
func hide(text string, secrets ...string) string {
	for _, secret := range secrets {
		if len(secret) >= 4 {
			text = strings.ReplaceAll(text, secret, "…")
		}
	}
	return text
}

// asError makes sure that an error says which check has failed. What has no words yet is a caller who has given up.
func asError(check string, err error) error {
	if err == nil {
		return nil
	}
	if failed, ok := errors.AsType[*Error](err); ok {
		return failed
	}
	return &Error{Check: check, Word: "Read timed out", Err: err}
}
