package userpool_test

import (
	"strings"
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

		// The sender that a pool has stays valid when other settings are changed.
		w.Must(t, "UpdateUserPool", servertest.With(M{"UserPoolId": kept, "MfaConfiguration": "OFF"}, from(otherIdentity, "a@example.net")))
		w.Fails(t, "UpdateUserPool", servertest.With(M{"UserPoolId": kept}, from(otherIdentity, "b@example.net")), "InvalidParameterException", unknown)
	})
}

func TestTemplatesAreBoundedAndHaveTheirPlaceholders(t *testing.T) {
	t.Parallel()
	long := func(n int, placeholder string) string { return strings.Repeat("x", n-len(placeholder)) + placeholder }
	template := func(name string) func(string) M {
		return func(text string) M { return M{"VerificationMessageTemplate": M{name: text}} }
	}
	invite := func(name string) func(string) M {
		return func(text string) M {
			return M{"AdminCreateUserConfig": M{"InviteMessageTemplate": M{name: text}}}
		}
	}
	top := func(name string) func(string) M { return func(text string) M { return M{name: text} } }
	const both = "{username} {####}"
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		for _, c := range []struct {
			name        string
			set         func(string) M
			placeholder string
			most        int
		}{
			{"SmsMessage", template("SmsMessage"), "{####}", 140},
			{"EmailMessage", template("EmailMessage"), "{####}", 20_000},
			{"EmailSubject", template("EmailSubject"), "", 140},
			{"EmailMessageByLink", template("EmailMessageByLink"), "{##here##}", 20_000},
			{"EmailSubjectByLink", template("EmailSubjectByLink"), "", 140},
			{"SmsVerificationMessage", top("SmsVerificationMessage"), "{####}", 140},
			{"EmailVerificationMessage", top("EmailVerificationMessage"), "{####}", 20_000},
			{"EmailVerificationSubject", top("EmailVerificationSubject"), "", 140},
			{"SmsAuthenticationMessage", top("SmsAuthenticationMessage"), "{####}", 140},
			{"invitation SMSMessage", invite("SMSMessage"), both, 140},
			{"invitation EmailMessage", invite("EmailMessage"), both, 20_000},
			{"invitation EmailSubject", invite("EmailSubject"), "", 140},
		} {
			create := func(text string) M { return servertest.With(M{"PoolName": "p"}, c.set(text)) }
			pool := servertest.At(w.Must(t, "CreateUserPool", create(long(c.most, c.placeholder))), "UserPool.Id")
			refused := []string{long(c.most+1, c.placeholder)}
			if c.placeholder != "" {
				refused = append(refused, "no placeholder", "{###}")
			}
			if c.placeholder == both {
				refused = append(refused, "only {####}", "only {username}")
			}
			for _, text := range refused {
				for operation, given := range map[string]M{
					"CreateUserPool": create(text),
					"UpdateUserPool": servertest.With(M{"UserPoolId": pool}, c.set(text)),
				} {
					t.Run(c.name, func(t *testing.T) { w.Fails(t, operation, given, "InvalidParameterException", "") })
				}
			}
		}

		settings := M{"EmailConfiguration": M{"EmailSendingAccount": "DEVELOPER", "SourceArn": ownIdentity}}
		pool := w.Pool(t, settings)
		for _, text := range []string{long(20_001, "{####}"), "no placeholder", "{###}"} {
			w.Fails(t, "SetUserPoolMfaConfig", M{"UserPoolId": pool, "MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": M{"Message": text}}, "InvalidParameterException", "")
		}
		w.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": pool, "MfaConfiguration": "OPTIONAL", "EmailMfaConfiguration": M{"Message": long(20_000, "{####}")}})
	})
}
