package awsjson

import (
	"context"
	"net"
	"net/http"
	"strings"

	"cardea/spec/id"
)

// Caller says who sent a request, as far as the protocol knows. Region, Account and AccessKeyID are set for signed
// operations only.
type Caller struct {
	Region      string // of the credential scope
	Account     string // twelve digits
	AccessKeyID string
	IP          string
	UserAgent   string
	RequestID   string // the UUID that the response carries as x-amzn-RequestId
}

// maxUserAgent bounds what is kept of the header User-Agent, in bytes.
const maxUserAgent = 512

// CallerOf says who sent r, as far as HTTP knows, and gives the request its id.
func CallerOf(r *http.Request) Caller {
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		address = r.RemoteAddr
	}
	agent := r.UserAgent()
	agent = strings.ToValidUTF8(agent[:min(len(agent), maxUserAgent)], "")
	return Caller{RequestID: id.NewUUID(), IP: address, UserAgent: agent}
}

type callerKey struct{}

// WithCaller returns a context that carries c.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerFrom is the caller that ctx carries, or the zero Caller.
func CallerFrom(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}
