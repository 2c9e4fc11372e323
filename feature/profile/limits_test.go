package profile_test

import (
	"fmt"
	"strings"
	"testing"

	"cardea/server/servertest"
)

func TestOneUserCannotSendMailsToManyByChangingTheirAddress(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, servertest.M{"AutoVerifiedAttributes": []string{"email"}})
		client := w.Client(t, pool, nil)
		w.User(t, pool, "alice", "email", "alice@example.org", "email_verified", "true")
		token := w.SignIn(t, client, "alice")["AccessToken"]
		sent := 0
		for n := range 40 {
			in := servertest.M{"AccessToken": token, "UserAttributes": servertest.Attributes("email", fmt.Sprintf("victim%d@example.org", n))}
			if n < 10 {
				w.Must(t, "UpdateUserAttributes", in)
				sent++
				continue
			}
			w.Fails(t, "UpdateUserAttributes", in, "TooManyRequestsException", "Attempt limit exceeded, please try after some time.")
		}
		if n := len(w.Inbox("")); n != sent {
			t.Errorf("%d mails, want %d", n, sent)
		}
		w.Must(t, "UpdateUserAttributes", servertest.M{"AccessToken": token, "UserAttributes": servertest.Attributes("name", "Alice")})
		user := w.Must(t, "AdminGetUser", servertest.M{"UserPoolId": pool, "Username": "alice"})
		if got := fmt.Sprint(user["UserAttributes"]); !strings.Contains(got, "victim9@example.org") {
			t.Errorf("a change that was refused was made: %s", got)
		}
	})
}
