package awsapi

import (
	"bytes"
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
	body := borrow()
	if err == nil && out != nil {
		err = awsjson.Encode(body, out)
	}
	x.status = http.StatusOK
	status := http.StatusOK
	if err != nil {
		status = x.refuse(w.Header(), body, err)
	}

	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	if _, err := w.Write(body.Bytes()); err != nil {
		return // the client is gone, and HTTP/2 may still read what it did not send: the buffer must not be another's
	}
	giveBack(body)
}

// refuse makes a fault the answer, and tells its status. Errors that are none are failures: the client learns of them no
// more than the request id.
func (x *exchange) refuse(header http.Header, body *bytes.Buffer, err error) int {
	fault, ok := errors.AsType[*awsjson.Fault](err)
	if !ok {
		fault = awsjson.Fail("InternalErrorException", "Something went wrong.")
		x.failure = err
	}
	x.status, x.code = fault.Status, fault.Code
	if errors.Is(err, context.Canceled) && x.request.Context().Err() != nil {
		x.status, x.code, x.failure = statusGone, "ClientGone", nil
	}

	_ = awsjson.Encode(body, struct { // strings always encode
		Type    string `json:"__type"`
		Message string `json:"message"`
		Reason  string `json:"reasonCode,omitzero"`
	}{fault.Code, fault.Message, fault.Reason})
	header.Set("X-Amzn-Errortype", fault.Code+":")
	header.Set("X-Amzn-Errormessage", headerText(fault.Message))
	return fault.Status
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
