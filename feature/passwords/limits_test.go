package passwords_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"testing"

	"cardea/platform/config"
	"cardea/server"
	"cardea/server/servertest"
)

// Whoever asks on, for a user or for a name that is unknown, is answered the same, from the first request to the last.
func TestLimitsDoNotTellWhoIsKnown(t *testing.T) {
	t.Parallel()
	limit := func(c *server.Config) {
		c.Limits = &config.Limits{MailHour: 2, MailDay: 3, SourceHour: 10}
	}
	const attempts = 8 // until the limit: four times that of other messages
	for name, hidden := range map[string]struct {
		pool           servertest.M
		known, unknown string
	}{
		"by name":    {nil, "jane", "nobody"},
		"by address": {servertest.M{"UsernameAttributes": []string{"email"}}, "jane@example.org", "nobody@example.org"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			servertest.EachWith(t, limit, func(t *testing.T, w *servertest.World) {
				pool := w.Pool(t, servertest.With(servertest.M{"AutoVerifiedAttributes": []string{"email"}}, hidden.pool))
				client := w.Client(t, pool, servertest.M{"PreventUserExistenceErrors": "ENABLED"})
				w.User(t, pool, hidden.known, "email", "jane@example.org", "email_verified", "true")
				names := [][]string{{hidden.known, userID(t, w, client, hidden.known)}, {hidden.unknown, userID(t, w, client, hidden.unknown)}}
				for n := range attempts + 3 {
					var answers [2]error
					for i := range answers {
						name := names[i][n%2] // by the id that was answered, too
						_, answers[i] = w.From(fmt.Sprintf("192.0.2.%d", n)).Call("ForgotPassword", servertest.M{"ClientId": client, "Username": name})
					}
					if fmt.Sprint(answers[0]) != fmt.Sprint(answers[1]) || (answers[0] == nil) != (n < attempts) {
						t.Errorf("request %d: known %v, unknown %v", n+1, answers[0], answers[1])
					}
				}
				if n := len(w.Inbox("jane@example.org")); n != attempts {
					t.Errorf("%d mails, want %d", n, attempts)
				}
			})
		})
	}
}

// userID is what a sign-in calls the user of a name.
func userID(t *testing.T, w *servertest.World, client, name string) string {
	t.Helper()
	out := w.Must(t, "InitiateAuth", servertest.M{
		"ClientId": client, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": servertest.M{"USERNAME": name, "SRP_A": "abcdef"},
	})
	return servertest.Text(out, "ChallengeParameters.USER_ID_FOR_SRP")
}

// Whoever looks for users by asking for codes, or by trying some, is refused after as many requests as after failed sign-ins.
func TestRequestsForUnknownUsersCountByAddress(t *testing.T) {
	t.Parallel()
	for op, in := range map[string]servertest.M{
		"ForgotPassword":         {},
		"ConfirmForgotPassword":  {"ConfirmationCode": "123456", "Password": servertest.Password},
		"ConfirmSignUp":          {"ConfirmationCode": "123456"},
		"ResendConfirmationCode": {},
	} {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			servertest.Each(t, func(t *testing.T, w *servertest.World) {
				pool := w.Pool(t, servertest.M{"AutoVerifiedAttributes": []string{"email"}})
				client := w.Client(t, pool, servertest.M{"PreventUserExistenceErrors": "LEGACY"})
				ask := func(n int) servertest.M {
					return servertest.With(in, servertest.M{"ClientId": client, "Username": fmt.Sprint("unknown", n)})
				}
				from := w.From("192.0.2.1")
				for n := range 500 {
					from.Fails(t, op, ask(n), "UserNotFoundException", "")
				}
				from.Fails(t, op, ask(500), "TooManyRequestsException", "")
				w.From("192.0.2.2").Fails(t, op, ask(500), "UserNotFoundException", "")
			})
		})
	}
}

// A server with a secret may say where its users are: that address counts in every check of a code (decision 10).
func TestForwardedAddressesCountInCodeChecks(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, servertest.M{"AutoVerifiedAttributes": []string{"email"}})
		client := w.Must(t, "CreateUserPoolClient", servertest.M{
			"UserPoolId": pool, "ClientName": "server", "GenerateSecret": true, "EnablePropagateAdditionalUserContextData": true,
			"PreventUserExistenceErrors": "LEGACY",
		})
		ask := func(op, address string, n int) (string, servertest.M) {
			name := fmt.Sprint("unknown", n)
			in := servertest.M{
				"ClientId": servertest.Text(client, "UserPoolClient.ClientId"), "Username": name,
				"SecretHash":      secretHash(servertest.Text(client, "UserPoolClient.ClientSecret"), name, servertest.Text(client, "UserPoolClient.ClientId")),
				"UserContextData": servertest.M{"IpAddress": address},
			}
			if op != "ForgotPassword" && op != "ResendConfirmationCode" {
				in["ConfirmationCode"] = "123456"
			}
			if op == "ConfirmForgotPassword" {
				in["Password"] = servertest.Password
			}
			return op, in
		}
		fails := func(op, address string, n int, code string) {
			t.Helper()
			op, in := ask(op, address, n)
			w.Fails(t, op, in, code, "")
		}
		ops := []string{"ForgotPassword", "ConfirmForgotPassword", "ConfirmSignUp", "ResendConfirmationCode"}
		for n := range 500 {
			fails(ops[n%4], "198.51.100.7", n, "UserNotFoundException")
		}
		for _, op := range ops {
			fails(op, "198.51.100.7", 0, "TooManyRequestsException")
			fails(op, "198.51.100.8", 0, "UserNotFoundException")
		}
	})
}

func secretHash(secret, username, client string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(username + client))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
