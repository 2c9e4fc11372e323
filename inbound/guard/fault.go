package guard

import (
	"bytes"
	"encoding/xml"
	"errors"
	"net/http"
	"strings"

	"cardea/engine/authorization"
	"cardea/engine/temporary"
	"cardea/spec/sigv4"
)

// fault is an answer that refuses a request.
type fault struct {
	code   string
	status int
	text   string
	detail [][2]string // further elements
	cause  error       // logged, not shown
}

// Error is the text.
func (f *fault) Error() string { return f.text }

func invalidRequest(text string) *fault {
	return &fault{code: "InvalidRequest", status: http.StatusBadRequest, text: text}
}

func invalidArgument(text string) *fault {
	return &fault{code: "InvalidArgument", status: http.StatusBadRequest, text: text}
}

func notImplemented(text string) *fault {
	return &fault{code: "NotImplemented", status: http.StatusNotImplemented, text: text}
}

// signatures are the codes of S3 for what is wrong with a signature or a body.
var signatures = []struct {
	kind   error
	code   string
	status int
}{
	{sigv4.ErrMissing, "AccessDenied", http.StatusForbidden},
	{sigv4.ErrIncomplete, "InvalidArgument", http.StatusBadRequest},
	{sigv4.ErrUnsupported, "NotImplemented", http.StatusNotImplemented},
	{sigv4.ErrScope, "AuthorizationHeaderMalformed", http.StatusBadRequest},
	{sigv4.ErrSkewed, "RequestTimeTooSkewed", http.StatusForbidden},
	{sigv4.ErrExpired, "AccessDenied", http.StatusForbidden},
	{sigv4.ErrInvalid, "SignatureDoesNotMatch", http.StatusForbidden},
	{sigv4.ErrPayload, "InvalidRequest", http.StatusBadRequest},
	{sigv4.ErrLength, "MissingContentLength", http.StatusLengthRequired},
	{sigv4.ErrMismatch, "XAmzContentSHA256Mismatch", http.StatusBadRequest},
	{sigv4.ErrMalformed, "InvalidRequest", http.StatusBadRequest},
	{sigv4.ErrTruncated, "IncompleteBody", http.StatusBadRequest},
	{sigv4.ErrChecksum, "BadDigest", http.StatusBadRequest},
}

// fault words an error as S3 does.
func (e *exchange) fault(err error) *fault {
	if f, ok := errors.AsType[*fault](err); ok {
		return f
	}
	if u, ok := errors.AsType[*sigv4.UncoveredError](err); ok {
		return &fault{
			code: "AccessDenied", status: http.StatusForbidden, text: u.Error(),
			detail: [][2]string{{"HeadersNotSigned", strings.Join(u.Headers, ", ")}},
		}
	}
	switch {
	case errors.Is(err, authorization.ErrUnknownKey):
		return &fault{code: "InvalidAccessKeyId", status: http.StatusForbidden, text: "The AWS Access Key Id you provided does not exist in our records."}
	case errors.Is(err, temporary.ErrExpired):
		return &fault{code: "ExpiredToken", status: http.StatusBadRequest, text: "The provided token has expired."}
	}
	for _, s := range signatures {
		if errors.Is(err, s.kind) {
			p, _ := errors.AsType[*sigv4.Problem](err)
			if s.kind == sigv4.ErrMissing {
				return &fault{code: s.code, status: s.status, text: "Access Denied"}
			}
			return &fault{code: s.code, status: s.status, text: p.Text}
		}
	}
	return &fault{code: "InternalError", status: http.StatusInternalServerError, text: "We encountered an internal error. Please try again.", cause: err}
}

// unavailable says that the server behind the guard does not answer.
func unavailable(cause error) *fault {
	return &fault{code: "ServiceUnavailable", status: http.StatusServiceUnavailable, text: "Service is unable to handle request.", cause: cause}
}

// refuse answers with a fault.
func (e *exchange) refuse(f *fault) {
	header := e.w.Header()
	header.Set("X-Amz-Request-Id", e.id)
	header.Set("X-Amz-Id-2", e.id)
	if !e.in.ProtoAtLeast(2, 0) && e.in.ContentLength != 0 {
		header.Set("Connection", "close") // what is left of the body is not read
	}
	header.Set("Content-Type", "application/xml")
	e.begin(f.status)
	if e.in.Method != http.MethodHead {
		_, _ = e.w.Write(e.document(f)) // whether the client reads it is its own matter
	}
}

// document is a fault as S3 words it.
func (e *exchange) document(f *fault) []byte {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<Error>")
	element := func(name, value string) {
		b.WriteString("<" + name + ">")
		_ = xml.EscapeText(&b, []byte(value)) // a buffer does not fail
		b.WriteString("</" + name + ">")
	}
	element("Code", f.code)
	element("Message", f.text)
	for _, d := range f.detail {
		element(d[0], d[1])
	}
	element("Resource", e.in.URL.Path)
	element("RequestId", e.id)
	element("HostId", e.id)
	b.WriteString("</Error>")
	return b.Bytes()
}
