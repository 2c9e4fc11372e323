package userpool_test

import (
	"testing"

	"cardea/engine/message"
	outmail "cardea/outbound/mail"
	"cardea/server/servertest"
)

const (
	ownIdentity   = "arn:aws:ses:us-east-1:123456789012:identity/example.com"
	otherIdentity = "arn:aws:ses:us-east-1:123456789012:identity/example.net"
)

func TestIdentitiesThatNoSenderMatchesAreRefused(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		from := func(source, from string) M {
			return M{"EmailConfiguration": M{"EmailSendingAccount": "DEVELOPER", "SourceArn": source, "From": from}}
		}
		kept := w.Pool(t, from(otherIdentity, "a@example.net")) // a development server takes any
		w.Server.Outbox.Keep = false
		w.Server.Outbox.Senders = []message.Sender{
			{Match: []string{"example.com"}, Domains: []string{"example.com"}, Mail: &outmail.SMTP{}},
		}
		create := func(settings M) M { return servertest.With(M{"PoolName": "p"}, settings) }
		const unknown = "No sender is configured on this server for SourceArn " + otherIdentity + "."

		pool := w.Pool(t, from(ownIdentity, "Shop <shop@mail.example.com>"))
		w.Fails(t, "CreateUserPool", create(from(otherIdentity, "a@example.net")), "InvalidParameterException", unknown)
		w.Fails(t, "CreateUserPool", create(from(ownIdentity, "a@badexample.com")), "InvalidParameterException",
			"The sender configured on this server for the user pool does not send from a@badexample.com.")
		w.Fails(t, "UpdateUserPool", servertest.With(M{"UserPoolId": pool}, from(otherIdentity, "a@example.net")), "InvalidParameterException", unknown)
		w.Must(t, "UpdateUserPool", servertest.With(M{"UserPoolId": pool}, M{}))

		// What a pool has it keeps: its other settings can be changed.
		w.Must(t, "UpdateUserPool", servertest.With(M{"UserPoolId": kept, "MfaConfiguration": "OFF"}, from(otherIdentity, "a@example.net")))
		w.Fails(t, "UpdateUserPool", servertest.With(M{"UserPoolId": kept}, from(otherIdentity, "b@example.net")), "InvalidParameterException", unknown)
	})
}
