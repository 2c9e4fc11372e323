package passkeys_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"cardea/engine/passkey/passkeytest"
	"cardea/server/servertest"
)

type M = servertest.M

var (
	with = servertest.With
	text = servertest.Text
)

const (
	rp     = "example.com"
	origin = "https://example.com"
)

// poolWith makes a pool that lets users sign in with passkeys; config goes over its WebAuthnConfiguration.
func poolWith(t *testing.T, w *servertest.World, config M) string {
	t.Helper()
	pool := w.Pool(t, M{"Policies": M{"SignInPolicy": M{"AllowedFirstAuthFactors": []string{"PASSWORD", "WEB_AUTHN"}}}})
	configure(t, w, pool, with(M{"RelyingPartyId": rp, "UserVerification": "preferred"}, config))
	return pool
}

func configure(t *testing.T, w *servertest.World, pool string, config M) {
	t.Helper()
	w.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": pool, "WebAuthnConfiguration": config})
}

// bearer signs a new user in and gives a request with the access token.
func bearer(t *testing.T, w *servertest.World, pool, client, name string) M {
	t.Helper()
	w.User(t, pool, name)
	return M{"AccessToken": w.SignIn(t, client, name)["AccessToken"]}
}

// alice signs in at a new pool.
func alice(t *testing.T, w *servertest.World) (pool, client string, who M) {
	t.Helper()
	pool = poolWith(t, w, nil)
	client = w.Client(t, pool, nil)
	return pool, client, bearer(t, w, pool, client, "alice")
}

// start gives the options of a registration.
func start(t *testing.T, w *servertest.World, who M) []byte {
	t.Helper()
	options, err := json.Marshal(w.Must(t, "StartWebAuthnRegistration", who)["CredentialCreationOptions"])
	if err != nil {
		t.Fatal(err)
	}
	return options
}

// made has an authenticator answer a registration that starts now.
func made(t *testing.T, w *servertest.World, who M, key *passkeytest.Authenticator) M {
	t.Helper()
	return with(who, M{"Credential": key.Register(t, start(t, w, who))})
}

// register gives the user a passkey and answers its id.
func register(t *testing.T, w *servertest.World, who M) string {
	t.Helper()
	before := ids(t, w, who)
	out := w.Must(t, "CompleteWebAuthnRegistration", made(t, w, who, &passkeytest.Authenticator{Origin: origin}))
	if len(out) != 0 {
		t.Errorf("completion answered %v", out)
	}
	for _, id := range ids(t, w, who) {
		found := false
		for _, old := range before {
			found = found || old == id
		}
		if !found {
			return id
		}
	}
	t.Fatal("the new passkey is not listed")
	return ""
}

// ids lists the user's passkeys.
func ids(t *testing.T, w *servertest.World, who M) []string {
	t.Helper()
	list := []string{}
	for _, item := range w.Must(t, "ListWebAuthnCredentials", who)["Credentials"].([]any) {
		list = append(list, fmt.Sprint(item.(M)["CredentialId"]))
	}
	return list
}
