package awsjson

import (
	"errors"
	"net/http"
)

// Fault is an error that is shown to the caller of an operation.
type Fault struct {
	Code    string // the error's name with its suffix, such as "CodeMismatchException"
	Message string
	Reason  string // the reasonCode member that InvalidParameterException has; usually empty
	Status  int    // the HTTP status
}

// Error is the code and the message, for logs and tests.
func (f *Fault) Error() string { return f.Code + ": " + f.Message }

// Refuse makes a fault of the client, HTTP 400.
func Refuse(code, message string) *Fault {
	return &Fault{Code: code, Message: message, Status: http.StatusBadRequest}
}

// Fail makes a fault of the server, HTTP 500.
func Fail(code, message string) *Fault {
	return &Fault{Code: code, Message: message, Status: http.StatusInternalServerError}
}

// IsFault reports whether err is, or wraps, a fault of the given code.
func IsFault(err error, code string) bool {
	fault, ok := errors.AsType[*Fault](err)
	return ok && fault.Code == code
}
