package delivery

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Class is how an attempt ended.
type Class string

// The classes. Only Delivered is a success.
const (
	Delivered     Class = "delivered"     // the provider has taken responsibility for the message
	Refused       Class = "refused"       // this recipient or this message: no further attempt helps
	Misconfigured Class = "misconfigured" // the sender: attempts succeed after the operator has changed something
	Throttled     Class = "throttled"     // too many messages at once
	Transient     Class = "transient"     // anything else
)

// Error says why a message was not delivered.
type Error struct {
	Class  Class
	Reason string        // for the log: neither an address nor a part of the message
	After  time.Duration // of Throttled: how long to wait, as the provider says; 0 if it does not say
}

// Error implements error.
func (e *Error) Error() string { return string(e.Class) + ": " + e.Reason }

// Of is the class of what a transport answered. Errors without a class are transient.
func Of(err error) Class {
	if err == nil {
		return Delivered
	}
	if failure, ok := errors.AsType[*Error](err); ok {
		return failure.Class
	}
	return Transient
}

// Unreachable makes an Error of one that net/http answers for a call. It leaves out the URL, which may hold a secret.
func Unreachable(err error) error {
	if call, ok := errors.AsType[*url.Error](err); ok {
		err = call.Err
	}
	return &Error{Class: Transient, Reason: err.Error()}
}

// Status makes an Error of an HTTP answer that is none of success, where the provider's own code says nothing. reason
// begins what the log shows.
func Status(reason string, response *http.Response) *Error {
	failure := &Error{Class: Transient, Reason: reason + " answered " + strconv.Itoa(response.StatusCode)}
	switch code := response.StatusCode; {
	case code == http.StatusTooManyRequests,
		code == http.StatusServiceUnavailable && response.Header.Get("Retry-After") != "":
		failure.Class, failure.After = Throttled, RetryAfter(response.Header)
	case code == http.StatusRequestTimeout, code/100 == 5:
	default: // redirects, and requests that the provider does not accept from this sender
		failure.Class = Misconfigured
	}
	return failure
}

// RetryAfter reads the header of this name in seconds or as a date; 0 when there is none.
func RetryAfter(header http.Header) time.Duration {
	value := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(max(seconds, 0)) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	// By the server's own clock, where it shows it.
	now, _ := http.ParseTime(header.Get("Date"))
	return max(at.Sub(cmp.Or(now, time.Now())), 0)
}
