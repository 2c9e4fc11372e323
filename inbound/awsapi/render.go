package awsapi

import (
	"net/http"
	"strings"
)

const maxHeaderMessage = 1024

// open writes the headers that every answer has.
func (c *call) open(w http.ResponseWriter) {
	header := w.Header()
	header.Set("X-Amzn-Requestid", c.Caller.RequestID)
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Access-Control-Expose-Headers", "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date")
	header.Set("Cache-Control", "no-store")
}

// render writes the answer, or the fault for err.
func (c *call) render(w http.ResponseWriter, out any, err error) {
	body := getBuffer()
	if err == nil {
		err = c.protocol.answer(c, body, out)
	}
	status := http.StatusOK
	if c.status = status; err != nil {
		fault := c.fault(err)
		status, c.status, c.code, c.message = fault.Status, fault.Status, fault.Code, fault.Message
		c.protocol.refuse(c, w.Header(), body, fault)
	}

	w.Header().Set("Content-Type", c.protocol.contentType())
	w.WriteHeader(status)
	if _, err := w.Write(body.Bytes()); err != nil {
		return // the client is gone, and HTTP/2 may still read what it did not send: the buffer must not be used again
	}
	putBuffer(body)
}

// headerText makes a message fit for a header: one line of printable ASCII, not too long. Messages may contain text that
// the client sent.
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
