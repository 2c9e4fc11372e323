package awsapi

import (
	"log/slog"
	"regexp"
	"time"

	"cardea/spec/awsjson"
)

// record counts the request and logs it, in one line.
func (c *call) record() {
	took := time.Since(c.began)
	service, operation := "", ""
	if c.operation != nil {
		service, operation = c.service.SigningName, c.operation.Name
	}
	if c.handler.Observe != nil {
		c.handler.Observe(service, operation, c.code, took)
	}
	level := slog.LevelInfo
	if c.status >= 500 {
		level = slog.LevelError
	}
	if c.handler.Log == nil || !c.handler.Log.Enabled(c.request.Context(), level) {
		return
	}

	attributes := []slog.Attr{
		slog.String("operation", operation), slog.Int("status", c.status), slog.Duration("duration", took),
		slog.String("request_id", c.caller.RequestID), slog.String("ip", c.caller.IP),
	}
	attributes = with(attributes, "service", service)
	attributes = with(attributes, "code", c.code)
	attributes = with(attributes, "pool", identifier(c.pool))
	attributes = with(attributes, "client", identifier(c.client))
	attributes = with(attributes, "access_key", c.caller.AccessKeyID)
	if c.ended != nil {
		attributes = append(attributes, c.ended()...)
	}
	if c.failure != nil {
		attributes = append(attributes, slog.Any("error", c.failure))
		attributes = with(attributes, "stack", string(c.stack))
	}
	c.handler.Log.LogAttrs(c.request.Context(), level, "request", attributes...)
}

// with adds an attribute unless it is empty.
func with(attributes []slog.Attr, name, value string) []slog.Attr {
	if value == "" {
		return attributes
	}
	return append(attributes, slog.String(name, value))
}

// known matches pool ids and client ids. Any other text in their place is not logged, since it might be a secret.
var known = regexp.MustCompile(`^(?:[a-z0-9-]{2,32}_[0-9A-Za-z]{9}|[a-z0-9]{26})$`)

// identifier is value if it is an id, else "".
func identifier(value string) string {
	if len(value) > 64 || !known.MatchString(value) {
		return ""
	}
	return value
}

// textOf is the string that a member of the request holds, or "".
func textOf(request *awsjson.Node, member string) string {
	value := request.Given(member)
	if value == nil || value.Type != awsjson.Text {
		return ""
	}
	return value.Text
}
