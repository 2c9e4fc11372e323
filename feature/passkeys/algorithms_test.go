package passkeys_test

import (
	"testing"

	"cardea/engine/passkey/passkeytest"
	"cardea/server/servertest"
)

func TestAlgorithmsThatAreOfferedRegisterAndSignIn(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := poolWith(t, w, nil)
		client := w.Client(t, pool, M{"ExplicitAuthFlows": []string{"ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH"}})
		for name, algorithm := range map[string]int{"es256": passkeytest.ES256, "rs256": passkeytest.RS256} {
			key := &passkeytest.Authenticator{Origin: origin, Algorithm: algorithm}
			who := bearer(t, w, pool, client, name)
			w.Must(t, "CompleteWebAuthnRegistration", made(t, w, who, key))

			asked := w.Must(t, "InitiateAuth", M{"ClientId": client, "AuthFlow": "USER_AUTH", "AuthParameters": M{
				"USERNAME": name, "PREFERRED_CHALLENGE": "WEB_AUTHN",
			}})
			out := w.Must(t, "RespondToAuthChallenge", M{
				"ClientId": client, "ChallengeName": "WEB_AUTHN", "Session": asked["Session"], "ChallengeResponses": M{
					"USERNAME": name, "CREDENTIAL": key.Assert(t, text(asked, "ChallengeParameters.CREDENTIAL_REQUEST_OPTIONS")),
				},
			})
			if text(out, "AuthenticationResult.AccessToken") == "" {
				t.Errorf("%s: %v", name, out)
			}
		}
	})
}

func TestAlgorithmsThatAreNotOfferedAreRefused(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, _, who := alice(t, w)
		for _, algorithm := range []int{passkeytest.EdDSA, passkeytest.ES384} {
			key := &passkeytest.Authenticator{Origin: origin, Algorithm: algorithm}
			w.Fails(t, "CompleteWebAuthnRegistration", made(t, w, who, key), "WebAuthnCredentialNotSupportedException", "")
		}
		if list := ids(t, w, who); len(list) != 0 {
			t.Errorf("registered: %v", list)
		}
	})
}
