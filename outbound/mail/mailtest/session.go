package mailtest

import (
	"io"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// session is one conversation.
type session struct {
	server        *Server
	conn          *smtp.Conn
	tls           bool
	authenticated bool
	letter        Letter
}

var _ smtp.AuthSession = (*session)(nil)

func (s *Server) session(c *smtp.Conn) (smtp.Session, error) {
	_, secure := c.TLSConnectionState()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[*smtp.Conn]bool{}
	}
	if !secure || s.Implicit {
		s.opened++
	}
	s.open[c] = true
	return &session{server: s, conn: c, tls: secure}, nil
}

func (c *session) AuthMechanisms() []string {
	if c.server.Username == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (c *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		c.authenticated = username == c.server.Username && password == c.server.Password
		if !c.authenticated {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (c *session) Mail(from string, _ *smtp.MailOptions) error {
	if c.server.Username != "" && !c.authenticated {
		return smtp.ErrAuthRequired
	}
	if c.server.From != nil {
		if err := c.server.From(from); err != nil {
			return err
		}
	}
	c.letter = Letter{From: from, TLS: c.tls}
	return nil
}

func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if c.server.Rcpt != nil {
		if err := c.server.Rcpt(to); err != nil {
			return err
		}
	}
	c.letter.To = append(c.letter.To, to)
	return nil
}

func (c *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	c.letter.Raw = string(raw)
	if err := c.letter.parse(); err != nil {
		return err
	}
	if c.server.Data != nil {
		if err := c.server.Data(c.letter); err != nil {
			return err
		}
	}
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.server.letters = append(c.server.letters, c.letter)
	return nil
}

func (c *session) Reset() { c.letter = Letter{} }

func (c *session) Logout() error {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	delete(c.server.open, c.conn)
	return nil
}
