package passwords_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
)

func TestForgottenPasswordIsReplacedByCode(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client := jane(t, w, nil, nil)
		out := w.Must(t, "ForgotPassword", who(client, "jane"))
		want := M{"CodeDeliveryDetails": M{"AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "j***@e***"}}
		if diff := cmp.Diff(want, out); diff != "" {
			t.Errorf("answer (-want +got):\n%s", diff)
		}
		code := w.Code(t, address)
		confirm := with(who(client, "jane"), M{"ConfirmationCode": code, "Password": newPassword})

		w.Fails(t, "ConfirmForgotPassword", with(confirm, M{"Password": "weak1!"}), "InvalidPasswordException",
			"Password did not conform with policy: Password not long enough")
		w.Fails(t, "ConfirmForgotPassword", with(confirm, M{"ConfirmationCode": "wrong"}), "CodeMismatchException", mismatch)
		w.SignIn(t, client, "jane") // until it is replaced, the old one works
		if out := w.Must(t, "ConfirmForgotPassword", confirm); len(out) != 0 {
			t.Errorf("answer %v, want {}", out)
		}
		w.Fails(t, "ConfirmForgotPassword", confirm, "ExpiredCodeException", expired)
		refused(t, w, client, servertest.Password)
		w.Must(t, "InitiateAuth", signIn(client, newPassword))
		if s := status(t, w, pool, "jane"); s != "CONFIRMED" {
			t.Errorf("status %s", s)
		}
	})
}

func TestResetCodesExpireAndAreReplaced(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, client := jane(t, w, nil, nil)
		confirm := func(code string) M {
			return with(who(client, "jane"), M{"ConfirmationCode": code, "Password": newPassword})
		}
		w.Fails(t, "ConfirmForgotPassword", confirm("123456"), "ExpiredCodeException", expired)
		w.Must(t, "ForgotPassword", who(client, "jane"))
		first := w.Code(t, address)
		w.Must(t, "ForgotPassword", who(client, "jane"))
		second := w.Code(t, address)
		if first != second {
			w.Fails(t, "ConfirmForgotPassword", confirm(first), "CodeMismatchException", mismatch)
		}
		w.Advance(time.Hour - time.Millisecond)
		w.Fails(t, "ConfirmForgotPassword", confirm("wrong"), "CodeMismatchException", mismatch)
		w.Advance(time.Millisecond)
		w.Fails(t, "ConfirmForgotPassword", confirm(second), "ExpiredCodeException", expired)

		w.Must(t, "ForgotPassword", who(client, "jane"))
		w.Advance(time.Hour - time.Millisecond)
		w.Must(t, "ConfirmForgotPassword", confirm(w.Code(t, address)))
	})
}

func TestGuessesAtAResetCodeAreLimited(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, client := jane(t, w, nil, nil)
		confirm := with(who(client, "jane"), M{"ConfirmationCode": "wrong", "Password": newPassword})
		for range 5 {
			w.Must(t, "ForgotPassword", who(client, "jane"))
			w.Fails(t, "ConfirmForgotPassword", confirm, "CodeMismatchException", mismatch)
		}
		for range 10 {
			w.Fails(t, "ConfirmForgotPassword", confirm, "CodeMismatchException", mismatch)
		}
		w.Fails(t, "ConfirmForgotPassword", with(confirm, M{"ConfirmationCode": w.Code(t, address)}), "LimitExceededException", limit)
		w.Fails(t, "ForgotPassword", who(client, "jane"), "LimitExceededException", limit)
		w.Advance(time.Hour)
		w.Must(t, "ForgotPassword", who(client, "jane"))
		w.Must(t, "ConfirmForgotPassword", with(confirm, M{"ConfirmationCode": w.Code(t, address)}))
	})
}

func TestOneOfHundredResets(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, client := jane(t, w, nil, nil)
		w.Must(t, "ForgotPassword", who(client, "jane"))
		in := with(who(client, "jane"), M{"ConfirmationCode": w.Code(t, address), "Password": newPassword})
		if wins := hundred(t, w, "ConfirmForgotPassword", in, "ExpiredCodeException", "LimitExceededException"); wins != 1 {
			t.Errorf("%d of 100 set a password, want 1", wins)
		}
		w.Must(t, "InitiateAuth", signIn(client, newPassword))
	})
}

func TestResetForgivesALockOut(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, client := jane(t, w, nil, nil)
		for range 5 {
			refused(t, w, client, "Wrong-horse-9")
		}
		w.Fails(t, "InitiateAuth", signIn(client, servertest.Password), "NotAuthorizedException", "Password attempts exceeded")
		w.Must(t, "ForgotPassword", who(client, "jane"))
		w.Must(t, "ConfirmForgotPassword", with(who(client, "jane"), M{"ConfirmationCode": w.Code(t, address), "Password": newPassword}))
		w.Must(t, "InitiateAuth", signIn(client, newPassword))
	})
}

func TestHistoryIsJudgedAfterTheCodeAndLeavesIt(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, client := jane(t, w, M{"Policies": M{"PasswordPolicy": M{"MinimumLength": 8, "PasswordHistorySize": 3}}}, nil)
		w.Must(t, "ForgotPassword", who(client, "jane"))
		confirm := with(who(client, "jane"), M{"ConfirmationCode": w.Code(t, address), "Password": servertest.Password})
		w.Fails(t, "ConfirmForgotPassword", with(confirm, M{"ConfirmationCode": "wrong"}), "CodeMismatchException", mismatch)
		w.Fails(t, "ConfirmForgotPassword", confirm, "PasswordHistoryPolicyViolationException", "")
		w.Must(t, "ConfirmForgotPassword", with(confirm, M{"Password": newPassword}))
	})
}

func TestRecoverySettingChoosesTheMedium(t *testing.T) {
	t.Parallel()
	sms := M{"SmsConfiguration": M{"SnsCallerArn": "arn:aws:iam::123456789012:role/sns", "ExternalId": "x"}}
	mechanisms := func(names ...string) M {
		var list []M
		for i, name := range names {
			list = append(list, M{"Name": name, "Priority": i + 1})
		}
		return with(sms, M{"AccountRecoverySetting": M{"RecoveryMechanisms": list}})
	}
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		for _, c := range []struct {
			name    string
			pool    M
			both    string // for a user with both verified; a medium or a fault
			mail    string // for one with a verified address alone
			nothing string
		}{
			{"no setting", sms, "SMS", "EMAIL", unreachable},
			{"mail first", mechanisms("verified_email", "verified_phone_number"), "EMAIL", "EMAIL", unreachable},
			{"phone first", mechanisms("verified_phone_number", "verified_email"), "SMS", "EMAIL", unreachable},
			{"phone alone", mechanisms("verified_phone_number"), "SMS", unreachable, unreachable},
			{"administrator", mechanisms("admin_only"), "Contact administrator to reset password.", "Contact administrator to reset password.", "Contact administrator to reset password."},
		} {
			t.Run(c.name, func(t *testing.T) {
				pool := w.Pool(t, with(verifies, c.pool))
				client := w.Client(t, pool, nil)
				w.User(t, pool, "both", "email", address, "email_verified", "true", "phone_number", "+15551234567", "phone_number_verified", "true")
				w.User(t, pool, "mail", "email", address, "email_verified", "true", "phone_number", "+15551234567")
				w.User(t, pool, "nothing", "email", address)
				for username, want := range map[string]string{"both": c.both, "mail": c.mail, "nothing": c.nothing} {
					out, err := w.Call("ForgotPassword", who(client, username))
					got := text(out, "CodeDeliveryDetails.DeliveryMedium")
					if err != nil {
						got = err.Error()
					}
					if got != want && got != "InvalidParameterException: "+want && got != "NotAuthorizedException: "+want {
						t.Errorf("%s: got %s, want %s", username, got, want)
					}
				}
			})
		}
	})
}

func TestStatesThatCannotBeReset(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client := jane(t, w, nil, nil)
		invited := M{"UserPoolId": pool, "Username": "invited", "MessageAction": "SUPPRESS", "UserAttributes": attributes("email", "i@example.org", "email_verified", "true")}
		w.Must(t, "AdminCreateUser", invited)
		w.Fails(t, "ForgotPassword", who(client, "invited"), "NotAuthorizedException", "User password cannot be reset in the current state.")

		w.Must(t, "AdminDisableUser", M{"UserPoolId": pool, "Username": "jane"})
		w.Fails(t, "ForgotPassword", who(client, "jane"), "NotAuthorizedException", "User is disabled.")
		w.Fails(t, "ConfirmForgotPassword", with(who(client, "jane"), M{"ConfirmationCode": "123456", "Password": newPassword}),
			"NotAuthorizedException", "User is disabled.")

		const unknown = "Username/client id combination not found."
		w.Fails(t, "ForgotPassword", who(client, "unknown"), "UserNotFoundException", unknown)
		w.Fails(t, "ConfirmForgotPassword", with(who(client, "unknown"), M{"ConfirmationCode": "123456", "Password": newPassword}),
			"UserNotFoundException", unknown)

		w.Must(t, "SignUp", with(who(client, "new"), M{"Password": servertest.Password, "UserAttributes": attributes("email", "new@example.org")}))
		sent := len(w.Inbox(""))
		w.Fails(t, "ForgotPassword", who(client, "new"), "InvalidParameterException", unreachable)
		if n := len(w.Inbox("")); n != sent {
			t.Errorf("%d messages to an unverified address", n-sent)
		}
	})
}

func TestHiddenUsersAreIndistinguishableFromUnknownOnes(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client := jane(t, w, nil, M{"PreventUserExistenceErrors": "ENABLED"})
		w.User(t, pool, "disabled", "email", "d@example.org", "email_verified", "true")
		w.Must(t, "AdminDisableUser", M{"UserPoolId": pool, "Username": "disabled"})
		w.User(t, pool, "unreachable", "email", "u@example.org")
		sent := len(w.Inbox(""))

		answers := func(username string) (list []string) {
			call := func(operation string, in M) {
				out, err := w.Call(operation, with(who(client, username), in))
				if err == nil {
					if details, ok := out["CodeDeliveryDetails"].(M); ok {
						details["Destination"] = len(text(details, "Destination"))
					}
				}
				list = append(list, fmt.Sprint(operation, out, err))
			}
			call("ConfirmForgotPassword", M{"ConfirmationCode": "wrong", "Password": newPassword})
			call("ForgotPassword", nil)
			call("ConfirmForgotPassword", M{"ConfirmationCode": "wrong", "Password": "weak1!"})
			for range 16 {
				call("ConfirmForgotPassword", M{"ConfirmationCode": "wrong", "Password": newPassword})
			}
			for range 3 {
				call("ForgotPassword", nil)
			}
			return list
		}
		want := answers("jane")
		for _, username := range []string{"unknown", "disabled", "unreachable", "unknown@example.org"} {
			if diff := cmp.Diff(want, answers(username)); diff != "" {
				t.Errorf("jane and %s (-jane +%s):\n%s", username, username, diff)
			}
		}
		if n, most := len(w.Inbox(""))-sent, len(w.Inbox(address)); n != most || n == 0 {
			t.Errorf("%d messages, %d of them to jane", n, most)
		}
	})
}

func TestSecretHashIsChecked(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		client := w.Client(t, w.Pool(t, verifies), M{"GenerateSecret": true})
		for operation, in := range map[string]M{
			"ForgotPassword":        who(client, "jane"),
			"ConfirmForgotPassword": with(who(client, "jane"), M{"ConfirmationCode": "123456", "Password": newPassword}),
		} {
			w.Fails(t, operation, in, "NotAuthorizedException", "Client "+client+" is configured with secret but SECRET_HASH was not received")
			w.Fails(t, operation, with(in, M{"SecretHash": "d3Jvbmc="}), "NotAuthorizedException", "Unable to verify secret hash for client "+client)
		}
	})
}
