package mail

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"cardea/outbound/delivery"
)

// connecting is what it means that no connection came about: the relay is down, or the sender's settings are wrong. Of a
// reply only the code is kept: its words may repeat the user name, which often is an address.
func connecting(err error) error {
	// Replies such as 535, certificates that are not trusted, no TLS.
	failure := &delivery.Error{Class: delivery.Misconfigured, Reason: "connecting to the relay: "}
	if reply, answered := errors.AsType[*textproto.Error](err); answered {
		failure.Reason += fmt.Sprintf("answered %d", reply.Code)
		if reply.Code/100 == 4 {
			failure.Class = temporary(reply.Code, "", reply.Msg)
		}
		return failure
	}
	failure.Reason += err.Error()
	_, network := errors.AsType[net.Error](err)
	if network || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		failure.Class = delivery.Transient
	}
	return failure
}

// sending is what a relay's refusal of a letter means. The relay's words may repeat the recipient: only its code is kept.
func sending(err error) error {
	failed, ok := errors.AsType[*gomail.SendError](err)
	if !ok {
		return &delivery.Error{Class: delivery.Transient, Reason: "the relay did not answer"}
	}
	code, detail, step := failed.ErrorCode(), failed.EnhancedStatusCode(), failed.Reason
	failure := &delivery.Error{Class: delivery.Transient, Reason: step.String()}
	if code != 0 {
		failure.Reason += fmt.Sprintf(", answered %d %s", code, detail)
	}
	switch code / 100 {
	case 4:
		failure.Class = temporary(code, detail, failed.Error())
	case 5:
		failure.Class = permanent(step, code, detail)
		if strings.Contains(failed.Error(), "not verified") { // Amazon SES, of a sender's address
			failure.Class = delivery.Misconfigured
		}
	}
	return failure
}

// temporary tells a relay that has too many letters from one in trouble.
func temporary(code int, detail, text string) delivery.Class {
	text = strings.ToLower(text)
	limited := strings.HasPrefix(detail, "4.7.") && code != 454 || strings.Contains(text, "throttl") ||
		strings.Contains(text, "rate exceeded") || strings.Contains(text, "too many")
	if limited {
		return delivery.Throttled
	}
	return delivery.Transient
}

// permanent tells a refusal of the recipient or the content from one of the sender. RFC 3463 has the details: 5.1.7 and
// 5.1.8 are of the sender's address, 5.7 is of what the sender may do.
func permanent(step gomail.SendErrReason, code int, detail string) delivery.Class {
	content := step == gomail.ErrSMTPData || step == gomail.ErrSMTPDataClose
	recipient := step == gomail.ErrSMTPRcptTo && code != 530 && !strings.HasPrefix(detail, "5.7.") &&
		detail != "5.1.7" && detail != "5.1.8"
	if content && code != 530 || recipient {
		return delivery.Refused
	}
	return delivery.Misconfigured
}

// usable tells whether a connection can take another letter after this failure: the relay has refused the recipient, and
// has forgotten the letter.
func usable(err error) bool {
	failed, ok := errors.AsType[*gomail.SendError](err)
	return ok && failed.Reason == gomail.ErrSMTPRcptTo && failed.ErrorCode() >= 450
}
