package signin_test

import (
	"testing"

	"cardea/engine/lockout"
	"cardea/platform/db"
	"cardea/server/servertest"
	"cardea/spec/id"
)

const crowded = "Too many failed attempts, please try again later."

// crowd has somebody fail very often at an address.
func (w *world) crowd(t *testing.T, address string) {
	t.Helper()
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		for range 500 {
			place := lockout.Source{Client: id.Client(w.client), Address: address}
			if err := place.Fail(tx, id.Pool(w.pool)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestCrowdedAddressIsRefusedWhereverSecretsAreChecked(t *testing.T) {
	eachWith(t, M{"AutoVerifiedAttributes": []string{"email"}, "EmailConfiguration": mailing()}, nil, func(t *testing.T, w *world) {
		w.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": w.pool, "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": M{"Enabled": true}})
		access := tokens(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password)))["AccessToken"]
		w.Must(t, "AssociateSoftwareToken", M{"AccessToken": access})
		half := w.challenge(t, "alice")
		w.give(t, "alice", "email", mailbox, "email_verified", "true")
		w.Must(t, "ForgotPassword", M{"ClientId": w.client, "Username": "alice"})
		w.Must(t, "SignUp", M{"ClientId": w.client, "Username": "carol", "Password": password, "UserAttributes": servertest.Attributes("email", "carol@example.com")})
		w.crowd(t, "198.51.100.7")

		guesses := map[string]M{
			"InitiateAuth":           w.byPassword("alice", password),
			"RespondToAuthChallenge": w.answer(t, half, password),
			"ChangePassword":         {"AccessToken": access, "PreviousPassword": password, "ProposedPassword": password},
			"VerifySoftwareToken":    {"AccessToken": access, "UserCode": "000000"},
			"ConfirmForgotPassword":  {"ClientId": w.client, "Username": "alice", "ConfirmationCode": "000000", "Password": password},
			"ConfirmSignUp":          {"ClientId": w.client, "Username": "carol", "ConfirmationCode": "000000"},
			"VerifyUserAttribute":    {"AccessToken": access, "AttributeName": "email", "Code": "000000"},
		}
		for op, in := range guesses {
			w.From("198.51.100.7").Fails(t, op, in, "TooManyRequestsException", crowded)
		}
		in := w.byPassword("alice", password)
		in["AuthFlow"], in["UserPoolId"] = "ADMIN_USER_PASSWORD_AUTH", w.pool
		tokens(t, w.From("198.51.100.7").Must(t, "AdminInitiateAuth", in)) // a server's address is not its users'
		in["ContextData"] = M{"IpAddress": "198.51.100.7", "ServerName": "s", "ServerPath": "/", "HttpHeaders": []M{}}
		w.Fails(t, "AdminInitiateAuth", in, "TooManyRequestsException", crowded)
		tokens(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password))) // from elsewhere
	})
}

func TestAddressThatAnAppForwardsCountsIfItMayForward(t *testing.T) {
	eachWith(t, nil, M{"GenerateSecret": true}, func(t *testing.T, w *world) {
		out := w.Must(t, "DescribeUserPoolClient", M{"UserPoolId": w.pool, "ClientId": w.client})
		in := w.byPassword("alice", password)
		in["AuthParameters"].(M)["SECRET_HASH"] = hash(servertest.Text(out, "UserPoolClient.ClientSecret"), "alice", w.client)
		in["UserContextData"] = M{"IpAddress": "198.51.100.7"}
		w.crowd(t, "198.51.100.7")
		tokens(t, w.Must(t, "InitiateAuth", in))
		w.Must(t, "UpdateUserPoolClient", M{"UserPoolId": w.pool, "ClientId": w.client, "EnablePropagateAdditionalUserContextData": true,
			"ExplicitAuthFlows": []string{"ALLOW_USER_PASSWORD_AUTH"}})
		w.Fails(t, "InitiateAuth", in, "TooManyRequestsException", crowded)
	})
}
