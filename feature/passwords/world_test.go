package passwords_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"cardea/server/servertest"
	"cardea/spec/awsjson"
)

// M and the variables are short for what every test here says.
type M = servertest.M

var (
	with       = servertest.With
	attributes = servertest.Attributes
	text       = servertest.Text
	verifies   = M{"AutoVerifiedAttributes": []string{"email"}}
)

const (
	address     = "jane@example.org"
	newPassword = "Another-horse-2"
	mismatch    = "Invalid verification code provided, please try again."
	expired     = "Invalid code provided, please request a code again."
	limit       = "Attempt limit exceeded, please try after some time."
	unreachable = "Cannot reset password for the user as there is no registered/verified email or phone_number"
)

func who(client, username string) M { return M{"ClientId": client, "Username": username} }

// jane makes a pool, a client of it, and in it a confirmed user with a verified address.
func jane(t *testing.T, w *servertest.World, poolSettings, clientSettings M) (pool, client string) {
	t.Helper()
	pool = w.Pool(t, with(verifies, poolSettings))
	client = w.Client(t, pool, clientSettings)
	w.User(t, pool, "jane", "email", address, "email_verified", "true")
	return pool, client
}

func status(t *testing.T, w *servertest.World, pool, username string) string {
	t.Helper()
	return text(w.Must(t, "AdminGetUser", M{"UserPoolId": pool, "Username": username}), "UserStatus")
}

func signIn(client, password string) M {
	return M{
		"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH",
		"AuthParameters": M{"USERNAME": "jane", "PASSWORD": password},
	}
}

func refused(t *testing.T, w *servertest.World, client, password string) {
	t.Helper()
	w.Fails(t, "InitiateAuth", signIn(client, password), "NotAuthorizedException", "Incorrect username or password.")
}

// hundred calls an operation a hundred times at once and counts the successes; all others must fail with one of codes.
func hundred(t *testing.T, w *servertest.World, operation string, in M, codes ...string) int64 {
	t.Helper()
	var wins atomic.Int64
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			_, err := w.Call(operation, in)
			expected := err == nil
			for _, code := range codes {
				expected = expected || awsjson.IsFault(err, code)
			}
			if !expected {
				t.Errorf("got %v, want one of %v", err, codes)
			}
			if err == nil {
				wins.Add(1)
			}
		})
	}
	all.Wait()
	return wins.Load()
}
