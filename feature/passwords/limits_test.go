package passwords_test

import (
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
