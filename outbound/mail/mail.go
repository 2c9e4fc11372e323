package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"
)

// How a connection to the relay is protected.
const (
	StartTLS = "starttls" // plain at first, then TLS or nothing
	Implicit = "implicit" // TLS from the first byte
	NoTLS    = "none"     // never; for a relay on the same machine
)

// timeout bounds each step of a delivery when the sender names none.
const timeout = 15 * time.Second

// ErrRefused says that the relay will not take this letter, however often it is offered.
var ErrRefused = errors.New("letter refused")

// Letter is one mail to one person.
type Letter struct {
	From    string // "a@example.com" or "Name <a@example.com>"; empty: the sender's own
	ReplyTo string // may be empty
	To      string // the bare address
	Subject string
	Body    string
	HTML    bool // whether Body is HTML rather than plain text
}

// SMTP sends letters through a relay. The zero value of every field but Host and From is sensible.
type SMTP struct {
	Host     string
	Port     int    // 587 if 0
	TLS      string // StartTLS (also if empty), Implicit or NoTLS
	Username string // no sign-in if empty
	Password string
	From     string        // who letters are from that do not say it themselves
	Timeout  time.Duration // for connecting and for every answer of the relay; 15 s if 0
	Config   *tls.Config   // nil: the system's certificate authorities and the host's name
}

// Send delivers one letter to the relay; when it returns nil the relay has taken responsibility for it. ErrRefused marks
// what trying again cannot mend.
func (s *SMTP) Send(ctx context.Context, l Letter) error {
	msg, err := s.format(l)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	client, err := s.client()
	if err != nil {
		return fmt.Errorf("prepare SMTP client: %w", err)
	}

	err = client.DialAndSendWithContext(ctx, msg)
	if msg.IsDelivered() {
		return nil // what went wrong after the relay's yes must not make a second letter
	}
	if failed, ok := errors.AsType[*gomail.SendError](err); ok && permanent(failed) {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if err != nil {
		return fmt.Errorf("send mail: %w", err)
	}
	return nil
}

// permanent tells a refusal of the recipient or the content from trouble with the relay or the sender's standing there.
func permanent(err *gomail.SendError) bool {
	if err.ErrorCode()/100 != 5 {
		return false
	}
	return err.Reason == gomail.ErrSMTPRcptTo || err.Reason == gomail.ErrSMTPDataClose
}

func (s *SMTP) format(l Letter) (*gomail.Msg, error) {
	to, err := netmail.ParseAddress(l.To)
	if err != nil || to.Address != l.To {
		return nil, errors.New("the recipient is not a bare mail address")
	}
	sender := l.From
	if sender == "" {
		sender = s.From
	}
	from, err := netmail.ParseAddress(sender)
	if err != nil {
		return nil, fmt.Errorf("parse sender: %w", err)
	}

	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(from)
	msg.ToMailAddress(to)
	if l.ReplyTo != "" {
		if err := msg.ReplyTo(l.ReplyTo); err != nil {
			return nil, fmt.Errorf("parse reply address: %w", err)
		}
	}
	msg.Subject(oneLine(l.Subject))
	msg.SetDate()
	_, domain, _ := strings.Cut(from.Address, "@")
	msg.SetMessageIDWithValue(messageID(domain))
	// RFC 3834: asks for no automatic replies.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	kind := gomail.TypeTextPlain
	if l.HTML {
		kind = gomail.TypeTextHTML
	}
	msg.SetBodyString(kind, l.Body)
	return msg, nil
}

func (s *SMTP) client() (*gomail.Client, error) {
	port, wait := s.Port, s.Timeout
	if port == 0 {
		port = 587
	}
	if wait == 0 {
		wait = timeout
	}
	options := []gomail.Option{gomail.WithPort(port), gomail.WithTimeout(wait), gomail.WithoutNoop(), gomail.WithoutRset()}
	switch s.TLS {
	case StartTLS, "":
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case Implicit:
		options = append(options, gomail.WithSSL())
	case NoTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		return nil, fmt.Errorf("unknown TLS policy %q", s.TLS)
	}
	if s.Config != nil {
		options = append(options, gomail.WithTLSConfig(s.Config))
	}
	if s.Username != "" {
		// Without TLS only mechanisms that do not show the password are left.
		options = append(options, gomail.WithUsername(s.Username), gomail.WithPassword(s.Password),
			gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover))
	}
	return gomail.NewClient(s.Host, options...)
}

// oneLine keeps a subject from becoming more than one header.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return r == '\r' || r == '\n' || unicode.IsControl(r)
	}), " ")
}
