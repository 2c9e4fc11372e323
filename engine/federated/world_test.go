package federated_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"cardea/engine/federated"
	"cardea/engine/issuer"
	"cardea/engine/token"
	"cardea/platform/seal"
	"cardea/record/datakey"
	"cardea/server/servertest"
	"cardea/spec/arn"
	"cardea/spec/cognitoidentity"
)

type M = servertest.M

// world is a server with a user pool, a client and alice, and an identity pool that accepts them.
type world struct {
	*servertest.World
	v            *federated.Verifier
	pool, client string
	name         string // of the user pool as a login
	identities   *cognitoidentity.IdentityPool
}

func each(t *testing.T, body func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) { body(t, newWorld(t, w)) })
}

func newWorld(t *testing.T, server *servertest.World) *world {
	t.Helper()
	master, err := seal.NewMaster(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{World: server, pool: server.Pool(t, nil)}
	w.client = w.Client(t, w.pool, nil)
	w.User(t, w.pool, "alice")
	w.name = "cognito-idp.us-east-1.amazonaws.com/" + w.pool
	w.identities = &cognitoidentity.IdentityPool{
		IdentityPoolId:           "us-east-1:00000000-0000-0000-0000-000000000001",
		CognitoIdentityProviders: []cognitoidentity.CognitoIdentityProvider{{ProviderName: w.name, ClientId: w.client}},
	}
	names := issuer.Names{PublicURL: w.URL}
	w.v = &federated.Verifier{
		DB: w.DB, Names: names, Account: arn.Account{Partition: "aws", ID: servertest.Account},
		Tokens: &token.Minter{DB: w.DB, Ring: &datakey.Ring{Master: master}, Issuer: names.Issuer},
	}
	return w
}

func (w *world) verify(t *testing.T, provider, jwt string) (*federated.Token, error) {
	t.Helper()
	return w.v.Verify(t.Context(), federated.Login{Provider: provider, Token: jwt, Pool: w.identities})
}

func (w *world) fails(t *testing.T, provider, jwt string, want error) {
	t.Helper()
	if _, err := w.verify(t, provider, jwt); !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

// check has the identity pool check the sign-in of the user at every login.
func (w *world) check() {
	yes := true
	w.identities.CognitoIdentityProviders[0].ServerSideTokenCheck = &yes
}

// idToken signs alice in.
func (w *world) idToken(t *testing.T) string {
	return servertest.Text(w.SignIn(t, w.client, "alice"), "IdToken")
}

const hour = time.Hour
