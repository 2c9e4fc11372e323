package signin

import (
	"context"
	"net/netip"
	"strings"

	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
)

// adminsUser is the user's end of a request that a server makes for them: what the server says about it, as far as it
// does.
func adminsUser(ctx context.Context, given *cognitoidp.ContextDataType) awsjson.Caller {
	from := awsjson.CallerFrom(ctx)
	if given == nil {
		return from
	}
	from.IP = address(given.IpAddress, from.IP)
	for _, h := range given.HttpHeaders {
		if strings.EqualFold(h.HeaderName, "User-Agent") {
			from.UserAgent = h.HeaderValue
		}
	}
	return from
}

// forwarded is the address that an app's server says its user has.
func forwarded(given *cognitoidp.UserContextDataType) string {
	if given == nil {
		return ""
	}
	return given.IpAddress
}

// address is what was given if it is one, and otherwise the other.
func address(given, other string) string {
	if _, err := netip.ParseAddr(given); err != nil {
		return other
	}
	return given
}
