"""Second factors through boto3, as a back end that signs its users in uses them."""

import json
import unittest

from backend import ON_AND_PREFERRED, BackEnd
from botocore.exceptions import ClientError
from totp import Totp
from world import PASSWORD, code_for

USED_ONCE = "Your software token has already been used once."


class SignInByTheBackEnd(BackEnd):
    def test_totp_is_asked_for_and_each_code_works_once(self):
        self.create()
        self.assertEqual(self.settings(), (None, None))
        with self.refused("InvalidParameterException", "User has not verified software token mfa"):
            self.idp.admin_set_user_mfa_preference(**self.who, SoftwareTokenMfaSettings=ON_AND_PREFERRED)
        totp = self.with_totp()
        self.idp.admin_set_user_mfa_preference(**self.who, SoftwareTokenMfaSettings=ON_AND_PREFERRED)
        self.assertEqual(self.settings(), ("SOFTWARE_TOKEN_MFA", ["SOFTWARE_TOKEN_MFA"]))

        challenge = self.begin()
        self.assertEqual(challenge["ChallengeName"], "SOFTWARE_TOKEN_MFA")
        self.assertEqual(challenge["ChallengeParameters"]["FRIENDLY_DEVICE_NAME"], "phone")
        self.assertNotIn("AuthenticationResult", challenge)
        with self.refused("CodeMismatchException", "Invalid code received for user"):
            self.answer(challenge, SOFTWARE_TOKEN_MFA_CODE=totp.wrong())
        with self.refused("NotAuthorizedException", "Invalid session for the user."):
            self.answer({**challenge, "Session": "A" * 100}, SOFTWARE_TOKEN_MFA_CODE="123456")
        code = totp.code()
        self.assertIn("AccessToken", self.answer(challenge, SOFTWARE_TOKEN_MFA_CODE=code)["AuthenticationResult"])
        with self.refused("NotAuthorizedException", "Invalid session for the user, session can only be used once."):
            self.answer(challenge, SOFTWARE_TOKEN_MFA_CODE=code)
        with self.refused("ExpiredCodeException", USED_ONCE):
            self.answer(self.begin(), SOFTWARE_TOKEN_MFA_CODE=code)

        self.idp.admin_set_user_mfa_preference(**self.who, SoftwareTokenMfaSettings={"Enabled": False})
        self.assertEqual(self.settings(), (None, None))
        self.assertIn("AuthenticationResult", self.begin())

    def test_sms_is_asked_for(self):
        self.create()
        self.idp.admin_set_user_mfa_preference(**self.who, SMSMfaSettings=ON_AND_PREFERRED)
        self.assertEqual(self.settings(), ("SMS_MFA", ["SMS_MFA"]))
        challenge = self.begin()
        self.assertEqual(challenge["ChallengeName"], "SMS_MFA")
        parameters = challenge["ChallengeParameters"]
        self.assertEqual(parameters["CODE_DELIVERY_DELIVERY_MEDIUM"], "SMS")
        self.assertEqual(parameters["CODE_DELIVERY_DESTINATION"], f"+*******{self.phone[-4:]}")
        code = code_for(self.phone)
        wrong = format((int(code) + 1) % 1000000, "06d")
        with self.refused("CodeMismatchException"):
            self.answer(challenge, SMS_MFA_CODE=wrong)
        self.assertIn("AccessToken", self.answer(challenge, SMS_MFA_CODE=code)["AuthenticationResult"])

    def test_user_chooses_between_two_factors(self):
        self.create()
        totp = self.with_totp()
        self.idp.admin_set_user_mfa_preference(
            **self.who, SoftwareTokenMfaSettings={"Enabled": True}, SMSMfaSettings={"Enabled": True}
        )
        challenge = self.begin()
        self.assertEqual(challenge["ChallengeName"], "SELECT_MFA_TYPE")
        offered = json.loads(challenge["ChallengeParameters"]["MFAS_CAN_CHOOSE"])
        self.assertEqual(sorted(offered), ["SMS_MFA", "SOFTWARE_TOKEN_MFA"])
        with self.refused("InvalidParameterException"):
            self.answer(challenge, ANSWER="EMAIL_OTP")
        chosen = self.answer(challenge, ANSWER="SOFTWARE_TOKEN_MFA")
        self.assertEqual(chosen["ChallengeName"], "SOFTWARE_TOKEN_MFA")
        self.assertIn("AuthenticationResult", self.answer(chosen, SOFTWARE_TOKEN_MFA_CODE=totp.code()))

    def test_legacy_settings_ask_for_sms(self):
        self.create()
        options = [{"DeliveryMedium": "SMS", "AttributeName": "phone_number"}]
        self.idp.admin_set_user_settings(**self.who, MFAOptions=options)
        self.assertEqual(self.idp.admin_get_user(**self.who)["MFAOptions"], options)
        self.assertEqual(self.begin()["ChallengeName"], "SMS_MFA")


class SignInWhereTotpIsRequired(BackEnd):
    mode = "ON"
    texts = False

    def set_up(self, challenge):
        """Answers MFA_SETUP as far as a verified authenticator app."""
        self.assertEqual(challenge["ChallengeName"], "MFA_SETUP")
        self.assertEqual(json.loads(challenge["ChallengeParameters"]["MFAS_CAN_SETUP"]), ["SOFTWARE_TOKEN_MFA"])
        begun = self.idp.associate_software_token(Session=challenge["Session"])
        totp = Totp(begun["SecretCode"])
        verified = self.idp.verify_software_token(Session=begun["Session"], UserCode=totp.code())
        self.assertEqual(verified["Status"], "SUCCESS")
        return totp, {**challenge, "Session": verified["Session"]}

    def test_invited_user_sets_a_password_and_an_app_up(self):
        self.create(permanent=False, phone=False)
        challenge = self.begin("Temporary-1")
        self.assertEqual(challenge["ChallengeName"], "NEW_PASSWORD_REQUIRED")
        totp, verified = self.set_up(self.answer(challenge, NEW_PASSWORD=PASSWORD))
        self.assertIn("AccessToken", self.answer(verified)["AuthenticationResult"])
        again = self.begin()
        self.assertEqual(again["ChallengeName"], "SOFTWARE_TOKEN_MFA")
        self.assertIn("AuthenticationResult", self.answer(again, SOFTWARE_TOKEN_MFA_CODE=totp.code()))

    def test_setup_counts_when_the_sign_in_is_begun_anew(self):
        self.create(phone=False)
        totp, _ = self.set_up(self.begin())
        again = self.begin()
        self.assertEqual(again["ChallengeName"], "SOFTWARE_TOKEN_MFA")
        self.assertIn("AuthenticationResult", self.answer(again, SOFTWARE_TOKEN_MFA_CODE=totp.code()))

    def test_setup_without_a_verified_app_gives_no_tokens(self):
        self.create(phone=False)
        challenge = self.begin()
        begun = self.idp.associate_software_token(Session=challenge["Session"])
        for session in (challenge["Session"], begun["Session"]):
            with self.assertRaises(ClientError):
                self.answer({**challenge, "Session": session})


if __name__ == "__main__":
    unittest.main()
