package servertest

import (
	"testing"
	"time"

	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/spec/id"
)

// Password is good under every default policy.
const Password = "Correct-horse-1"

// Pool makes a pool and returns its id; overrides go over the request's members.
func (w *World) Pool(t testing.TB, overrides M) string {
	t.Helper()
	out := w.Must(t, "CreateUserPool", With(M{"PoolName": "test"}, overrides))
	return Text(out, "UserPool.Id")
}

// Client makes a public client that allows every sign-in there is and returns its id; overrides go over the request's
// members.
func (w *World) Client(t testing.TB, pool string, overrides M) string {
	t.Helper()
	out := w.Must(t, "CreateUserPoolClient", With(M{
		"UserPoolId": pool, "ClientName": "test",
		"ExplicitAuthFlows": []string{
			"ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH",
		},
	}, overrides))
	return Text(out, "UserPoolClient.ClientId")
}

// User makes a confirmed user with Password; attributes are pairs of name and value.
func (w *World) User(t testing.TB, pool, username string, attributes ...string) {
	t.Helper()
	w.Must(t, "AdminCreateUser", M{
		"UserPoolId": pool, "Username": username, "MessageAction": "SUPPRESS", "UserAttributes": Attributes(attributes...),
	})
	w.Must(t, "AdminSetUserPassword", M{"UserPoolId": pool, "Username": username, "Password": Password, "Permanent": true})
}

// SignIn signs a user of User in by password and returns the tokens: AccessToken, IdToken, RefreshToken.
func (w *World) SignIn(t testing.TB, client, username string) M {
	t.Helper()
	out := w.Must(t, "InitiateAuth", M{
		"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH",
		"AuthParameters": M{"USERNAME": username, "PASSWORD": Password},
	})
	tokens, ok := out["AuthenticationResult"].(M)
	if !ok {
		t.Fatalf("sign-in of %s gave no tokens: %v", username, out)
	}
	return tokens
}

// Message is one mail or text message.
type Message struct {
	To, Medium, Subject, Body, Code string
	SentAt                          time.Time
}

// Inbox lists the messages to an address, the oldest first; to everyone when it is empty.
func (w *World) Inbox(to string) []Message {
	list, err := w.Server.Outbox.Inbox(w.t.Context(), to, 1000)
	if err != nil {
		w.t.Errorf("inbox: %v", err)
	}
	messages := make([]Message, 0, len(list))
	for _, m := range list {
		messages = append(messages, Message{m.To, m.Medium, m.Subject, m.Body, m.Code, m.SentAt})
	}
	return messages
}

// Code is the newest code, or temporary password, sent to an address.
func (w *World) Code(t testing.TB, to string) string {
	t.Helper()
	messages := w.Inbox(to)
	if len(messages) == 0 {
		t.Fatalf("nothing was sent to %s", to)
	}
	return messages[len(messages)-1].Code
}

// SignOutAll ends what any user of a pool has signed in for so far, as `cardea sessions revoke` does before it ends rows.
func (w *World) SignOutAll(t testing.TB, name string) {
	t.Helper()
	if err := w.DB.Write(t.Context(), func(tx *db.Tx) error { return pool.SignOut(tx, id.Pool(name), w.Now()) }); err != nil {
		t.Fatal(err)
	}
}
