package awsapi

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"cardea/spec/awsjson"
)

const (
	contentType = "application/x-amz-json-1.1"

	maxHeaderMessage = 1024

	// statusGone is what logs show of a request whose client did not wait for the answer.
	statusGone = 499
)

// open writes the headers that every answer has.
func (x *exchange) open(w http.ResponseWriter) {
	header := w.Header()
	header.Set("X-Amzn-Requestid", x.caller.RequestID)
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Access-Control-Expose-Headers", "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date")
	header.Set("Cache-Control", "no-store")
}

// render writes the answer, or what became of the request instead.
func (x *exchange) render(w http.ResponseWriter, out any, err error) {
	var body []byte
	if err == nil && out != nil {
		body, err = awsjson.Encode(out)
	}
	if err != nil {
		x.refuse(w, err)
		return
	}

	x.status = http.StatusOK
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(x.status)
	_, _ = w.Write(body) // the client is gone: there is no one left to tell
}

// refuse writes a fault. Errors that are none are failures: the client learns of them no more than the request id.
func (x *exchange) refuse(w http.ResponseWriter, err error) {
	fault, ok := errors.AsType[*awsjson.Fault](err)
	if !ok {
		fault = awsjson.Fail("InternalErrorException", "Something went wrong.")
		x.failure = err
	}
	x.status, x.code = fault.Status, fault.Code
	if errors.Is(err, context.Canceled) && x.request.Context().Err() != nil {
		x.status, x.code, x.failure = statusGone, "ClientGone", nil
	}

	body, err := awsjson.Encode(struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
		Reason  string `json:"reasonCode,omitzero"`
	}{fault.Code, fault.Message, fault.Reason})
	if err != nil {
		body = nil // strings always encode
	}
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("X-Amzn-Errortype", fault.Code+":")
	header.Set("X-Amzn-Errormessage", headerText(fault.Message))
	w.WriteHeader(fault.Status)
	_, _ = w.Write(body) // the client is gone: there is no one left to tell
}

// headerText makes of a message what can stand in a header: one line of printable ASCII, not too long. Messages repeat
// what strangers sent.
func headerText(message string) string {
	if len(message) > maxHeaderMessage {
		message = message[:maxHeaderMessage]
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case r < ' ' || r > '~':
			return '?'
		}
		return r
	}, message))
}
