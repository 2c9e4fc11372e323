package mailtest

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
)

// Server is a relay. Set its fields before Start.
type Server struct {
	StartTLS bool   // offer STARTTLS
	Implicit bool   // TLS from the first byte
	Username string // demand AUTH PLAIN with these, if not empty
	Password string

	// From, Rcpt and Data, if set, judge a sender, a recipient and a letter; an *smtp.SMTPError is the relay's answer.
	From func(from string) error
	Rcpt func(to string) error
	Data func(l Letter) error

	Host  string
	Port  int
	Roots *x509.CertPool // trusts the server's certificate, made for 127.0.0.1

	mu      sync.Mutex
	letters []Letter
	opened  int
	open    map[*smtp.Conn]bool
}

// Start opens the relay, until the test ends.
func (s *Server) Start(t testing.TB) *Server {
	t.Helper()
	var config *tls.Config
	config, s.Roots = certificate()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen for mail: %v", err)
	}
	address := listener.Addr().(*net.TCPAddr)
	s.Host, s.Port = address.IP.String(), address.Port
	if s.Implicit {
		listener = tls.NewListener(listener, config)
	}

	relay := smtp.NewServer(smtp.BackendFunc(s.session))
	relay.Domain = "mailtest"
	relay.AllowInsecureAuth = true // whether a password is sent without TLS is the client's to decide
	relay.ErrorLog = log.New(io.Discard, "", 0)
	if s.StartTLS {
		relay.TLSConfig = config
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = relay.Serve(listener) }) // ends with an error when the relay is closed
	t.Cleanup(func() {
		_ = relay.Close() // the test has what it wanted
		serving.Wait()
	})
	return s
}

// Letters lists what the relay accepted so far.
func (s *Server) Letters() []Letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.letters)
}

// Connections is how many conversations were begun, those before and after STARTTLS being one.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened
}

// Open is how many connections are open.
func (s *Server) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// Hangup closes every connection, as a relay does with those that idle.
func (s *Server) Hangup() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.open {
		_ = c.Conn().Close() // the client may have been faster
	}
}

// certificate is that of httptest, which is good for 127.0.0.1, and the pool that trusts it.
func certificate() (*tls.Config, *x509.CertPool) {
	web := httptest.NewTLSServer(nil)
	defer web.Close()
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	return &tls.Config{Certificates: web.TLS.Certificates}, roots
}
