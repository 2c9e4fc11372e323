package mailtest

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Server is a relay. Set its fields before Start.
type Server struct {
	StartTLS bool   // offer STARTTLS
	Implicit bool   // TLS from the first byte
	Username string // demand AUTH PLAIN with these, if not empty
	Password string

	// Rcpt and Data, if set, give the relay's answer to a recipient and to a letter, such as "550 no such user"; "" accepts.
	Rcpt func(to string) string
	Data func(l Letter) string

	Host  string
	Port  int
	Roots *x509.CertPool // trusts the server's certificate, made for 127.0.0.1

	listener net.Listener
	config   *tls.Config
	serving  sync.WaitGroup
	mu       sync.Mutex
	letters  []Letter
	conns    map[net.Conn]bool
}

// Letter is what the relay took.
type Letter struct {
	From   string // of the envelope
	To     []string
	TLS    bool // whether it came over TLS
	Header netmail.Header
	Body   string // decoded
	Raw    string
}

// Subject is the decoded subject.
func (l Letter) Subject() string {
	subject, err := new(mime.WordDecoder).DecodeHeader(l.Header.Get("Subject"))
	if err != nil {
		return l.Header.Get("Subject")
	}
	return subject
}

// Start opens the relay, until the test ends.
func (s *Server) Start(t testing.TB) *Server {
	t.Helper()
	cert, roots := certificate(t)
	s.config, s.Roots = &tls.Config{Certificates: []tls.Certificate{cert}}, roots
	var err error
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatalf("listen for mail: %v", err)
	}
	address := s.listener.Addr().(*net.TCPAddr)
	s.Host, s.Port = address.IP.String(), address.Port
	s.conns = map[net.Conn]bool{}
	if s.Implicit {
		s.listener = tls.NewListener(s.listener, s.config)
	}
	s.serving.Go(s.serve)
	t.Cleanup(s.close)
	return s
}

// Letters lists what the relay took so far.
func (s *Server) Letters() []Letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.letters)
}

func (s *Server) close() {
	_ = s.listener.Close() // nothing depends on it any more
	s.mu.Lock()
	for conn := range s.conns {
		_ = conn.Close()
	}
	s.mu.Unlock()
	s.serving.Wait()
}

func (s *Server) serve() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[conn] = true
		s.mu.Unlock()
		s.serving.Go(func() {
			defer func() {
				s.mu.Lock()
				delete(s.conns, conn)
				s.mu.Unlock()
				_ = conn.Close()
			}()
			talk := &session{server: s, conn: conn, text: textproto.NewConn(conn), tls: s.Implicit}
			talk.run()
		})
	}
}

// session is one conversation.
type session struct {
	server *Server
	conn   net.Conn
	text   *textproto.Conn
	tls    bool
	authed bool
	letter Letter
}

func (c *session) say(line string) { _ = c.text.PrintfLine("%s", line) } // the next read finds out

func (c *session) run() {
	c.say("220 mailtest ESMTP")
	for {
		line, err := c.text.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		if strings.EqualFold(verb, "QUIT") {
			c.say("221 bye")
			return
		}
		if err := c.command(strings.ToUpper(verb), rest); err != nil {
			return
		}
	}
}

func (c *session) command(verb, rest string) error {
	switch verb {
	case "EHLO", "HELO":
		c.hello()
	case "STARTTLS":
		return c.upgrade()
	case "AUTH":
		c.auth(rest)
	case "NOOP":
		c.say("250 fine")
	case "RSET":
		c.letter = Letter{}
		c.say("250 forgotten")
	case "MAIL":
		if c.server.Username != "" && !c.authed {
			c.say("530 5.7.0 authentication required")
			return nil
		}
		c.letter = Letter{From: path(rest), TLS: c.tls}
		c.say("250 go on")
	case "RCPT":
		c.rcpt(path(rest))
	case "DATA":
		return c.data()
	default:
		c.say("502 unknown command")
	}
	return nil
}

func (c *session) hello() {
	lines := []string{"mailtest"}
	if c.server.StartTLS && !c.tls {
		lines = append(lines, "STARTTLS")
	}
	if c.server.Username != "" {
		lines = append(lines, "AUTH PLAIN")
	}
	lines = append(lines, "8BITMIME", "ENHANCEDSTATUSCODES")
	for i, line := range lines {
		if i < len(lines)-1 {
			c.say("250-" + line)
		} else {
			c.say("250 " + line)
		}
	}
}

func (c *session) upgrade() error {
	if !c.server.StartTLS || c.tls {
		c.say("502 no")
		return nil
	}
	c.say("220 go ahead")
	conn := tls.Server(c.conn, c.server.config)
	if err := conn.Handshake(); err != nil {
		return err
	}
	c.text, c.tls = textproto.NewConn(conn), true
	return nil
}

func (c *session) auth(rest string) {
	mechanism, initial, _ := strings.Cut(rest, " ")
	if !strings.EqualFold(mechanism, "PLAIN") {
		c.say("504 only PLAIN")
		return
	}
	plain, err := base64.StdEncoding.DecodeString(initial)
	if err != nil || string(plain) != "\x00"+c.server.Username+"\x00"+c.server.Password {
		c.say("535 5.7.8 wrong name or password")
		return
	}
	c.authed = true
	c.say("235 welcome")
}

func (c *session) rcpt(to string) {
	if c.server.Rcpt != nil {
		if answer := c.server.Rcpt(to); answer != "" {
			c.say(answer)
			return
		}
	}
	c.letter.To = append(c.letter.To, to)
	c.say("250 known")
}

func (c *session) data() error {
	if len(c.letter.To) == 0 {
		c.say("503 to whom?")
		return nil
	}
	c.say("354 write")
	raw, err := io.ReadAll(c.text.DotReader())
	if err != nil {
		return err
	}
	c.letter.Raw = string(raw)
	if err := c.letter.parse(); err != nil {
		c.say("554 5.6.0 malformed letter: " + err.Error())
		return nil
	}
	if c.server.Data != nil {
		if answer := c.server.Data(c.letter); answer != "" {
			c.say(answer)
			return nil
		}
	}
	c.server.mu.Lock()
	c.server.letters = append(c.server.letters, c.letter)
	c.server.mu.Unlock()
	c.say("250 2.0.0 taken")
	return nil
}

func (l *Letter) parse() error {
	m, err := netmail.ReadMessage(bufio.NewReader(strings.NewReader(l.Raw)))
	if err != nil {
		return err
	}
	l.Header = m.Header
	var body io.Reader = m.Body
	switch strings.ToLower(m.Header.Get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(body)
	l.Body = strings.TrimRight(string(text), "\r\n")
	return errors.Join(err)
}

// path takes the address out of "FROM:<a@b> SIZE=1".
func path(argument string) string {
	_, rest, _ := strings.Cut(argument, "<")
	address, _, _ := strings.Cut(rest, ">")
	return address
}
