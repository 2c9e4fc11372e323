package caller

import (
	"context"
	"net"
	"net/http"
	"strings"
)

// Caller says who sent a request, as far as the protocol knows. Region, Account and AccessKeyID are set for operations that are
// signed with an AWS access key only.
type Caller struct {
	Region      string // of the credential scope
	Account     string // twelve digits
	AccessKeyID string
	IP          string
	UserAgent   string
	Secure      bool   // the request came by TLS, to this server or to a trusted proxy before it
	RequestID   string // the UUID that the answer carries
}

// maxUserAgent bounds what is kept of the header User-Agent, in bytes.
const maxUserAgent = 512

// Of says who sent r, as far as HTTP knows. The request's id is the one given. The header X-Forwarded-Proto must have been removed from
// requests that came through no trusted proxy.
func Of(r *http.Request, requestID string) Caller {
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		address = r.RemoteAddr
	}
	agent := r.UserAgent()
	agent = strings.ToValidUTF8(agent[:min(len(agent), maxUserAgent)], "")
	secure := r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
	return Caller{RequestID: requestID, IP: address, UserAgent: agent, Secure: secure}
}

type key struct{}

// With returns a context that carries c.
func With(ctx context.Context, c Caller) context.Context { return context.WithValue(ctx, key{}, c) }

// From is the caller that ctx carries, or the zero Caller.
func From(ctx context.Context) Caller {
	c, _ := ctx.Value(key{}).(Caller)
	return c
}
