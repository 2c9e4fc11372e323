package awsapi

import (
	"log/slog"
	"regexp"
	"time"

	"cardea/spec/awsjson"
)

// record counts the request and logs it, in one line.
func (x *exchange) record() {
	took := time.Since(x.began)
	operation := ""
	if x.operation != nil {
		operation = x.operation.Name
	}
	if x.handler.Observe != nil {
		x.handler.Observe(operation, x.code, took)
	}
	level := slog.LevelInfo
	if x.status >= 500 {
		level = slog.LevelError
	}
	if x.handler.Log == nil || !x.handler.Log.Enabled(x.request.Context(), level) {
		return
	}

	attributes := []slog.Attr{
		slog.String("operation", operation), slog.Int("status", x.status), slog.Duration("duration", took),
		slog.String("request_id", x.caller.RequestID), slog.String("ip", x.caller.IP),
	}
	attributes = told(attributes, "code", x.code)
	attributes = told(attributes, "pool", x.identifier("UserPoolId"))
	attributes = told(attributes, "client", x.identifier("ClientId"))
	attributes = told(attributes, "access_key", x.caller.AccessKeyID)
	if x.failure != nil {
		attributes = append(attributes, slog.Any("error", x.failure))
		attributes = told(attributes, "stack", string(x.stack))
	}
	x.handler.Log.LogAttrs(x.request.Context(), level, "request", attributes...)
}

// told adds an attribute unless it is empty.
func told(attributes []slog.Attr, name, value string) []slog.Attr {
	if value == "" {
		return attributes
	}
	return append(attributes, slog.String(name, value))
}

// known is what pool ids and client ids look like. Whatever else a client put in their place, perhaps a secret by
// mistake, stays out of the log.
var known = regexp.MustCompile(`^(?:[a-z0-9-]{2,32}_[0-9A-Za-z]{9}|[a-z0-9]{26})$`)

func (x *exchange) identifier(member string) string {
	value := x.tree.Given(member)
	if value == nil || value.Type != awsjson.Text || len(value.Text) > 64 || !known.MatchString(value.Text) {
		return ""
	}
	return value.Text
}
