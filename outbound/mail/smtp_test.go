package mail_test

import (
	"crypto/tls"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"cardea/outbound/delivery"
	"cardea/outbound/mail"
	"cardea/outbound/mail/mailtest"
)

func relay(s *mailtest.Server, policy string) *mail.SMTP {
	return &mail.SMTP{
		Host: s.Host, Port: s.Port, TLS: policy, Username: s.Username, Password: s.Password,
		From: "Cardea <no-reply@example.com>", Timeout: 5 * time.Second,
		Config: &tls.Config{RootCAs: s.Roots, ServerName: s.Host, MinVersion: tls.VersionTLS12},
	}
}

var letter = mail.Letter{To: "jane@example.org", Subject: "Your verification code", Body: "Your verification code is 012345. "}

func TestSendDeliversUnderEveryTLSPolicy(t *testing.T) {
	t.Parallel()
	for policy, server := range map[string]*mailtest.Server{
		mail.StartTLS: {StartTLS: true, Username: "cardea", Password: "s3cret"},
		mail.Implicit: {Implicit: true, Username: "cardea", Password: "s3cret"},
		mail.NoTLS:    {},
	} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			server.Start(t)
			if err := relay(server, policy).Send(t.Context(), letter); err != nil {
				t.Fatal(err)
			}
			letters := server.Letters()
			if len(letters) != 1 {
				t.Fatalf("the relay has %d letters, want 1", len(letters))
			}
			got := letters[0]
			if got.From != "no-reply@example.com" || got.To[0] != letter.To || got.Subject() != letter.Subject {
				t.Errorf("got %q to %q with subject %q", got.From, got.To, got.Subject())
			}
			if !strings.Contains(got.Body, "is 012345.") || !strings.HasPrefix(got.Header.Get("Content-Type"), "text/plain") {
				t.Errorf("got body %q of type %q", got.Body, got.Header.Get("Content-Type"))
			}
			if got.TLS != (policy != mail.NoTLS) {
				t.Errorf("TLS is %t under %s", got.TLS, policy)
			}
			if !strings.HasSuffix(got.Header.Get("Message-Id"), "@example.com>") {
				t.Errorf("message id %q shows another domain than the sender's", got.Header.Get("Message-Id"))
			}
		})
	}
}

func TestStartTLSNeverFallsBackToPlain(t *testing.T) {
	t.Parallel()
	server := (&mailtest.Server{}).Start(t)
	if err := relay(server, mail.StartTLS).Send(t.Context(), letter); delivery.Of(err) != delivery.Misconfigured {
		t.Errorf("got %v, want a misconfigured sender", err)
	}
	if n := len(server.Letters()); n != 0 {
		t.Errorf("%d letters went over a plain connection", n)
	}
}

func TestPasswordIsNotSentInTheClear(t *testing.T) {
	t.Parallel()
	server := (&mailtest.Server{Username: "cardea", Password: "s3cret"}).Start(t)
	if err := relay(server, mail.NoTLS).Send(t.Context(), letter); err == nil {
		t.Error("signed in with PLAIN over a connection without TLS")
	}
}

func TestHeadersCannotBeInjected(t *testing.T) {
	t.Parallel()
	server := (&mailtest.Server{}).Start(t)
	evil := letter
	evil.Subject = "Hello\r\nBcc: everyone@example.org\r\n\r\nbody"
	if err := relay(server, mail.NoTLS).Send(t.Context(), evil); err != nil {
		t.Fatal(err)
	}
	got := server.Letters()[0]
	if got.Header.Get("Bcc") != "" || got.Subject() != "Hello Bcc: everyone@example.org body" {
		t.Errorf("Bcc %q, subject %q", got.Header.Get("Bcc"), got.Subject())
	}
	if len(got.To) != 1 {
		t.Errorf("delivered to %q", got.To)
	}

	for _, to := range []string{"a@example.org\r\nRCPT TO:<b@example.org>", "Eve <eve@example.org>", "a@x.org,b@x.org", "", "@", "a@x.org>"} {
		evil := letter
		evil.To = to
		if err := relay(server, mail.NoTLS).Send(t.Context(), evil); delivery.Of(err) != delivery.Refused {
			t.Errorf("recipient %q: got %v, want a refusal", to, err)
		}
	}
}

func TestRepliesAreTakenForWhatTheyMean(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code   int
		detail smtp.EnhancedCode
		text   string
		from   delivery.Class // when the answer is to the sender
		rcpt   delivery.Class // when it is to the recipient
		data   delivery.Class // when it is to the letter
	}{
		{550, smtp.EnhancedCode{5, 1, 1}, "no such user", delivery.Misconfigured, delivery.Refused, delivery.Refused},
		{552, smtp.EnhancedCode{5, 2, 2}, "mailbox full", delivery.Misconfigured, delivery.Refused, delivery.Refused},
		{553, smtp.EnhancedCode{5, 1, 8}, "bad sender", delivery.Misconfigured, delivery.Misconfigured, delivery.Refused},
		{554, smtp.EnhancedCode{5, 7, 1}, "relay access denied", delivery.Misconfigured, delivery.Misconfigured, delivery.Refused},
		{530, smtp.EnhancedCode{5, 7, 0}, "authenticate first", delivery.Misconfigured, delivery.Misconfigured, delivery.Misconfigured},
		{554, smtp.EnhancedCode{5, 6, 0}, "Message rejected: Email address is not verified.", delivery.Misconfigured, delivery.Misconfigured, delivery.Misconfigured},
		{451, smtp.EnhancedCode{4, 3, 0}, "try later", delivery.Transient, delivery.Transient, delivery.Transient},
		{421, smtp.EnhancedCode{4, 3, 2}, "shutting down", delivery.Transient, delivery.Transient, delivery.Transient},
		{421, smtp.EnhancedCode{4, 7, 0}, "slow down", delivery.Throttled, delivery.Throttled, delivery.Throttled},
		{454, smtp.EnhancedCode{4, 4, 5}, "Throttling failure: Maximum sending rate exceeded.", delivery.Throttled, delivery.Throttled, delivery.Throttled},
	} {
		answer := &smtp.SMTPError{Code: c.code, EnhancedCode: c.detail, Message: c.text + " jane@example.org"}
		for step, want := range map[string]delivery.Class{"MAIL": c.from, "RCPT": c.rcpt, "DATA": c.data} {
			t.Run(step+" "+c.text, func(t *testing.T) {
				t.Parallel()
				server := &mailtest.Server{}
				switch step {
				case "MAIL":
					server.From = func(string) error { return answer }
				case "RCPT":
					server.Rcpt = func(string) error { return answer }
				case "DATA":
					server.Data = func(mailtest.Letter) error { return answer }
				}
				err := relay(server.Start(t), mail.NoTLS).Send(t.Context(), letter)
				if got := delivery.Of(err); got != want {
					t.Errorf("got %s, want %s: %v", got, want, err)
				}
				if strings.Contains(err.Error(), "jane") || strings.Contains(err.Error(), "012345") {
					t.Errorf("the error has an address or a code: %v", err)
				}
			})
		}
	}
}

func TestWrongPasswordIsTheSendersTrouble(t *testing.T) {
	t.Parallel()
	server := (&mailtest.Server{StartTLS: true, Username: "cardea", Password: "s3cret"}).Start(t)
	wrong := relay(server, mail.StartTLS)
	wrong.Password = "wr0ng"
	if err := wrong.Send(t.Context(), letter); delivery.Of(err) != delivery.Misconfigured || !strings.Contains(err.Error(), "535") {
		t.Errorf("got %v, want a misconfigured sender and 535", err)
	}
	untrusted := relay(server, mail.StartTLS)
	untrusted.Config = &tls.Config{ServerName: server.Host, MinVersion: tls.VersionTLS12}
	if err := untrusted.Send(t.Context(), letter); delivery.Of(err) != delivery.Misconfigured {
		t.Errorf("a certificate of an unknown authority: got %v", err)
	}
}

func TestUnreachableRelayIsTransient(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := closed.Addr().(*net.TCPAddr).Port
	_ = closed.Close()
	down := &mail.SMTP{Host: "127.0.0.1", Port: port, TLS: mail.NoTLS, From: "no-reply@example.com"}
	if err := down.Send(t.Context(), letter); delivery.Of(err) != delivery.Transient {
		t.Errorf("got %v", err)
	}
}

func TestConnectionsAreKept(t *testing.T) {
	t.Parallel()
	server := (&mailtest.Server{StartTLS: true, Username: "cardea", Password: "s3cret"}).Start(t)
	smtp := relay(server, mail.StartTLS)
	defer smtp.Close()
	for range 3 {
		if err := smtp.Send(t.Context(), letter); err != nil {
			t.Fatal(err)
		}
	}
	if n := server.Connections(); n != 1 {
		t.Errorf("three letters took %d connections", n)
	}

	server.Hangup() // the relay closes what idles
	if err := smtp.Send(t.Context(), letter); err != nil {
		t.Errorf("after the relay has closed the connection: %v", err)
	}
	if n := server.Connections(); n != 2 {
		t.Errorf("%d connections, want a second", n)
	}
	if n := len(server.Letters()); n != 4 {
		t.Errorf("%d letters, want each once", n)
	}
}

func TestConnectionIsKeptAfterARefusedRecipient(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code        int
		connections int // for this letter and the next
	}{
		{550, 1},
		{450, 1},
		{421, 2}, // "service not available, closing transmission channel"
	} {
		server := (&mailtest.Server{Rcpt: func(to string) error {
			if to != letter.To {
				return &smtp.SMTPError{Code: c.code, EnhancedCode: smtp.NoEnhancedCode, Message: "not now"}
			}
			return nil
		}}).Start(t)
		kept := relay(server, mail.NoTLS)
		defer kept.Close()
		unknown := letter
		unknown.To = "unknown@example.org"
		if err := kept.Send(t.Context(), unknown); err == nil {
			t.Errorf("%d: no error", c.code)
		}
		if err := kept.Send(t.Context(), letter); err != nil {
			t.Errorf("%d: the next letter: %v", c.code, err)
		}
		if letters := server.Letters(); len(letters) != 1 || len(letters[0].To) != 1 || server.Connections() != c.connections {
			t.Errorf("%d: %d letters over %d connections, want 1 over %d", c.code, len(letters), server.Connections(), c.connections)
		}
	}
}

func TestIdleConnectionsEnd(t *testing.T) {
	t.Parallel()
	server := (&mailtest.Server{}).Start(t)
	kept := relay(server, mail.NoTLS)
	kept.IdleTime = 20 * time.Millisecond
	if err := kept.Send(t.Context(), letter); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); server.Open() > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the connection is still open")
		}
	}
	if err := kept.Send(t.Context(), letter); err != nil {
		t.Error(err)
	}
	kept.Close()
}

func TestManyLettersAtOnceKeepFewConnections(t *testing.T) {
	t.Parallel()
	server := (&mailtest.Server{}).Start(t)
	kept := relay(server, mail.NoTLS)
	var sending sync.WaitGroup
	for range 20 {
		sending.Go(func() {
			if err := kept.Send(t.Context(), letter); err != nil {
				t.Error(err)
			}
		})
	}
	sending.Wait()
	if n := len(server.Letters()); n != 20 {
		t.Errorf("%d letters, want 20", n)
	}
	for deadline := time.Now().Add(5 * time.Second); server.Open() > 4; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d connections are kept, want at most 4", server.Open())
		}
	}
	kept.Close()
}

func TestHTMLAndReplyToReachTheReader(t *testing.T) {
	t.Parallel()
	server := (&mailtest.Server{}).Start(t)
	l := letter
	l.HTML, l.Body, l.ReplyTo, l.From = true, "<p>Código: <b>123456</b></p>", "help@example.com", "Shop <shop@example.com>"
	if err := relay(server, mail.NoTLS).Send(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	got := server.Letters()[0]
	if got.Body != l.Body || !strings.HasPrefix(got.Header.Get("Content-Type"), "text/html") {
		t.Errorf("got body %q of type %q", got.Body, got.Header.Get("Content-Type"))
	}
	if got.From != "shop@example.com" || !strings.Contains(got.Header.Get("Reply-To"), "help@example.com") {
		t.Errorf("got from %q, reply to %q", got.From, got.Header.Get("Reply-To"))
	}
}
