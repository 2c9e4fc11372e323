package federation

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxText bounds each text of a trace, in bytes.
	maxText = 400

	// maxRead bounds how much of a text is searched for patterns, in bytes: anybody can send long ones, of which a search may take a
	// time that grows with the square of their length.
	maxRead = 4 << 10

	// minHidden is the length of the shortest value that is hidden wherever it stands: replacing shorter ones, as "true", would
	// make a trace unreadable, and nobody learns a secret from them.
	minHidden = 3
)

// harmless are the details of a journal's steps whose values a trace shows, after redactor.text has read them: they are facts about
// messages and not about users. Of all others, a trace has the length.
var harmless = map[string]bool{
	"algorithm": true, "attributes": true, "audience": true, "binding": true, "bytes": true, "certificates": true, "claims": true,
	"client_id": true, "content_type": true, "count": true, "destination": true, "encrypted": true, "endpoint": true, "error": true,
	"error_description": true, "expected": true, "expires": true, "fields": true, "format": true, "in_response_to": true,
	"issued": true, "issuer": true, "kid": true, "method": true, "not_before": true, "not_on_or_after": true, "outcome": true,
	"parameters": true, "path": true, "provider": true, "recipient": true, "redirect_uri": true, "scope": true, "signed": true,
	"source": true, "status": true, "status_code": true, "status_message": true, "took": true, "tries": true, "trigger": true,
	"type": true, "url": true, "version": true,
}

// patterns of what a trace must not show, in the order in which they are looked for. Markup that does not end goes on to the end of
// the text. An address keeps its host and path, and of its query the names; an e-mail address its first letter and its domain. Whatever
// is long and without blanks may be a token.
var patterns = regexp.MustCompile(strings.Join([]string{
	`(?P<markup>(?s:<[A-Za-z/!?](?:.*>|.*)))`,
	`(?P<address>[a-z][a-z0-9+.-]*://[^\s"'<>]+)`,
	`(?P<mail>[^\s@<>"'(),;:=]+@[^\s@<>"'(),;]+)`,
	`(?P<member>(?i:["'][a-z_]*(?:token|secret|password|code|assertion|verifier|nonce|state|key|samlresponse|samlrequest|relaystate)["'])\s*:\s*["'][^"']*["']?)`,
	`(?P<parameter>(?i:\b[a-z_]*(?:token|secret|password|code|assertion|verifier|nonce|state|key|samlresponse|samlrequest|relaystate))=[^&\s"']+)`,
	`(?P<bearer>(?i:\b(?:bearer|basic|dpop) )[^\s"',]+)`,
	`(?P<long>[A-Za-z0-9_+/=.%~-]{32,})`,
}, "|"))

// redactor takes out of texts what no operator may see.
type redactor struct{ hidden []string }

// newRedactor makes a redactor that knows some secrets, also as user names have them, in lower case. Longer ones are looked for first, since a shorter one may be part of them.
func newRedactor(secrets []string) redactor {
	var hidden []string
	for _, s := range secrets {
		for _, form := range []string{s, strings.ToLower(s), url.QueryEscape(s), url.PathEscape(s)} {
			if len(form) >= minHidden {
				hidden = append(hidden, form)
			}
		}
	}
	slices.SortFunc(hidden, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return redactor{slices.Compact(hidden)}
}

// text is what may be seen of a text: of one line, without what the redactor knows, and without what looks like a secret.
func (r redactor) text(s string) string {
	for _, secret := range r.hidden {
		s = strings.ReplaceAll(s, secret, length(secret))
	}
	s = patterns.ReplaceAllStringFunc(shortened(strings.ToValidUTF8(s, "�"), maxRead), replaced)
	return shortened(printable(s), maxText)
}

// detail is what may be seen of a step's detail.
func (r redactor) detail(name, value string) string {
	if !harmless[name] {
		return length(value)
	}
	return r.text(value)
}

// length stands in the place of what is not shown.
func length(s string) string { return fmt.Sprintf("(%d bytes)", len(s)) }

// replaced is what stands in the place of a text that matches patterns.
func replaced(s string) string {
	m := patterns.FindStringSubmatch(s)
	kind := func(name string) bool { return m != nil && m[patterns.SubexpIndex(name)] == s }
	switch {
	case kind("address"):
		return withoutQuery(s)
	case kind("mail"):
		_, first := utf8.DecodeRuneInString(s)
		return s[:first] + "…" + s[strings.LastIndexByte(s, '@'):]
	case kind("member"), kind("parameter"):
		end := strings.IndexAny(s, ":=") + 1
		return s[:end] + length(s[end:])
	case kind("bearer"):
		end := strings.IndexByte(s, ' ') + 1
		return s[:end] + length(s[end:])
	}
	return length(s)
}

// withoutQuery is an address without its user, without its fragment, and with no more of its query than the names.
func withoutQuery(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return length(address)
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	var names []string
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		if name, _, valued := strings.Cut(pair, "="); valued && len(name) < 32 {
			names = append(names, name+"=…")
		}
	}
	u.RawQuery = ""
	if len(names) == 0 {
		return u.String()
	}
	return u.String() + "?" + strings.Join(names, "&")
}

// printable has every character that is not printed as what it is written in Go, so that no text can begin a line of a log, or turn
// one around.
func printable(s string) string {
	var b strings.Builder
	for _, c := range strings.ToValidUTF8(s, "�") {
		if unicode.IsPrint(c) {
			b.WriteRune(c)
			continue
		}
		fmt.Fprintf(&b, `\u%04x`, c)
	}
	return b.String()
}

// shortened is the beginning of a text.
func shortened(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most-len("…")], "") + "…"
}
