package signup_test

import (
	"fmt"
	"testing"
	"time"

	"cardea/platform/config"
	"cardea/server"
	"cardea/server/servertest"
)

// eachLimited runs body on servers that bound messages as production servers do.
func eachLimited(t *testing.T, body func(t *testing.T, w *servertest.World)) {
	t.Helper()
	limit := func(c *server.Config) { c.Limits = new(config.Default().Limits) }
	servertest.EachWith(t, limit, body)
}

// signUpOf is the SignUp of the n-th user, with an e-mail address.
func signUpOf(client string, n int, email string) M {
	return with(jane(client), M{"Username": fmt.Sprint("user", n), "UserAttributes": attributes("email", email)})
}

const tooMany = "Attempt limit exceeded, please try after some time."

func TestSignUpsSendFewMailsToOneAddress(t *testing.T) {
	t.Parallel()
	eachLimited(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, verifies)
		client := w.Client(t, pool, nil)
		sign := func(n int) M { return signUpOf(client, n, "victim@example.org") }
		for n := range 6 {
			w.From(fmt.Sprintf("192.0.2.%d", n)).Must(t, "SignUp", sign(n))
		}
		w.From("192.0.2.99").Fails(t, "SignUp", sign(6), "LimitExceededException", tooMany)
		w.Fails(t, "AdminGetUser", M{"UserPoolId": pool, "Username": "user6"}, "UserNotFoundException", "")
		w.Fails(t, "ResendConfirmationCode", who(client, "user0"), "LimitExceededException", tooMany)
		if n := len(w.Inbox("victim@example.org")); n != 6 {
			t.Errorf("%d mails to one address, want 6", n)
		}
		w.Must(t, "SignUp", signUpOf(client, 100, "other@example.org"))

		for n := 6; n < 20; n++ {
			if n%6 == 0 {
				w.Advance(hour)
			}
			w.Must(t, "SignUp", sign(n))
		}
		w.Advance(hour)
		w.Fails(t, "SignUp", sign(20), "LimitExceededException", tooMany)
		w.Advance(day)
		w.Must(t, "SignUp", sign(20))
	})
}

func TestSignUpsSendFewTextMessagesToOneNumber(t *testing.T) {
	t.Parallel()
	eachLimited(t, func(t *testing.T, w *servertest.World) {
		client := w.Client(t, w.Pool(t, M{"AutoVerifiedAttributes": []string{"phone_number"}, "SmsConfiguration": texting}), nil)
		sign := func(n int) M {
			return with(jane(client), M{"Username": fmt.Sprint("user", n), "UserAttributes": attributes("phone_number", "+15551234567")})
		}
		for n := range 4 {
			w.Must(t, "SignUp", sign(n))
		}
		w.Fails(t, "SignUp", sign(4), "LimitExceededException", tooMany)
	})
}

func TestOneSourceAddressCausesFewMessages(t *testing.T) {
	t.Parallel()
	eachLimited(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, verifies)
		client := w.Client(t, pool, nil)
		n := 0
		sign := func() M { n++; return signUpOf(client, n, fmt.Sprintf("user%d@example.org", n)) }
		for range 15 {
			w.From("192.0.2.1").Must(t, "SignUp", sign())
			w.From("[::ffff:192.0.2.1]").Must(t, "SignUp", sign())
		}
		w.From("192.0.2.1").Fails(t, "SignUp", sign(), "LimitExceededException", tooMany)
		w.From("192.0.2.2").Must(t, "SignUp", sign())

		for i := range 30 {
			w.From(fmt.Sprintf("[2001:db8::%x]", i)).Must(t, "SignUp", sign())
		}
		w.From("[2001:db8::ffff:1]").Fails(t, "SignUp", sign(), "LimitExceededException", tooMany)
		w.From("[2001:db8:0:1::1]").Must(t, "SignUp", sign())
		w.Advance(time.Hour)
		w.From("192.0.2.1").Must(t, "SignUp", sign())
	})
}
