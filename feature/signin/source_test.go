package signin_test

import (
	"testing"
	"time"

	"cardea/engine/lockout"
	"cardea/outbound/trigger/triggertest"
	"cardea/platform/db"
	"cardea/server/servertest"
	"cardea/spec/id"
)

const rateLimited = "Too many failed attempts, please try again later."

// failOften makes so many failed sign-ins from an address.
func (w *world) failOften(t *testing.T, address string, times int) {
	t.Helper()
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		for range times {
			source := lockout.Source{Client: id.Client(w.client), Address: address}
			if err := source.Fail(tx, id.Pool(w.pool)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAddressWithTooManyFailuresIsRefusedWhereverSecretsAreChecked(t *testing.T) {
	eachWith(t, M{"AutoVerifiedAttributes": []string{"email"}, "EmailConfiguration": mailing()}, nil, func(t *testing.T, w *world) {
		w.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": w.pool, "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": M{"Enabled": true}})
		access := tokens(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password)))["AccessToken"]
		w.Must(t, "AssociateSoftwareToken", M{"AccessToken": access})
		half := w.challenge(t, "alice")
		w.give(t, "alice", "email", mailbox, "email_verified", "true")
		w.Must(t, "ForgotPassword", M{"ClientId": w.client, "Username": "alice"})
		w.Must(t, "SignUp", M{"ClientId": w.client, "Username": "carol", "Password": password, "UserAttributes": servertest.Attributes("email", "carol@example.com")})
		w.failOften(t, "198.51.100.7", 500)

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
			w.From("198.51.100.7").Fails(t, op, in, "TooManyRequestsException", rateLimited)
		}
		in := w.byPassword("alice", password)
		in["AuthFlow"], in["UserPoolId"] = "ADMIN_USER_PASSWORD_AUTH", w.pool
		tokens(t, w.From("198.51.100.7").Must(t, "AdminInitiateAuth", in)) // a server's address is not its users'
		in["ContextData"] = M{"IpAddress": "198.51.100.7", "ServerName": "s", "ServerPath": "/", "HttpHeaders": []M{}}
		w.Fails(t, "AdminInitiateAuth", in, "TooManyRequestsException", rateLimited)
		tokens(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password))) // from elsewhere
	})
}

func TestAddressThatAnAppForwardsCountsIfItMayForward(t *testing.T) {
	eachWith(t, nil, M{"GenerateSecret": true}, func(t *testing.T, w *world) {
		out := w.Must(t, "DescribeUserPoolClient", M{"UserPoolId": w.pool, "ClientId": w.client})
		in := w.byPassword("alice", password)
		in["AuthParameters"].(M)["SECRET_HASH"] = hash(servertest.Text(out, "UserPoolClient.ClientSecret"), "alice", w.client)
		in["UserContextData"] = M{"IpAddress": "198.51.100.7"}
		w.failOften(t, "198.51.100.7", 500)
		tokens(t, w.Must(t, "InitiateAuth", in))
		w.Must(t, "UpdateUserPoolClient", M{"UserPoolId": w.pool, "ClientId": w.client, "EnablePropagateAdditionalUserContextData": true,
			"ExplicitAuthFlows": []string{"ALLOW_USER_PASSWORD_AUTH"}})
		w.Fails(t, "InitiateAuth", in, "TooManyRequestsException", rateLimited)
	})
}

func TestAskingForNamesThatNoUserHasCounts(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		from := w.From("198.51.100.7")
		for i, in := range []M{
			w.byPassword("unknown", password), w.start("USER_SRP_AUTH", "unknown", M{"SRP_A": "2"}), w.start("USER_AUTH", "unknown", nil),
		} {
			w.failOften(t, "198.51.100.7", 499)
			from.Fails(t, "InitiateAuth", in, "UserNotFoundException", "User does not exist.")
			from.Fails(t, "InitiateAuth", in, "TooManyRequestsException", rateLimited)
			w.Fails(t, "InitiateAuth", in, "UserNotFoundException", "User does not exist.") // from elsewhere
			if w.Advance(16 * time.Minute); i == 0 {
				from.Fails(t, "InitiateAuth", in, "UserNotFoundException", "User does not exist.")
				w.Advance(16 * time.Minute)
			}
		}
	})
}

func TestAddressWithTooManyFailuresDoesNotRunPreAuthentication(t *testing.T) {
	eachTrigger(t, []string{"PreAuthentication"}, nil, hiding, func(t *testing.T, w *world, f *triggertest.Function) {
		w.failOften(t, "198.51.100.7", 500)
		for _, name := range []string{"alice", "unknown"} {
			for _, in := range []M{w.byPassword(name, password), w.start("USER_SRP_AUTH", name, M{"SRP_A": "2"}), w.start("USER_AUTH", name, nil)} {
				w.From("198.51.100.7").Fails(t, "InitiateAuth", in, "TooManyRequestsException", rateLimited)
			}
		}
		if asked := sources(f, 0); len(asked) > 0 {
			t.Errorf("asked at %v", asked)
		}
		tokens(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password))) // from elsewhere
	})
}
