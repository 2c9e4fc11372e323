package profile_test

import (
	"testing"

	"cardea/server/servertest"
)

func TestThePhoneNumberOfTheRequiredFactorStays(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, bearer := alice(t, w, nil)
		w.Must(t, "UpdateUserAttributes", with(bearer, M{"UserAttributes": attrs("phone_number", "+15550100")}))
		mfa := M{
			"UserPoolId": pool, "SoftwareTokenMfaConfiguration": M{"Enabled": true},
			"SmsMfaConfiguration": M{"SmsConfiguration": M{"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}},
		}
		remove := with(bearer, M{"UserAttributeNames": []string{"phone_number"}})
		administrator := M{"UserPoolId": pool, "Username": "alice", "UserAttributeNames": []string{"phone_number"}}

		w.Must(t, "SetUserPoolMfaConfig", with(mfa, M{"MfaConfiguration": "ON"}))
		const refused = "The attribute cannot be deleted: it is the second factor that the user pool requires."
		w.Fails(t, "DeleteUserAttributes", remove, invalid, refused)
		w.Fails(t, "UpdateUserAttributes", with(bearer, M{"UserAttributes": attrs("phone_number", "")}), invalid, refused)
		w.Fails(t, "AdminDeleteUserAttributes", administrator, invalid, refused)
		w.Must(t, "UpdateUserAttributes", with(bearer, M{"UserAttributes": attrs("phone_number", "+15550199", "name", "A")}))

		w.SoftwareToken(t, bearer["AccessToken"])
		w.Must(t, "SetUserMFAPreference", with(bearer, M{"SoftwareTokenMfaSettings": M{"Enabled": true, "PreferredMfa": true}}))
		w.Must(t, "DeleteUserAttributes", remove)

		w.Must(t, "UpdateUserAttributes", with(bearer, M{"UserAttributes": attrs("phone_number", "+15550199")}))
		w.Must(t, "SetUserPoolMfaConfig", with(mfa, M{"MfaConfiguration": "OPTIONAL"}))
		w.Must(t, "AdminDeleteUserAttributes", administrator)
	})
}
