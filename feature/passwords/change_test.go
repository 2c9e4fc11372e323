package passwords_test

import (
	"testing"
	"time"

	"cardea/server/servertest"
)

func change(token any, previous, proposed string) M {
	return M{"AccessToken": token, "PreviousPassword": previous, "ProposedPassword": proposed}
}

func TestChangePasswordNeedsTheOldOne(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, client := jane(t, w, nil, nil)
		token := w.SignIn(t, client, "jane")["AccessToken"]
		w.Fails(t, "ChangePassword", change(token, "Wrong-horse-9", newPassword), "NotAuthorizedException", "Incorrect username or password.")
		w.Fails(t, "ChangePassword", change(token, servertest.Password, "alllower1!"), "InvalidPasswordException",
			"Password did not conform with policy: Password must have uppercase characters")
		w.Fails(t, "ChangePassword", M{"AccessToken": token, "ProposedPassword": newPassword}, "InvalidParameterException", "")
		w.Fails(t, "ChangePassword", change("eyJ.x.y", servertest.Password, newPassword), "NotAuthorizedException", "")
		if out := w.Must(t, "ChangePassword", change(token, servertest.Password, newPassword)); len(out) != 0 {
			t.Errorf("answer %v, want {}", out)
		}
		refused(t, w, client, servertest.Password)
		w.Must(t, "InitiateAuth", signIn(client, newPassword))
		w.Must(t, "GetUser", M{"AccessToken": token}) // tokens outlive a change of password
	})
}

func TestChangePasswordIsLimited(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, client := jane(t, w, nil, nil)
		token := w.SignIn(t, client, "jane")["AccessToken"]
		for range 5 {
			w.Fails(t, "ChangePassword", change(token, "Wrong-horse-9", newPassword), "NotAuthorizedException", "Incorrect username or password.")
		}
		w.Fails(t, "ChangePassword", change(token, servertest.Password, newPassword), "LimitExceededException", limit)
		// The guesses count as sign-in attempts do.
		w.Fails(t, "InitiateAuth", signIn(client, servertest.Password), "NotAuthorizedException", "Password attempts exceeded")
		w.Advance(59 * time.Minute)
		w.Fails(t, "ChangePassword", change(token, servertest.Password, newPassword), "LimitExceededException", limit)
		w.Advance(time.Minute)
		token = w.SignIn(t, client, "jane")["AccessToken"]
		w.Must(t, "ChangePassword", change(token, servertest.Password, newPassword))
	})
}

func TestChangePasswordRespectsTheLockOut(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, client := jane(t, w, nil, nil)
		token := w.SignIn(t, client, "jane")["AccessToken"]
		for range 5 {
			refused(t, w, client, "Wrong-horse-9")
		}
		w.Fails(t, "ChangePassword", change(token, servertest.Password, newPassword), "NotAuthorizedException", "Password attempts exceeded")
		w.Advance(time.Second)
		w.Must(t, "ChangePassword", change(token, servertest.Password, newPassword))
	})
}

func TestChangePasswordRespectsTheHistory(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, client := jane(t, w, M{"Policies": M{"PasswordPolicy": M{"MinimumLength": 8, "PasswordHistorySize": 2}}}, nil)
		token := w.SignIn(t, client, "jane")["AccessToken"]
		const third = "Third-horse-33"
		w.Fails(t, "ChangePassword", change(token, servertest.Password, servertest.Password), "PasswordHistoryPolicyViolationException", "")
		w.Must(t, "ChangePassword", change(token, servertest.Password, newPassword))
		w.Fails(t, "ChangePassword", change(token, newPassword, servertest.Password), "PasswordHistoryPolicyViolationException", "")
		w.Must(t, "ChangePassword", change(token, newPassword, third))
		w.Must(t, "ChangePassword", change(token, third, servertest.Password))
	})
}

func TestOldTokensDoNotGoAroundAReset(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client := jane(t, w, nil, nil)
		token := w.SignIn(t, client, "jane")["AccessToken"]
		w.Must(t, "AdminResetUserPassword", M{"UserPoolId": pool, "Username": "jane"})
		for _, in := range []M{change(token, servertest.Password, newPassword), {"AccessToken": token, "ProposedPassword": newPassword}} {
			if out, err := w.Call("ChangePassword", in); err == nil {
				t.Errorf("changed a password that was reset: %v", out)
			}
		}
		if s := status(t, w, pool, "jane"); s != "RESET_REQUIRED" {
			t.Errorf("status %s", s)
		}
	})
}

func TestOneOfHundredChanges(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, client := jane(t, w, nil, nil)
		token := w.SignIn(t, client, "jane")["AccessToken"]
		wins := hundred(t, w, "ChangePassword", change(token, servertest.Password, newPassword), "LimitExceededException", "NotAuthorizedException")
		if wins != 1 {
			t.Errorf("%d of 100 changed the password, want 1: the others' old password was no longer right", wins)
		}
	})
}
