package mail_test

import (
	"crypto/tls"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

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
	if err := relay(server, mail.StartTLS).Send(t.Context(), letter); err == nil || errors.Is(err, mail.ErrRefused) {
		t.Errorf("got %v, want a failure that may pass", err)
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
		if err := relay(server, mail.NoTLS).Send(t.Context(), evil); !errors.Is(err, mail.ErrRefused) {
			t.Errorf("recipient %q: got %v, want ErrRefused", to, err)
		}
	}
}

func TestPermanentRefusalsAreToldFromTemporary(t *testing.T) {
	t.Parallel()
	for answer, refused := range map[*smtp.SMTPError]bool{
		{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}: true,
		{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "try later"}:    false,
	} {
		t.Run(answer.Message, func(t *testing.T) {
			t.Parallel()
			atRcpt := (&mailtest.Server{Rcpt: func(string) error { return answer }}).Start(t)
			if err := relay(atRcpt, mail.NoTLS).Send(t.Context(), letter); err == nil || errors.Is(err, mail.ErrRefused) != refused {
				t.Errorf("at the recipient: %v", err)
			}
			atData := (&mailtest.Server{Data: func(mailtest.Letter) error { return answer }}).Start(t)
			if err := relay(atData, mail.NoTLS).Send(t.Context(), letter); err == nil || errors.Is(err, mail.ErrRefused) != refused {
				t.Errorf("at the letter: %v", err)
			}
		})
	}
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
