package signup_test

import (
	"testing"

	"cardea/platform/config"
	"cardea/server"
	"cardea/server/servertest"
)

func TestTextMessagesGoToAllowedCountriesOnly(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, func(c *server.Config) { c.Limits = &config.Limits{SMSCountries: []string{"+49"}} }, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, M{
			"AutoVerifiedAttributes": []string{"phone_number"}, "SmsConfiguration": M{"SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "x"},
		})
		client := w.Client(t, pool, M{"PreventUserExistenceErrors": "ENABLED"})
		signUp := func(name, number string) M {
			return M{"ClientId": client, "Username": name, "Password": servertest.Password, "UserAttributes": servertest.Attributes("phone_number", number)}
		}
		const text = "This server has no way of sending such messages."
		w.Must(t, "SignUp", signUp("jane", "+4915112345678"))
		w.Fails(t, "SignUp", signUp("kim", "+447911123456"), "CodeDeliveryFailureException", text)
		w.Must(t, "AdminGetUser", M{"UserPoolId": pool, "Username": "kim"}) // as when there is no sender
		w.Fails(t, "ResendConfirmationCode", M{"ClientId": client, "Username": "kim"}, "CodeDeliveryFailureException", text)
		w.Must(t, "ResendConfirmationCode", M{"ClientId": client, "Username": "nobody"})
		if n := len(w.Inbox("")); n != 1 {
			t.Errorf("%d messages", n)
		}
	})
}
