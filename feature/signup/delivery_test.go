package signup_test

import (
	"crypto/tls"
	"strings"
	"testing"

	"cardea/engine/message"
	"cardea/outbound/mail"
	"cardea/outbound/mail/mailtest"
	"cardea/server/servertest"
)

func TestUserExistsThoughTheCodeCannotBeDelivered(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, verifies)
		client := w.Client(t, pool, nil)
		w.Server.Outbox.Keep = false // as on a production server without senders
		w.Fails(t, "SignUp", jane(client), "CodeDeliveryFailureException", "")
		if s := status(t, w, pool, "jane"); s != "UNCONFIRMED" {
			t.Errorf("status %s", s)
		}
		w.Fails(t, "ResendConfirmationCode", who(client, "jane"), "CodeDeliveryFailureException", "")
	})
}

func TestCodeArrivesByMail(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		client := w.Client(t, w.Pool(t, verifies), nil)
		relay := (&mailtest.Server{StartTLS: true}).Start(t)
		w.Server.Outbox.Keep = false
		smtp := &mail.SMTP{Host: relay.Host, Port: relay.Port, From: "no-reply@example.com",
			Config: &tls.Config{RootCAs: relay.Roots, ServerName: relay.Host, MinVersion: tls.VersionTLS12}}
		w.Server.Outbox.Senders = []message.Sender{{Match: []string{message.MatchAny}, Mail: smtp}}

		w.Must(t, "SignUp", jane(client))
		select {
		case <-w.Server.Outbox.Posted():
		default:
			t.Error("no delivery loop was woken")
		}
		if err := w.Server.Outbox.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		letters := relay.Letters()
		if len(letters) != 1 || letters[0].To[0] != "jane@example.org" {
			t.Fatalf("letters: %+v", letters)
		}
		_, code, _ := strings.Cut(letters[0].Body, "code is ")
		w.Must(t, "ConfirmSignUp", with(who(client, "jane"), M{"ConfirmationCode": strings.TrimRight(code, ". ")}))
	})
}
