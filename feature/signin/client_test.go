package signin_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// hash is SECRET_HASH.
func hash(secret, name, client string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(name + client))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func TestASecretClientProvesItselfAtEveryStep(t *testing.T) {
	eachWith(t, nil, M{"GenerateSecret": true}, func(t *testing.T, w *world) {
		out := w.Must(t, "DescribeUserPoolClient", M{"UserPoolId": w.pool, "ClientId": w.client})
		secret := out["UserPoolClient"].(M)["ClientSecret"].(string)
		missing := "Client " + w.client + " is configured with secret but SECRET_HASH was not received"
		unable := "Unable to verify secret hash for client " + w.client

		in := w.byPassword("alice", password)
		w.Fails(t, "InitiateAuth", in, "NotAuthorizedException", missing)
		in["AuthParameters"].(M)["SECRET_HASH"] = hash(secret, "bob", w.client)
		w.Fails(t, "InitiateAuth", in, "NotAuthorizedException", unable)
		in["AuthParameters"].(M)["SECRET_HASH"] = hash(secret, "alice", w.client)
		result := tokens(t, w.Must(t, "InitiateAuth", in))

		sub := w.invited(t, "bob", M{})
		start := w.byPassword("bob", temporary)
		start["AuthParameters"].(M)["SECRET_HASH"] = hash(secret, "bob", w.client)
		answer := M{
			"ClientId": w.client, "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": w.Must(t, "InitiateAuth", start)["Session"],
			"ChallengeResponses": M{"USERNAME": "bob", "NEW_PASSWORD": password},
		}
		w.Fails(t, "RespondToAuthChallenge", answer, "NotAuthorizedException", missing)
		answer["ChallengeResponses"].(M)["SECRET_HASH"] = hash(secret, "bob", w.client)
		bobs := tokens(t, w.Must(t, "RespondToAuthChallenge", answer))

		refresh := M{"REFRESH_TOKEN": result["RefreshToken"]}
		again := M{"ClientId": w.client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": refresh}
		w.Fails(t, "InitiateAuth", again, "NotAuthorizedException", missing)
		refresh["SECRET_HASH"] = hash(secret, "bob", w.client)
		w.Fails(t, "InitiateAuth", again, "NotAuthorizedException", unable)
		refresh["SECRET_HASH"] = hash(secret, "alice", w.client)
		tokens(t, w.Must(t, "InitiateAuth", again))
		refresh["REFRESH_TOKEN"], refresh["SECRET_HASH"] = bobs["RefreshToken"], hash(secret, sub, w.client)
		tokens(t, w.Must(t, "InitiateAuth", again))
	})
}

func TestRefreshingGivesNewTokensWithoutARefreshToken(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first := tokens(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password)))
		for _, flow := range []string{"REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"} {
			in := M{"ClientId": w.client, "AuthFlow": flow, "AuthParameters": M{"REFRESH_TOKEN": first["RefreshToken"]}}
			if result := tokens(t, w.Must(t, "InitiateAuth", in)); result["RefreshToken"] != nil {
				t.Errorf("%s answers a refresh token", flow)
			}
			in["UserPoolId"] = w.pool
			tokens(t, w.Must(t, "AdminInitiateAuth", in))
		}
		w.Fails(t, "InitiateAuth", M{
			"ClientId": w.client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": M{"REFRESH_TOKEN": "garbage"},
		}, "NotAuthorizedException", "Invalid Refresh Token")
	})
}

func TestAClientThatRotatesHasNoRefreshFlow(t *testing.T) {
	eachWith(t, nil, M{
		"RefreshTokenRotation": M{"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
		"ExplicitAuthFlows":    []string{"ALLOW_USER_PASSWORD_AUTH"},
	}, func(t *testing.T, w *world) {
		result := tokens(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password)))
		w.Fails(t, "InitiateAuth", M{
			"ClientId": w.client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": M{"REFRESH_TOKEN": result["RefreshToken"]},
		}, "InvalidParameterException", "REFRESH_TOKEN_AUTH is not enabled for the client.")
	})
}

func TestUnknownClientsAndPools(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const unknown = "1234567890abcdefghijklmnop"
		in := w.byPassword("alice", password)
		in["ClientId"] = unknown
		w.Fails(t, "InitiateAuth", in, "ResourceNotFoundException", "User pool client "+unknown+" does not exist.")
		in["UserPoolId"], in["AuthFlow"] = "us-east-1_Nothing00", "ADMIN_USER_PASSWORD_AUTH"
		w.Fails(t, "AdminInitiateAuth", in, "ResourceNotFoundException", "User pool us-east-1_Nothing00 does not exist.")
	})
}

func TestFactorsAreWhatTheUserHas(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		access := tokens(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password)))["AccessToken"]
		want := M{"Username": "alice", "ConfiguredUserAuthFactors": []any{"PASSWORD"}}
		if diff := cmp.Diff(want, w.Must(t, "GetUserAuthFactors", M{"AccessToken": access})); diff != "" {
			t.Errorf("GetUserAuthFactors (-want +got):\n%s", diff)
		}
		admin := w.Must(t, "AdminGetUserAuthFactors", M{"UserPoolId": w.pool, "Username": "alice"})
		if diff := cmp.Diff(want, admin); diff != "" {
			t.Errorf("AdminGetUserAuthFactors (-want +got):\n%s", diff)
		}
	})
}
