package function

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// failure is why a process ended or did not start. The zero value is one that was ended on purpose.
type failure struct {
	kind      Kind
	errorType string
	message   string
	payload   []byte // the document that the function itself reported, if it did
}

// reply is what an invocation with this id is answered.
func (e failure) reply(id string) Reply {
	if e.payload != nil {
		return raised(e.payload, e.errorType)
	}
	return failed(orDefault(e.kind, Exited), orDefault(e.errorType, "Runtime.ExitError"), "RequestId: "+id+" Error: "+e.message)
}

// document is what Lambda answers instead of a function's reply.
type document struct {
	Type    string `json:"errorType,omitempty"`
	Message string `json:"errorMessage"`
}

func failed(kind Kind, errorType, message string) Reply {
	payload, err := json.Marshal(document{Type: errorType, Message: message})
	if err != nil {
		panic(err) // two strings
	}
	return Reply{Kind: kind, Payload: payload, ErrorType: errorType, ErrorMessage: message}
}

// raised is the reply of a function that reported an error. A body that is no document becomes the message of one.
func raised(body []byte, errorType string) Reply {
	var d document
	if err := json.Unmarshal(body, &d); err != nil {
		return failed(Raised, orDefault(errorType, "Unknown"), string(body))
	}
	return Reply{Kind: Raised, Payload: body, ErrorType: orDefault(d.Type, errorType), ErrorMessage: d.Message}
}

func timeout(i *invocation) Reply {
	took := max(0, i.Deadline.Sub(i.began))
	return failed(TimedOut, "Sandbox.Timedout", fmt.Sprintf("%s Task timed out after %.2f seconds", i.ID, took.Seconds()))
}

func throttled() Reply {
	return failed(Throttled, "TooManyRequestsException", "Rate Exceeded.")
}

func tooLarge(bound int) Reply {
	return failed(TooLarge, "Function.ResponseSizeTooLarge", fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", bound))
}

// exit says how a process ended, in Lambda's words.
func exit(err error) failure {
	if err == nil {
		return failure{message: "Runtime exited without providing a reason"}
	}
	if exited, ok := errors.AsType[*exec.ExitError](err); ok {
		return failure{message: "Runtime exited with error: " + exited.Error()}
	}
	return failure{message: err.Error()}
}

// newID returns a random UUID.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// newTrace returns a trace id of X-Ray that is not sampled.
func newTrace(now time.Time) string {
	var b [20]byte
	_, _ = rand.Read(b[:]) // never fails
	return fmt.Sprintf("Root=1-%08x-%x;Parent=%x;Sampled=0", uint32(now.Unix()), b[:12], b[12:])
}
