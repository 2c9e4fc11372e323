package awsjson

import "context"

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
