package passwords_test

import (
	"testing"

	"cardea/platform/db"
	"cardea/record/user"
	"cardea/server/servertest"
	"cardea/spec/id"
)

const missingPrevious = "Missing required parameter PreviousPassword"

// passwordless makes a pool, a client of it, and in it the confirmed user jane, who has a verified address and no password.
func passwordless(t *testing.T, w *servertest.World, poolSettings M) (pool, client string) {
	t.Helper()
	pool = w.Pool(t, with(verifies, with(M{
		"Policies": M{"SignInPolicy": M{"AllowedFirstAuthFactors": []string{"PASSWORD", "EMAIL_OTP"}}},
	}, poolSettings)))
	w.Must(t, "AdminCreateUser", M{
		"UserPoolId": pool, "Username": "jane", "MessageAction": "SUPPRESS",
		"UserAttributes": attributes("email", address, "email_verified", "true"),
	})
	return pool, w.Client(t, pool, nil)
}

// bereaved is jane with an access token, and without the password that she got it by.
func bereaved(t *testing.T, w *servertest.World) (pool, client string, token any) {
	t.Helper()
	pool, client = jane(t, w, nil, nil)
	token = w.SignIn(t, client, "jane")["AccessToken"]
	edit(t, w, pool, func(u *user.User) { u.Password = nil })
	return pool, client, token
}

// edit makes of jane what no operation can.
func edit(t *testing.T, w *servertest.World, pool string, change func(u *user.User)) {
	t.Helper()
	found := w.Must(t, "AdminGetUser", M{"UserPoolId": pool, "Username": "jane"})
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		u, err := user.Get(tx, id.Pool(pool), id.Sub(text(found, "UserAttributes.0.Value")))
		if err != nil {
			return err
		}
		change(u)
		return user.Update(tx, u)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestGuessesAtAMissingPasswordFail(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		for _, storage := range []string{"srp", "argon2id"} {
			_, client := passwordless(t, w, M{"UserPoolTags": M{"cardea:password-storage": storage}})
			for range 5 {
				refused(t, w, client, newPassword)
			}
			w.Fails(t, "InitiateAuth", signIn(client, newPassword), "NotAuthorizedException", "Password attempts exceeded")
		}
	})
}

func TestAResetCodeSetsAFirstPassword(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client := passwordless(t, w, nil)
		w.Must(t, "ForgotPassword", who(client, "jane"))
		w.Must(t, "ConfirmForgotPassword", with(who(client, "jane"), M{"ConfirmationCode": w.Code(t, address), "Password": newPassword}))
		w.Must(t, "InitiateAuth", signIn(client, newPassword))
		if s := status(t, w, pool, "jane"); s != "CONFIRMED" {
			t.Errorf("status %s", s)
		}
	})
}

func TestAdminSetsAFirstPassword(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client := passwordless(t, w, nil)
		set := M{"UserPoolId": pool, "Username": "jane", "Password": newPassword}
		w.Must(t, "AdminSetUserPassword", set)
		if out := w.Must(t, "InitiateAuth", signIn(client, newPassword)); text(out, "ChallengeName") != "NEW_PASSWORD_REQUIRED" {
			t.Errorf("a temporary password: %v", out)
		}
		w.Must(t, "AdminSetUserPassword", with(set, M{"Permanent": true}))
		w.Must(t, "InitiateAuth", signIn(client, newPassword))
	})
}

func TestAdminResetDemandsAFirstPassword(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client := passwordless(t, w, M{"Policies": M{
			"PasswordPolicy": M{"MinimumLength": 8, "PasswordHistorySize": 2},
			"SignInPolicy":   M{"AllowedFirstAuthFactors": []string{"PASSWORD", "EMAIL_OTP"}},
		}})
		w.Must(t, "AdminResetUserPassword", M{"UserPoolId": pool, "Username": "jane"})
		if s := status(t, w, pool, "jane"); s != "RESET_REQUIRED" {
			t.Errorf("status %s", s)
		}
		w.Must(t, "ConfirmForgotPassword", with(who(client, "jane"), M{"ConfirmationCode": w.Code(t, address), "Password": newPassword}))
		w.Must(t, "InitiateAuth", signIn(client, newPassword))
	})
}

func TestChangePasswordGivesAFirstOne(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, client, token := bereaved(t, w)
		first := M{"AccessToken": token, "ProposedPassword": newPassword}
		w.Fails(t, "ChangePassword", with(first, M{"ProposedPassword": "weak"}), "InvalidPasswordException", "")
		w.Fails(t, "ChangePassword", change(token, servertest.Password, newPassword), "NotAuthorizedException", "Incorrect username or password.")
		w.Must(t, "ChangePassword", first)
		w.Must(t, "InitiateAuth", signIn(client, newPassword))
		w.Fails(t, "ChangePassword", with(first, M{"ProposedPassword": "Third-horse-33"}), "InvalidParameterException", missingPrevious)
	})
}

func TestOneOfHundredFirstPasswords(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, client, token := bereaved(t, w)
		in := M{"AccessToken": token, "ProposedPassword": newPassword}
		if wins := hundred(t, w, "ChangePassword", in, "LimitExceededException", "NotAuthorizedException", "InvalidParameterException"); wins != 1 {
			t.Errorf("%d of 100 set a first password, want 1", wins)
		}
		w.Must(t, "InitiateAuth", signIn(client, newPassword))
	})
}

func TestFederatedUsersGiveThemselvesNoPassword(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, _, token := bereaved(t, w)
		edit(t, w, pool, func(u *user.User) { u.Status = "EXTERNAL_PROVIDER" })
		w.Fails(t, "ChangePassword", M{"AccessToken": token, "ProposedPassword": newPassword}, "NotAuthorizedException",
			"User password cannot be changed in the current state.")
	})
}
