package mail

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"cardea/outbound/delivery"
)

// Letter is one mail to one person.
type Letter struct {
	From    string // "a@example.com" or "Name <a@example.com>"; empty: the sender's own
	ReplyTo string // may be empty
	To      string // the bare address
	Subject string
	Body    string
	HTML    bool // whether Body is HTML rather than plain text

	ConfigurationSet string // of SES; may be empty
}

// addressed is a letter whose addresses were parsed: they can be put into a header, and hold one mailbox each.
type addressed struct {
	Letter
	from, to, replyTo *mail.Address // replyTo may be nil
}

// address parses a letter's addresses. own is the sender's own address.
func address(l Letter, own string) (*addressed, error) {
	to, err := mail.ParseAddress(l.To)
	if err != nil || to.Address != l.To {
		return nil, &delivery.Error{Class: delivery.Refused, Reason: "the recipient is not a bare mail address"}
	}
	if l.From == "" {
		l.From = own
	}
	from, err := mail.ParseAddress(l.From)
	if err != nil {
		return nil, misconfigured("the sender's address: %w", err)
	}
	a := &addressed{Letter: l, from: from, to: to}
	if l.ReplyTo != "" {
		if a.replyTo, err = mail.ParseAddress(l.ReplyTo); err != nil {
			return nil, misconfigured("the reply address: %w", err)
		}
	}
	a.Subject = oneLine(l.Subject)
	return a, nil
}

func misconfigured(format string, arguments ...any) error {
	return &delivery.Error{Class: delivery.Misconfigured, Reason: fmt.Errorf(format, arguments...).Error()}
}

// format writes the letter as MIME, by the library's typed setters.
func (a *addressed) format() (*gomail.Msg, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(a.from)
	msg.ToMailAddress(a.to)
	if a.replyTo != nil {
		if err := msg.ReplyToFormat(a.replyTo.Name, a.replyTo.Address); err != nil {
			return nil, misconfigured("the reply address: %w", err)
		}
	}
	msg.Subject(a.Subject)
	msg.SetDate()
	_, domain, found := strings.Cut(a.from.Address, "@")
	if !found {
		return nil, misconfigured("the sender's address: %w", errors.New("no domain"))
	}
	msg.SetMessageIDWithValue(rand.Text() + "@" + domain) // not this machine's name (RFC 5322, section 3.6.4)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")  // asks for no automatic replies (RFC 3834)
	kind := gomail.TypeTextPlain
	if a.HTML {
		kind = gomail.TypeTextHTML
	}
	msg.SetBodyString(kind, a.Body)
	return msg, nil
}

// oneLine keeps a subject from becoming more than one header.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return r == '\r' || r == '\n' || unicode.IsControl(r)
	}), " ")
}
