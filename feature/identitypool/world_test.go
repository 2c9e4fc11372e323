package identitypool_test

import (
	"strings"
	"sync"
	"testing"

	"cardea/engine/federated"
	"cardea/feature/identitypool"
	"cardea/platform/db"
	"cardea/server/servertest"
)

// account is a user of a user pool that an identity pool accepts.
type account struct {
	pool, client, user string
	provider           string // the user pool's name as a login
}

// newAccount makes a user pool with a user.
func newAccount(t testing.TB, w *servertest.World) account {
	t.Helper()
	w = w.On("cognito-idp")
	pool := w.Pool(t, nil)
	a := account{pool, w.Client(t, pool, nil), "ann", "cognito-idp.us-east-1.amazonaws.com/" + pool}
	w.User(t, pool, a.user)
	return a
}

// provider is the account's user pool as a setting of an identity pool.
func (a account) setting() M { return M{"ProviderName": a.provider, "ClientId": a.client} }

// logins signs a user of the account's pool in and gives their Logins.
func (a account) logins(t testing.TB, w *servertest.World, user string) M {
	t.Helper()
	return M{a.provider: w.On("cognito-idp").SignIn(t, a.client, user)["IdToken"]}
}

// getID is the IdentityId that GetId answers.
func getID(t testing.TB, w *servertest.World, pool string, logins M) string {
	t.Helper()
	return servertest.Text(w.Must(t, "GetId", M{"IdentityPoolId": pool, "Logins": logins}), "IdentityId")
}

// service is the feature itself, for what no operation of it shows.
func service(w *servertest.World) *identitypool.Service {
	return w.Server.Identities.Identitypool.(*identitypool.Service)
}

// request is what somebody shows: logins as "provider subject".
type request struct {
	named, developer string
	logins           []string
}

func login(logins ...string) request { return request{logins: logins} }

func (r request) on(named string) request { return request{named, r.developer, r.logins} }

func (r request) as(developer string) request { return request{r.named, developer, r.logins} }

// link links as the operations that take logins do.
func link(t testing.TB, w *servertest.World, pool string, r request) (string, error) {
	t.Helper()
	var tokens []*federated.Token
	for _, text := range r.logins {
		provider, subject, _ := strings.Cut(text, " ")
		tokens = append(tokens, &federated.Token{Provider: provider, Subject: subject})
	}
	return service(w).Link(t.Context(), pool, r.named, r.developer, tokens...)
}

func mustLink(t testing.TB, w *servertest.World, pool string, r request) string {
	t.Helper()
	who, err := link(t, w, pool, r)
	if err != nil {
		t.Fatalf("link %+v: %v", r, err)
	}
	return who
}

func failsToLink(t testing.TB, w *servertest.World, pool string, r request, code string) {
	t.Helper()
	who, err := link(t, w, pool, r)
	if err == nil || !strings.HasPrefix(err.Error(), code+": ") {
		t.Errorf("link %+v: got %s, %v, want %s", r, who, err, code)
	}
}

// rows counts the rows of a table.
func rows(t testing.TB, w *servertest.World, table string) (n int) {
	t.Helper()
	err := w.DB.Read(t.Context(), func(tx *db.Tx) (err error) {
		n, err = db.One(tx, func(row db.Scanner) (n int, err error) {
			err = row.Scan(&n)
			return n, err
		}, "SELECT count(*) FROM "+table)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// parallel runs n functions at once and returns what each has answered.
func parallel[T any](n int, do func(i int) T) []T {
	answers := make([]T, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { answers[i] = do(i) })
	}
	group.Wait()
	return answers
}
