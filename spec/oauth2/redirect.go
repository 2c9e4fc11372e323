package oauth2

import (
	"slices"
	"strconv"
	"strings"
)

// Answer is where a browser is sent with the answer to an authorization request, and how.
type Answer struct {
	URI    string // as the client registered it
	Mode   string // ModeQuery, ModeFragment or ModeForm; empty: ModeQuery
	Issuer string // of the server, to be told (RFC 9207); empty: it is not
}

// With gives parameters to the answer. Those without a value are left out.
func (a Answer) With(pairs ...Pair) Location {
	pairs = append(slices.Clone(pairs), Pair{Name: "iss", Value: a.Issuer})
	return Location{
		URI: a.URI, Mode: a.Mode, Pairs: slices.DeleteFunc(pairs, func(p Pair) bool { return p.Value == "" }),
	}
}

// Location is where a browser is sent, with parameters.
type Location struct {
	URI   string
	Mode  string
	Pairs []Pair
}

// Posted tells whether the browser is to post the parameters as a form. Otherwise it is sent to String.
func (l Location) Posted() bool { return l.Mode == ModeForm }

// String is the address with the parameters, which are appended to the registered bytes: these stay as they are.
func (l Location) String() string {
	if len(l.Pairs) == 0 {
		return l.URI
	}
	return l.URI + l.separator() + encode(l.Pairs)
}

func (l Location) separator() string {
	switch {
	case l.Mode == ModeFragment:
		return "#"
	case !strings.Contains(l.URI, "?"):
		return "?"
	case strings.HasSuffix(l.URI, "?"), strings.HasSuffix(l.URI, "&"):
		return ""
	}
	return "&"
}

// Registered reports whether a redirect URI is one of a client's: the same bytes, or those of a loopback address that was
// registered without a port, with any port (RFC 8252 §7.3). Addresses with a fragment, and those that a browser would run
// or open as a file, are nobody's.
func Registered(list []string, uri string) bool {
	if uri == "" || strings.Contains(uri, "#") || Executable(uri) {
		return false
	}
	return slices.ContainsFunc(list, func(own string) bool { return own == uri || samePortApart(own, uri) })
}

// samePortApart reports whether uri is the registered loopback address with a port added.
func samePortApart(registered, uri string) bool {
	for _, host := range []string{"http://127.0.0.1", "http://[::1]"} {
		path, loopback := strings.CutPrefix(registered, host)
		if !loopback || path != "" && path[0] != '/' && path[0] != '?' {
			continue
		}
		port, ok := strings.CutPrefix(uri, host+":")
		if !ok {
			continue
		}
		if port, ok = strings.CutSuffix(port, path); ok && isPort(port) {
			return true
		}
	}
	return false
}

func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0 && text[0] != '0' && text[0] != '+'
}

// executable are the schemes with which a browser would run the address, or open a local file, with a code in it.
var executable = []string{"javascript", "data", "vbscript", "file", "blob"}

// Executable reports whether an address has such a scheme.
func Executable(address string) bool {
	scheme, _, found := strings.Cut(address, ":")
	return found && slices.Contains(executable, strings.ToLower(strings.TrimSpace(scheme)))
}
