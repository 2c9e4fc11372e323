package passwords_test

import (
	"testing"

	"cardea/server/servertest"
)

func TestAdminSetsPermanentAndTemporaryPasswords(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client := jane(t, w, nil, nil)
		set := M{"UserPoolId": pool, "Username": "jane", "Password": newPassword, "Permanent": true}
		if out := w.Must(t, "AdminSetUserPassword", set); len(out) != 0 {
			t.Errorf("answer %v, want {}", out)
		}
		refused(t, w, client, servertest.Password)
		w.Must(t, "InitiateAuth", signIn(client, newPassword))
		if s := status(t, w, pool, "jane"); s != "CONFIRMED" {
			t.Errorf("status %s", s)
		}

		w.Must(t, "AdminSetUserPassword", with(set, M{"Permanent": false, "Password": "Temporary-horse-3"}))
		if s := status(t, w, pool, "jane"); s != "FORCE_CHANGE_PASSWORD" {
			t.Errorf("status %s", s)
		}
		if out := w.Must(t, "InitiateAuth", signIn(client, "Temporary-horse-3")); text(out, "ChallengeName") != "NEW_PASSWORD_REQUIRED" {
			t.Errorf("got %v, want the challenge NEW_PASSWORD_REQUIRED", out)
		}

		w.Fails(t, "AdminSetUserPassword", with(set, M{"Password": "nouppercase1!"}), "InvalidPasswordException",
			"Password did not conform with policy: Password must have uppercase characters")
		w.Fails(t, "AdminSetUserPassword", with(set, M{"Username": "unknown"}), "UserNotFoundException", "User does not exist.")
		w.Fails(t, "AdminSetUserPassword", with(set, M{"UserPoolId": "us-east-1_xxxxxxxxx"}), "ResourceNotFoundException",
			"User pool us-east-1_xxxxxxxxx does not exist.")
	})
}

func TestAdminSetUserPasswordConfirmsAndForgives(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client := jane(t, w, nil, nil)
		w.Must(t, "SignUp", with(who(client, "new"), M{"Password": servertest.Password}))
		w.Must(t, "AdminSetUserPassword", M{"UserPoolId": pool, "Username": "new", "Password": newPassword, "Permanent": true})
		if s := status(t, w, pool, "new"); s != "CONFIRMED" {
			t.Errorf("status %s", s)
		}

		for range 5 {
			refused(t, w, client, "Wrong-horse-9")
		}
		w.Must(t, "ForgotPassword", who(client, "jane"))
		code := w.Code(t, address)
		w.Must(t, "AdminSetUserPassword", M{"UserPoolId": pool, "Username": "jane", "Password": newPassword, "Permanent": true})
		w.Must(t, "InitiateAuth", signIn(client, newPassword))
		w.Fails(t, "ConfirmForgotPassword", with(who(client, "jane"), M{"ConfirmationCode": code, "Password": newPassword}),
			"ExpiredCodeException", expired)
	})
}

func TestAdminResetVoidsThePasswordUntilACodeSetsANewOne(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client := jane(t, w, M{"Policies": M{"PasswordPolicy": M{"MinimumLength": 8, "PasswordHistorySize": 1}}}, nil)
		if out := w.Must(t, "AdminResetUserPassword", M{"UserPoolId": pool, "Username": "jane"}); len(out) != 0 {
			t.Errorf("answer %v, want {}", out)
		}
		if s := status(t, w, pool, "jane"); s != "RESET_REQUIRED" {
			t.Errorf("status %s", s)
		}
		w.Fails(t, "InitiateAuth", signIn(client, servertest.Password), "PasswordResetRequiredException", "Password reset required for the user")

		confirm := with(who(client, "jane"), M{"ConfirmationCode": w.Code(t, address), "Password": servertest.Password})
		w.Fails(t, "ConfirmForgotPassword", confirm, "PasswordHistoryPolicyViolationException", "")
		w.Must(t, "ConfirmForgotPassword", with(confirm, M{"Password": newPassword}))
		w.Must(t, "InitiateAuth", signIn(client, newPassword))
	})
}

func TestAdminResetRefusals(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client := jane(t, w, nil, nil)
		w.User(t, pool, "unreachable")
		w.Must(t, "SignUp", with(who(client, "new"), M{"Password": servertest.Password}))
		w.Must(t, "AdminDisableUser", M{"UserPoolId": pool, "Username": "jane"})
		for username, want := range map[string][2]string{
			"jane":        {"NotAuthorizedException", "User is disabled"},
			"unreachable": {"InvalidParameterException", unreachable},
			"new":         {"NotAuthorizedException", "User password cannot be reset in the current state."},
			"unknown":     {"UserNotFoundException", "User does not exist."},
		} {
			w.Fails(t, "AdminResetUserPassword", M{"UserPoolId": pool, "Username": username}, want[0], want[1])
		}
	})
}
