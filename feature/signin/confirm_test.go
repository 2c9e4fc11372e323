package signin_test

import (
	"testing"
	"time"

	"cardea/platform/db"
	"cardea/record/replay"
	"cardea/server/servertest"
)

// passwordless is a pool where a code by mail is a first factor, and a client that lets users choose.
func eachPasswordless(t *testing.T, body func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.World) {
		w := &world{World: s, pool: s.Pool(t, M{
			"UsernameAttributes": []string{"email"}, "AutoVerifiedAttributes": []string{"email"}, "EmailConfiguration": mailing(),
			"DeviceConfiguration": M{"ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": false},
			"Policies":            M{"SignInPolicy": M{"AllowedFirstAuthFactors": []string{"PASSWORD", "EMAIL_OTP"}}},
		})}
		w.client = s.Client(t, w.pool, M{"ExplicitAuthFlows": []string{"ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH"}})
		body(t, w)
	})
}

// signUp signs somebody up with an address and a password, and gives the Session.
func (w *world) signUp(t *testing.T, address string, overrides M) (session any) {
	t.Helper()
	return w.Must(t, "SignUp", servertest.With(M{"ClientId": w.client, "Username": address, "Password": password,
		"UserAttributes": servertest.Attributes("email", address, "phone_number", phone)}, overrides))["Session"]
}

// byCode signs in by a code to an address, beginning with a Session of the user's sign-up or none.
func (w *world) byCode(t *testing.T, address string, session any) M {
	t.Helper()
	in := w.start("USER_AUTH", address, M{"PREFERRED_CHALLENGE": "EMAIL_OTP"})
	if session != nil {
		in["Session"] = session
	}
	sent := w.Must(t, "InitiateAuth", in)
	return tokens(t, w.answers(t, sent, M{"USERNAME": address, "EMAIL_OTP_CODE": w.Code(t, address)}))
}

func TestWhatWasSetBeforeTheProofOfAnAddressIsVoid(t *testing.T) {
	eachPasswordless(t, func(t *testing.T, w *world) {
		const owner = "owner@example.com"
		w.signUp(t, owner, nil)
		w.byCode(t, owner, nil)

		w.Fails(t, "InitiateAuth", w.byPassword(owner, password), "NotAuthorizedException", wrong)
		out := w.Must(t, "AdminGetUser", M{"UserPoolId": w.pool, "Username": owner})
		for _, a := range out["UserAttributes"].([]any) {
			if name := a.(M)["Name"]; name == "phone_number" || name == "phone_number_verified" {
				t.Errorf("%v is still %v", name, a.(M)["Value"])
			}
		}
		if out["UserStatus"] != "CONFIRMED" {
			t.Errorf("user %v", out)
		}
	})
}

// A function may have linked the account with whoever has made it.
func TestLinksBeforeTheProofOfAnAddressAreVoid(t *testing.T) {
	eachPasswordless(t, func(t *testing.T, w *world) {
		const owner = "owner@example.com"
		w.Must(t, "CreateIdentityProvider", M{"UserPoolId": w.pool, "ProviderName": "Google", "ProviderType": "Google",
			"ProviderDetails": M{"client_id": "a", "client_secret": "b", "authorize_scopes": "openid"}})
		stranger := M{"ProviderName": "Google", "ProviderAttributeName": "Cognito_Subject", "ProviderAttributeValue": "1"}
		link := func() {
			w.Must(t, "AdminLinkProviderForUser", M{"UserPoolId": w.pool, "SourceUser": stranger,
				"DestinationUser": M{"ProviderName": "Cognito", "ProviderAttributeValue": owner}})
		}
		w.signUp(t, owner, nil)
		link()
		w.byCode(t, owner, nil)
		w.Fails(t, "AdminDisableProviderForUser", M{"UserPoolId": w.pool, "User": stranger}, "UserNotFoundException", "")
		for _, a := range w.Must(t, "AdminGetUser", M{"UserPoolId": w.pool, "Username": owner})["UserAttributes"].([]any) {
			if a.(M)["Name"] == "identities" {
				t.Errorf("identities are still %v", a.(M)["Value"])
			}
		}

		link() // now it is the owner's
		w.byCode(t, owner, nil)
		w.Must(t, "AdminDisableProviderForUser", M{"UserPoolId": w.pool, "User": stranger})
	})
}

func TestWhatWasSetStaysWithTheSessionOfItsSignUp(t *testing.T) {
	eachPasswordless(t, func(t *testing.T, w *world) {
		w.byCode(t, "owner@example.com", w.signUp(t, "owner@example.com", nil))
		tokens(t, w.Must(t, "InitiateAuth", w.byPassword("owner@example.com", password)))
		if w.attribute(t, "owner@example.com", "phone_number") != phone {
			t.Error("the phone number is gone")
		}

		other := w.signUp(t, "other@example.com", nil)
		w.signUp(t, "victim@example.com", nil)
		in := w.start("USER_AUTH", "victim@example.com", nil)
		in["Session"] = other
		w.Fails(t, "InitiateAuth", in, "NotAuthorizedException", "Invalid session for the user.")
	})
}

func TestTheSessionOfASignUpIsItsUsersOwn(t *testing.T) {
	eachPasswordless(t, func(t *testing.T, w *world) {
		var sessions []any
		none := M{"Password": nil} // no password tells the two apart
		for _, name := range []string{"one@example.com", "two@example.com"} {
			session := w.signUp(t, name, none)
			sessions = append(sessions, session)
		}
		const invalid = "Invalid session for the user."
		confirm := func(name string, session any) M {
			return M{"ClientId": w.client, "Username": name, "ConfirmationCode": w.Code(t, name), "Session": session}
		}
		w.Fails(t, "ConfirmSignUp", confirm("two@example.com", sessions[0]), "NotAuthorizedException", invalid)
		signedUp := w.Must(t, "ConfirmSignUp", confirm("one@example.com", sessions[0]))["Session"]
		w.Must(t, "ConfirmSignUp", confirm("two@example.com", sessions[1]))

		in := w.start("USER_AUTH", "two@example.com", nil)
		in["Session"] = signedUp
		w.Fails(t, "InitiateAuth", in, "NotAuthorizedException", invalid)
	})
}

func TestASignUpsSessionKeepsTheDevice(t *testing.T) {
	eachPasswordless(t, func(t *testing.T, w *world) {
		const name = "owner@example.com"
		session := w.signUp(t, name, nil)
		signedUp := w.Must(t, "ConfirmSignUp", M{"ClientId": w.client, "Username": name, "ConfirmationCode": w.Code(t, name), "Session": session})["Session"]
		d := w.confirm(t, w.byCode(t, name, nil))
		in := w.start("USER_AUTH", name, M{"DEVICE_KEY": d.key})
		in["Session"] = signedUp
		result := tokens(t, w.Must(t, "InitiateAuth", in))
		if result["NewDeviceMetadata"] != nil {
			t.Errorf("the known device is taken for a new one: %v", result["NewDeviceMetadata"])
		}
	})
}

// Whoever signs up with an address can have the account confirmed without proving it. A code to it then belongs to its owner.
func TestANameThatNobodyHasProvenIsItsOwners(t *testing.T) {
	t.Parallel()
	settings := M{
		"UsernameAttributes": []string{"email", "phone_number"}, "AutoVerifiedAttributes": []string{"email", "phone_number"},
		"EmailConfiguration": mailing(), "SmsConfiguration": texting(),
		"Policies": M{"SignInPolicy": M{"AllowedFirstAuthFactors": []string{"PASSWORD", "EMAIL_OTP"}}},
	}
	const owner = "owner@example.com"
	for how, confirm := range map[string]func(t *testing.T, w *world){
		"by the attacker's phone": func(t *testing.T, w *world) {
			w.Must(t, "ConfirmSignUp", M{"ClientId": w.client, "Username": owner, "ConfirmationCode": w.Code(t, phone)})
		},
		"by an administrator": func(t *testing.T, w *world) {
			w.Must(t, "AdminConfirmSignUp", M{"UserPoolId": w.pool, "Username": owner})
		},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			servertest.Each(t, func(t *testing.T, s *servertest.World) {
				w := &world{World: s, pool: s.Pool(t, settings)}
				w.client = s.Client(t, w.pool, M{"ExplicitAuthFlows": []string{"ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH"}})
				w.signUp(t, owner, nil)
				confirm(t, w)
				before := tokens(t, w.Must(t, "InitiateAuth", w.byPassword(owner, password)))
				w.Advance(time.Second)
				w.byCode(t, owner, nil)
				w.Fails(t, "InitiateAuth", w.byPassword(owner, password), "NotAuthorizedException", wrong)
				w.Fails(t, "GetUser", M{"AccessToken": before["AccessToken"]}, "NotAuthorizedException", "Access Token has been revoked")
				w.Fails(t, "AdminGetUser", M{"UserPoolId": w.pool, "Username": phone}, "UserNotFoundException", "")
				w.byCode(t, owner, nil) // the second time there is nothing to void
			})
		})
	}
}

func TestAnAddressChangedToIsNoNameBeforeItIsVerified(t *testing.T) {
	eachPasswordless(t, func(t *testing.T, w *world) {
		w.byCode(t, "mallory@example.com", w.signUp(t, "mallory@example.com", nil))
		access := tokens(t, w.Must(t, "InitiateAuth", w.byPassword("mallory@example.com", password)))["AccessToken"]
		w.Must(t, "UpdateUserAttributes", M{"AccessToken": access, "UserAttributes": servertest.Attributes("email", "victim@example.com")})
		w.Fails(t, "InitiateAuth", w.start("USER_AUTH", "victim@example.com", nil), "UserNotFoundException", "User does not exist.")
		tokens(t, w.Must(t, "InitiateAuth", w.byPassword("mallory@example.com", password)))

		w.byCode(t, "victim@example.com", w.signUp(t, "victim@example.com", nil))
		w.Fails(t, "VerifyUserAttribute", M{"AccessToken": access, "AttributeName": "email", "Code": w.Code(t, "victim@example.com")}, "CodeMismatchException", "")
	})
}

func TestAnAddressThatAnAdministratorChangesIsAName(t *testing.T) {
	eachPasswordless(t, func(t *testing.T, w *world) {
		w.byCode(t, "old@example.com", w.signUp(t, "old@example.com", nil))
		w.Must(t, "AdminUpdateUserAttributes", M{"UserPoolId": w.pool, "Username": "old@example.com",
			"UserAttributes": servertest.Attributes("email", "new@example.com")})
		w.byCode(t, "new@example.com", nil)
		tokens(t, w.Must(t, "InitiateAuth", w.byPassword("new@example.com", password))) // nothing is void
		w.Fails(t, "InitiateAuth", w.byPassword("old@example.com", password), "UserNotFoundException", "")
	})
}

func TestUsernameMustBeTheUnknownUsersOwn(t *testing.T) {
	eachFactor(t, "OFF", func(t *testing.T, w *world) {
		w.hide(t)
		out := w.Must(t, "InitiateAuth", w.start("USER_AUTH", "nobody", M{"PREFERRED_CHALLENGE": "PASSWORD"}))
		w.refused(t, out, M{"USERNAME": "somebody", "PASSWORD": password}, "NotAuthorizedException", "Invalid session for the user.")
		w.refused(t, out, M{"USERNAME": "nobody", "PASSWORD": password}, "NotAuthorizedException", wrong)
	})
}

func TestStepsThatProveNothingLeaveNoRow(t *testing.T) {
	eachFactor(t, "OFF", func(t *testing.T, w *world) {
		w.hide(t)
		remembered := func() (n int) {
			err := w.DB.Write(t.Context(), func(tx *db.Tx) (err error) {
				n, err = replay.Prune(tx, w.Now().AddDate(1, 0, 0), 1000)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		for _, name := range []string{"alice", "nobody"} {
			choice := w.Must(t, "InitiateAuth", w.start("USER_AUTH", name, nil))
			for range 3 {
				w.answers(t, choice, M{"USERNAME": name, "ANSWER": "PASSWORD"})
				half := w.answers(t, choice, M{"USERNAME": name, "ANSWER": "PASSWORD_SRP"})
				w.answers(t, half, M{"USERNAME": name, "SRP_A": "2"})
				w.answers(t, choice, M{"USERNAME": name, "ANSWER": "PASSWORD_SRP", "SRP_A": "2"})
			}
		}
		if n := remembered(); n != 0 {
			t.Errorf("%d rows tell of steps that prove nothing", n)
		}
		tokens(t, w.answers(t, w.Must(t, "InitiateAuth", w.start("USER_AUTH", "alice", M{"PREFERRED_CHALLENGE": "PASSWORD"})), M{"PASSWORD": password}))
		if n := remembered(); n != 1 {
			t.Errorf("%d rows tell of one Session used", n)
		}
	})
}
