package passwords_test

import (
	"testing"

	"cardea/server/servertest"
)

func TestSecondFactorsDoNotRecoverPasswords(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, M{
			"AutoVerifiedAttributes": []string{"email"},
			"SmsConfiguration":       M{"SnsCallerArn": "arn:aws:iam::123456789012:role/sns"},
			"EmailConfiguration":     M{"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/example.org"},
			"AccountRecoverySetting": M{"RecoveryMechanisms": []M{{"Name": "verified_phone_number", "Priority": 1}, {"Name": "verified_email", "Priority": 2}}},
		})
		client := w.Client(t, pool, nil)
		w.User(t, pool, "jane", "email", address, "email_verified", "true", "phone_number", "+15551234567", "phone_number_verified", "true")
		factors := func(sms, email bool) {
			w.Must(t, "AdminSetUserMFAPreference", M{
				"UserPoolId": pool, "Username": "jane", "SMSMfaSettings": M{"Enabled": sms}, "EmailMfaSettings": M{"Enabled": email},
			})
		}
		goes := func(medium string) {
			t.Helper()
			out := w.Must(t, "ForgotPassword", who(client, "jane"))
			if got := text(out, "CodeDeliveryDetails.DeliveryMedium"); got != medium {
				t.Errorf("the code goes by %s, want %s", got, medium)
			}
		}

		w.Must(t, "SetUserPoolMfaConfig", M{
			"UserPoolId": pool, "MfaConfiguration": "OPTIONAL",
			"SmsMfaConfiguration":   M{"SmsConfiguration": M{"SnsCallerArn": "arn:aws:iam::123456789012:role/sns"}},
			"EmailMfaConfiguration": M{"Message": "Code {####}"},
		})
		goes("SMS")
		factors(false, true)
		goes("SMS")
		code := w.Code(t, "+15551234567")
		factors(true, false)
		confirm := with(who(client, "jane"), M{"Password": newPassword})
		goes("EMAIL")
		w.Fails(t, "ConfirmForgotPassword", with(confirm, M{"ConfirmationCode": code}), "CodeMismatchException", "")
		factors(true, true)
		w.Fails(t, "ForgotPassword", who(client, "jane"), "InvalidParameterException", unreachable)
		w.Fails(t, "ConfirmForgotPassword", with(confirm, M{"ConfirmationCode": w.Code(t, address)}), "ExpiredCodeException", expired)
		w.Fails(t, "AdminResetUserPassword", M{"UserPoolId": pool, "Username": "jane"}, "InvalidParameterException", "")

		w.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": pool, "MfaConfiguration": "OFF"})
		goes("SMS")
	})
}

// One mailbox must not be enough: a code to it replaces the password, and another is the second factor.
func TestContactThatIsAskedForAtSignInDoesNotRecoverPasswords(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, M{
			"AutoVerifiedAttributes": []string{"email"},
			"EmailConfiguration":     M{"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/example.org"},
			"AccountRecoverySetting": M{"RecoveryMechanisms": []M{{"Name": "verified_phone_number", "Priority": 1}, {"Name": "verified_email", "Priority": 2}}},
		})
		client := w.Client(t, pool, nil)
		w.User(t, pool, "jane", "email", address, "email_verified", "true")
		w.Must(t, "ForgotPassword", who(client, "jane"))
		confirm := with(who(client, "jane"), M{"Password": newPassword, "ConfirmationCode": w.Code(t, address)})

		w.Must(t, "SetUserPoolMfaConfig", M{
			"UserPoolId": pool, "MfaConfiguration": "ON", "EmailMfaConfiguration": M{"Message": "Code {####}"},
			"SoftwareTokenMfaConfiguration": M{"Enabled": true},
		})
		asked := w.Must(t, "AdminInitiateAuth", M{
			"UserPoolId": pool, "ClientId": client, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
			"AuthParameters": M{"USERNAME": "jane", "PASSWORD": servertest.Password},
		})
		if text(asked, "ChallengeName") != "EMAIL_OTP" {
			t.Fatalf("asked for %v", asked)
		}
		w.Fails(t, "ForgotPassword", who(client, "jane"), "InvalidParameterException", unreachable)
		w.Fails(t, "AdminResetUserPassword", M{"UserPoolId": pool, "Username": "jane"}, "InvalidParameterException", "")
		w.Fails(t, "ConfirmForgotPassword", confirm, "ExpiredCodeException", "") // a code from before

		access := w.Must(t, "AdminRespondToAuthChallenge", M{
			"UserPoolId": pool, "ClientId": client, "ChallengeName": "EMAIL_OTP", "Session": asked["Session"],
			"ChallengeResponses": M{"USERNAME": "jane", "EMAIL_OTP_CODE": w.Code(t, address)},
		})
		token := text(access, "AuthenticationResult.AccessToken")
		w.SoftwareToken(t, token)
		w.Fails(t, "ForgotPassword", who(client, "jane"), "InvalidParameterException", unreachable) // both are asked for
		w.Must(t, "SetUserMFAPreference", M{"AccessToken": token, "SoftwareTokenMfaSettings": M{"Enabled": true, "PreferredMfa": true}})
		w.Must(t, "ForgotPassword", who(client, "jane"))
	})
}

func TestLegacyRecoveryLetsASecondFactorRecover(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, M{"SmsConfiguration": M{"SnsCallerArn": "arn:aws:iam::123456789012:role/sns"}, "MfaConfiguration": "OPTIONAL"})
		client := w.Client(t, pool, nil)
		w.User(t, pool, "jane", "email", address, "email_verified", "true", "phone_number", "+15551234567", "phone_number_verified", "true")
		w.Must(t, "AdminSetUserMFAPreference", M{"UserPoolId": pool, "Username": "jane", "SMSMfaSettings": M{"Enabled": true}})
		if out := w.Must(t, "ForgotPassword", who(client, "jane")); text(out, "CodeDeliveryDetails.DeliveryMedium") != "SMS" {
			t.Errorf("the code goes by %v, want SMS", out)
		}
	})
}
