package useradmin_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
)

// factors are the settings of a pool with these first factors besides the password, and with these invitations.
func factors(invitation M, more ...string) M {
	settings := M{
		"Policies":         M{"SignInPolicy": M{"AllowedFirstAuthFactors": append([]string{"PASSWORD"}, more...)}},
		"SmsConfiguration": M{"SnsCallerArn": "arn:aws:iam::123456789012:role/sns", "ExternalId": "x"},
	}
	if invitation != nil {
		settings["AdminCreateUserConfig"] = M{"InviteMessageTemplate": invitation}
	}
	return settings
}

func TestPasswordlessUserIsConfirmedFromTheStart(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		const confirmed, forced = "CONFIRMED", "FORCE_CHANGE_PASSWORD"
		mail, phone, both := w.Pool(t, factors(nil, "EMAIL_OTP")), w.Pool(t, factors(nil, "SMS_OTP")), w.Pool(t, factors(nil, "EMAIL_OTP", "SMS_OTP"))
		address := attrs("email", "a@b.example", "email_verified", "true")
		number := attrs("phone_number", "+15550100", "phone_number_verified", "true")
		for i, c := range []struct {
			name string
			in   M
			want string
		}{
			{"mail", M{"UserPoolId": mail, "UserAttributes": address}, confirmed},
			{"phone", M{"UserPoolId": phone, "UserAttributes": number}, confirmed},
			{"either", M{"UserPoolId": both, "UserAttributes": number}, confirmed},
			{"given", M{"UserPoolId": mail, "UserAttributes": address, "TemporaryPassword": servertest.Password}, forced},
			{"unverified", M{"UserPoolId": mail, "UserAttributes": attrs("email", "a@b.example")}, forced},
			{"other address", M{"UserPoolId": mail, "UserAttributes": number}, forced},
			{"told a password", M{"UserPoolId": mail, "UserAttributes": address, "MessageAction": nil}, forced},
			{"told nothing", M{"UserPoolId": mail, "UserAttributes": address, "MessageAction": nil, "DesiredDeliveryMediums": []string{"SMS"}}, confirmed},
			{"passkeys", M{"UserPoolId": w.Pool(t, factors(nil, "WEB_AUTHN")), "UserAttributes": address}, forced},
			{"passwords", M{"UserPoolId": w.Pool(t, nil), "UserAttributes": address}, forced},
		} {
			out := w.Must(t, "AdminCreateUser", with(M{"Username": fmt.Sprint("user", i), "MessageAction": "SUPPRESS"}, c.in))
			if got := text(out, "User.UserStatus"); got != c.want {
				t.Errorf("%s: %s, want %s", c.name, got, c.want)
			}
		}
	})
}

func TestInvitationWithoutAPasswordMakesAPasswordlessUser(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, factors(M{"EmailMessage": "Welcome, {username}!", "EmailSubject": "Welcome"}, "EMAIL_OTP"))
		client := w.Client(t, pool, nil)
		in := M{"UserPoolId": pool, "Username": "alice", "UserAttributes": attrs("email", "alice@b.example", "email_verified", "true")}
		if got := text(w.Must(t, "AdminCreateUser", in), "User.UserStatus"); got != "CONFIRMED" {
			t.Errorf("status %s", got)
		}
		mail := w.Inbox("alice@b.example")
		if len(mail) != 1 || mail[0].Body != "Welcome, alice!" || mail[0].Subject != "Welcome" || mail[0].Code != "" {
			t.Errorf("invitation: %+v", mail)
		}
		w.Fails(t, "AdminCreateUser", with(in, M{"MessageAction": "RESEND"}), "UnsupportedUserStateException",
			"Resend not possible. alice status is not FORCE_CHANGE_PASSWORD")
		w.Fails(t, "InitiateAuth", M{
			"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": M{"USERNAME": "alice", "PASSWORD": servertest.Password},
		}, "NotAuthorizedException", "Incorrect username or password.")
	})
}

func TestInvitationWithoutThePasswordIsNotSent(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		settings := factors(M{"SMSMessage": "Welcome, {username}!"}, "EMAIL_OTP", "SMS_OTP")
		pool := w.Pool(t, settings)
		in := M{
			"UserPoolId": pool, "Username": "alice", "DesiredDeliveryMediums": []string{"SMS", "EMAIL"},
			"UserAttributes": attrs("email", "alice@b.example", "phone_number", "+15550100", "email_verified", "true"),
		}
		if got := text(w.Must(t, "AdminCreateUser", in), "User.UserStatus"); got != "FORCE_CHANGE_PASSWORD" {
			t.Errorf("status %s", got)
		}
		sent := func() []int { return []int{len(w.Inbox("alice@b.example")), len(w.Inbox("+15550100"))} }
		if diff := cmp.Diff([]int{1, 0}, sent()); diff != "" {
			t.Errorf("mails and text messages (-want +got):\n%s", diff)
		}

		settings["AdminCreateUserConfig"] = M{"InviteMessageTemplate": M{"SMSMessage": "{username} {####}"}}
		w.Must(t, "UpdateUserPool", with(settings, M{"UserPoolId": pool}))
		w.Must(t, "AdminCreateUser", with(in, M{"MessageAction": "RESEND"}))
		if diff := cmp.Diff([]int{2, 1}, sent()); diff != "" {
			t.Errorf("mails and text messages (-want +got):\n%s", diff)
		}
	})
}
