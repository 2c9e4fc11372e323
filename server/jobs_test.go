package server

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"cardea/engine/message"
	"cardea/outbound/mail"
	"cardea/platform/db/dbtest"
	"cardea/spec/cognitoidp"
)

// slowRelay accepts mails to one address at once, and all others only when released.
type slowRelay struct {
	quick    string
	release  chan struct{} // closed when it may accept the others
	waiting  chan struct{} // receives for each mail that waits
	accepted chan string   // addresses
}

func (r *slowRelay) Send(ctx context.Context, l mail.Letter) error {
	if l.To != r.quick {
		r.waiting <- struct{}{}
		select {
		case <-r.release:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	r.accepted <- l.To
	return nil
}

func TestFloodOfSignUpsDoesNotDelayRecoveryCodes(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		const flood = 50
		relay := &slowRelay{
			quick: "alice@example.org", release: make(chan struct{}), waiting: make(chan struct{}, flood), accepted: make(chan string, flood+1),
		}
		srv, err := New(t.Context(), Config{
			Dev: true, Addr: "127.0.0.1:0", PublicURL: "http://localhost", Region: "us-east-1", Account: "123456789012",
			Database: url, MasterKeys: [][]byte{bytes.Repeat([]byte{7}, 32)}, Test: Test{FastDatabase: true},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer srv.Close()
		srv.Outbox.Keep, srv.Outbox.Senders = false, []message.Sender{{Match: []string{message.MatchAny}, Mail: relay}}
		demo, err := srv.Demo(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, err = srv.API.Useradmin.AdminCreateUser(t.Context(), &cognitoidp.AdminCreateUserRequest{
			UserPoolId: demo.Pool, Username: "alice", MessageAction: "SUPPRESS",
			UserAttributes: []cognitoidp.AttributeType{{Name: "email", Value: relay.quick}, {Name: "email_verified", Value: "true"}},
		})
		if err == nil {
			_, err = srv.API.Passwords.AdminSetUserPassword(t.Context(), &cognitoidp.AdminSetUserPasswordRequest{
				UserPoolId: demo.Pool, Username: "alice", Password: "Correct-horse-1", Permanent: true,
			})
		}
		if err != nil {
			t.Fatal(err)
		}
		stop := srv.startJobs(t.Context())
		defer stop()

		for n := range flood {
			_, err := srv.API.Signup.SignUp(t.Context(), &cognitoidp.SignUpRequest{
				ClientId: demo.Client, Username: fmt.Sprint("user", n), Password: "Correct-horse-1",
				UserAttributes: []cognitoidp.AttributeType{{Name: "email", Value: fmt.Sprintf("user%d@example.org", n)}},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for range 1 + moreLoops {
			<-relay.waiting // every loop that delivers sign-ups is held up
		}

		began := time.Now()
		_, err = srv.API.Passwords.ForgotPassword(t.Context(), &cognitoidp.ForgotPasswordRequest{ClientId: demo.Client, Username: "alice"})
		if err != nil {
			t.Fatal(err)
		}
		select {
		case to := <-relay.accepted:
			if to != relay.quick {
				t.Errorf("delivered to %s first", to)
			}
			t.Logf("the code was delivered after %v, before %d other mails", time.Since(began), flood)
		case <-time.After(4 * time.Second): // before a loop would look by itself
			t.Fatal("the recovery code waits for sign-ups")
		}

		close(relay.release)
		for n := range flood {
			select {
			case to := <-relay.accepted:
				if !strings.HasPrefix(to, "user") {
					t.Errorf("delivered to %s", to)
				}
			case <-time.After(30 * time.Second):
				t.Fatalf("%d of %d mails were delivered", n, flood)
			}
		}
	})
}
