package mail

import (
	"context"
	"crypto/tls"
	"fmt"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// How a connection to the relay is protected.
const (
	StartTLS = "starttls" // plain at first, then TLS or nothing
	Implicit = "implicit" // TLS from the first byte
	NoTLS    = "none"     // never; for a relay on the same machine
)

// Defaults and bounds of connections.
const (
	timeout    = 15 * time.Second // for connecting, and for one letter
	idleTime   = 30 * time.Second // until a kept connection ends; relays close theirs after a minute or more
	maxIdle    = 4                // kept at most
	maxLetters = 100              // over one connection; many relays count them
)

// SMTP sends letters through a relay and keeps connections for the next letters. The zero value of every field but Host
// and From is sensible. It must not be copied once it is used.
type SMTP struct {
	Host     string
	Port     int    // 587 if 0
	TLS      string // StartTLS (also if empty), Implicit or NoTLS
	Username string // no sign-in if empty
	Password string
	From     string        // who letters are from that do not say it themselves
	Timeout  time.Duration // for connecting, and for one letter; 15 s if 0
	IdleTime time.Duration // until a connection that is not used ends; 30 s if 0
	Config   *tls.Config   // nil: the system's certificate authorities and the host's name

	once   sync.Once
	client *gomail.Client
	wrong  error // why there is no client

	mu   sync.Mutex
	idle []*connection // the one used last at the end
}

// connection is one to the relay, signed in.
type connection struct {
	*smtp.Client
	letters int
	end     *time.Timer // of a connection that is kept
}

// Send delivers one letter to the relay; when it returns nil the relay has taken responsibility for it. Errors are
// *delivery.Error.
func (s *SMTP) Send(ctx context.Context, l Letter) error {
	to, err := address(l, s.From)
	if err != nil {
		return err
	}
	msg, err := to.format()
	if err != nil {
		return err
	}
	if s.once.Do(s.prepare); s.wrong != nil {
		return misconfigured("%w", s.wrong)
	}
	c, err := s.take(ctx)
	if err != nil {
		return connecting(err)
	}

	err = s.client.SendWithSMTPClient(c.Client, msg)
	c.letters++
	if err == nil || usable(err) {
		s.keep(c)
	} else {
		_ = c.Close() // it is of no use any more
	}
	if msg.IsDelivered() {
		return nil // what went wrong after the relay's yes must not make a second letter
	}
	return sending(err)
}

// take gives a kept connection that still answers, or a new one.
func (s *SMTP) take(ctx context.Context) (*connection, error) {
	for {
		s.mu.Lock()
		n := len(s.idle)
		if n == 0 {
			s.mu.Unlock()
			break
		}
		c := s.idle[n-1]
		s.idle = s.idle[:n-1]
		s.mu.Unlock()

		c.end.Stop()
		if c.UpdateDeadline(s.timeout()) == nil && c.Noop() == nil {
			return c, nil
		}
		_ = c.Close() // the relay has closed it
	}
	opened, err := s.client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return nil, err
	}
	return &connection{Client: opened}, nil
}

// keep holds a connection ready for the next letter, for some time.
func (s *SMTP) keep(c *connection) {
	wait := s.IdleTime
	if wait == 0 {
		wait = idleTime
	}
	s.mu.Lock()
	room := len(s.idle) < maxIdle && c.letters < maxLetters
	if room {
		c.end = time.AfterFunc(wait, func() { s.expire(c) })
		s.idle = append(s.idle, c)
	}
	s.mu.Unlock()
	if !room {
		c.quit()
	}
}

// expire ends a connection unless it was taken meanwhile.
func (s *SMTP) expire(c *connection) {
	s.mu.Lock()
	kept := false
	for i, other := range s.idle {
		if other == c {
			kept = true
			s.idle = append(s.idle[:i], s.idle[i+1:]...)
			break
		}
	}
	s.mu.Unlock()
	if kept {
		c.quit()
	}
}

// Close ends the connections that are kept.
func (s *SMTP) Close() {
	s.mu.Lock()
	idle := s.idle
	s.idle = nil
	s.mu.Unlock()
	for _, c := range idle {
		c.end.Stop()
		c.quit()
	}
}

// quit takes leave of the relay, which may be gone.
func (c *connection) quit() {
	_ = c.UpdateDeadline(time.Second)
	_ = c.Quit()
	_ = c.Close()
}

func (s *SMTP) timeout() time.Duration {
	if s.Timeout == 0 {
		return timeout
	}
	return s.Timeout
}

// prepare makes the client of all connections.
func (s *SMTP) prepare() {
	port := s.Port
	if port == 0 {
		port = 587
	}
	options := []gomail.Option{gomail.WithPort(port), gomail.WithTimeout(s.timeout()), gomail.WithoutNoop(), gomail.WithoutRset()}
	switch s.TLS {
	case StartTLS, "":
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case Implicit:
		options = append(options, gomail.WithSSL())
	case NoTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		s.wrong = fmt.Errorf("unknown TLS policy %q", s.TLS)
		return
	}
	if s.Config != nil {
		options = append(options, gomail.WithTLSConfig(s.Config))
	}
	if s.Username != "" {
		// Without TLS only mechanisms that do not show the password are left.
		options = append(options, gomail.WithUsername(s.Username), gomail.WithPassword(s.Password),
			gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover))
	}
	s.client, s.wrong = gomail.NewClient(s.Host, options...)
}
