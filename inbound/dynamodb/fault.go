package dynamodb

import (
	"encoding/json"
	"errors"
	"hash/crc32"
	"net/http"
	"strconv"
	"time"

	"cardea/engine/authorization"
	"cardea/engine/temporary"
	"cardea/spec/awsjson"
	"cardea/spec/sigv4"
)

// fault is an answer that refuses a request.
type fault struct {
	code   string
	status int
	text   string
	cause  error // logged, not shown
}

// Error is the text.
func (f *fault) Error() string { return f.text }

func refuse(code, text string) *fault {
	return &fault{code: code, status: http.StatusBadRequest, text: text}
}

func invalid(text string) *fault { return refuse("ValidationException", text) }

// unavailable says that the server behind the guard does not answer, or not as it should.
func unavailable(cause error) *fault {
	return &fault{code: "InternalServerError", status: http.StatusInternalServerError, text: "The request processing has failed because of an unknown error.", cause: cause}
}

// kinds are the codes for errors of other packages.
var kinds = []struct {
	kind       error
	code, text string // text is the error's own if it is empty
}{
	{sigv4.ErrMissing, "MissingAuthenticationTokenException", "Request is missing Authentication Token"},
	{sigv4.ErrIncomplete, "IncompleteSignatureException", ""},
	{sigv4.ErrInvalid, "InvalidSignatureException", ""},
	{awsjson.ErrSyntax, "SerializationException", ""},
	{authorization.ErrUnknownKey, "UnrecognizedClientException", "The security token included in the request is invalid."},
	{temporary.ErrExpired, "ExpiredTokenException", "The security token included in the request is expired"},
}

// faultOf words an error as DynamoDB does.
func faultOf(err error) *fault {
	if f, ok := errors.AsType[*fault](err); ok {
		return f
	}
	for _, k := range kinds {
		if errors.Is(err, k.kind) {
			if k.text == "" {
				k.text = err.Error()
			}
			return refuse(k.code, k.text)
		}
	}
	return unavailable(err)
}

// spaces are the prefixes of codes that are not com.amazon.coral.service.
var spaces = map[string]string{
	"ValidationException": "com.amazon.coral.validate#", "InternalServerError": "com.amazonaws.dynamodb.v20120810#",
}

// refuse answers with a fault.
func (e *exchange) refuse(f *fault) {
	space := spaces[f.code]
	if space == "" {
		space = "com.amazon.coral.service#"
	}
	text, _ := json.Marshal(struct { // strings cannot fail
		Type    string `json:"__type"`
		Message string
	}{space + f.code, f.text})
	if !e.in.ProtoAtLeast(2, 0) {
		e.w.Header().Set("Connection", "close") // what is left of the body is not read
	}
	e.answer(f.status, text)
}

// answer answers with a document.
func (e *exchange) answer(status int, text []byte) {
	header := e.w.Header()
	header.Set("Content-Type", "application/x-amz-json-1.0")
	header.Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(text)), 10))
	e.begin(status)
	_, _ = e.w.Write(text) // whether the client reads it is its own matter
}

// begin begins an answer, which the client must take in time.
func (e *exchange) begin(status int) {
	_ = http.NewResponseController(e.w).SetWriteDeadline(time.Now().Add(2 * stall)) // connections of tests have none
	e.w.Header().Set("X-Amzn-Requestid", e.id)
	e.began, e.status = true, status
	e.w.WriteHeader(status)
}
