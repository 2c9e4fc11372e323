package signin

import (
	"context"
	"strings"

	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
)

// adminsUser is the user's end of a request that a server makes for them, as far as the server tells.
func adminsUser(ctx context.Context, given *cognitoidp.ContextDataType) (from awsjson.Caller, forwarded string) {
	from = awsjson.CallerFrom(ctx)
	if given == nil {
		return from, ""
	}
	for _, h := range given.HttpHeaders {
		if strings.EqualFold(h.HeaderName, "User-Agent") {
			from.UserAgent = h.HeaderValue
		}
	}
	return from, given.IpAddress
}

// appsUser is the user's end of a request that an app makes. The address that it gives counts if the client may give one.
func appsUser(ctx context.Context, given *cognitoidp.UserContextDataType) (from awsjson.Caller, forwarded string) {
	from = awsjson.CallerFrom(ctx)
	if given == nil {
		return from, ""
	}
	return from, given.IpAddress
}
