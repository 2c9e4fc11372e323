package federated_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"cardea/engine/federated"
	"cardea/engine/identitytoken"
	"cardea/engine/issuer"
	"cardea/engine/token"
	"cardea/outbound/upstream"
	"cardea/outbound/upstream/upstreamtest"
	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/datakey"
	"cardea/record/signingkey/signingkeytest"
	"cardea/record/trustprovider"
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
	ring := &datakey.Ring{Master: master}
	w.v = &federated.Verifier{
		DB: w.DB, Names: names, Account: arn.Account{Partition: "aws", ID: servertest.Account}, Region: "us-east-1",
		Tokens: &token.Minter{DB: w.DB, Ring: ring, Issuer: names.Issuer},
		Identities: &identitytoken.Minter{
			DB: w.DB, Keys: &token.KeyStock{DB: w.DB, Ring: ring, Maker: signingkeytest.Make}, PublicURL: w.URL,
		},
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

// register adds a provider to IAM.
func (w *world) register(t *testing.T, p trustprovider.Provider) {
	t.Helper()
	if err := w.DB.Write(t.Context(), func(tx *db.Tx) error { return trustprovider.Insert(tx, &p) }); err != nil {
		t.Fatal(err)
	}
}

// upstream starts a provider that the verifier calls, registers it if it is of OIDC, and has the identity pool accept it.
func (w *world) upstream(t *testing.T, kind string) *upstreamtest.Provider {
	t.Helper()
	p := upstreamtest.Start(t, kind)
	p.Now = w.Now
	w.v.Upstream = &upstream.Client{
		HTTP: p.HTTP(), Now: w.Now, KeysAge: 10 * time.Minute, KeysMax: 24 * time.Hour, Pause: time.Minute,
	}
	if kind == upstream.OIDC {
		name := strings.TrimPrefix(p.URL, "https://")
		arn := "arn:aws:iam::123456789012:oidc-provider/" + name
		w.register(t, trustprovider.Provider{ARN: arn, Kind: trustprovider.OIDC, Doc: trustprovider.Doc{URL: name, ClientIDs: []string{"first", "app"}}})
		w.identities.OpenIdConnectProviderARNs = []string{arn}
	}
	return p
}

// claims are those of an ID token of a provider, with changes; one that is nil is left out.
func (w *world) claims(p *upstreamtest.Provider, changes M) map[string]any {
	now := w.Now().Unix()
	all := map[string]any{"iss": p.URL, "aud": "app", "sub": "jane", "iat": now, "exp": now + 3600}
	for name, value := range changes {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	return all
}
