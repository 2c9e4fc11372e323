"""A back end that signs its users in with second factors."""

from totp import Totp
from world import PASSWORD, Case, new_app, new_pool, phone_number, unique

SMS = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}
ON_AND_PREFERRED = {"Enabled": True, "PreferredMfa": True}


class BackEnd(Case):
    """A pool with second factors by authenticator app and by text message."""

    mode = "OPTIONAL"
    texts = True

    def setUp(self):
        super().setUp()
        recovery = {"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]}
        self.pool = new_pool(self.idp, AccountRecoverySetting=recovery)["Id"]
        factors = {"SmsMfaConfiguration": {"SmsConfiguration": SMS}} if self.texts else {}
        self.idp.set_user_pool_mfa_config(
            UserPoolId=self.pool,
            MfaConfiguration=self.mode,
            SoftwareTokenMfaConfiguration={"Enabled": True},
            **factors,
        )
        self.app = new_app(self.idp, self.pool)["ClientId"]
        self.name = unique("mia")
        self.phone = phone_number()
        self.who = {"UserPoolId": self.pool, "Username": self.name}

    def create(self, permanent=True, phone=True):
        attributes = {"phone_number": self.phone, "phone_number_verified": "true"} if phone else {}
        self.idp.admin_create_user(
            **self.who,
            MessageAction="SUPPRESS",
            TemporaryPassword="Temporary-1",
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
        )
        if permanent:
            self.idp.admin_set_user_password(**self.who, Password=PASSWORD, Permanent=True)

    def begin(self, password=PASSWORD):
        return self.idp.admin_initiate_auth(
            UserPoolId=self.pool,
            ClientId=self.app,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": self.name, "PASSWORD": password},
        )

    def answer(self, challenge, **responses):
        return self.idp.admin_respond_to_auth_challenge(
            UserPoolId=self.pool,
            ClientId=self.app,
            ChallengeName=challenge["ChallengeName"],
            Session=challenge["Session"],
            ChallengeResponses={"USERNAME": self.name, **responses},
        )

    def with_totp(self):
        """Sets up an authenticator app as the user does who is signed in."""
        token = self.begin()["AuthenticationResult"]["AccessToken"]
        totp = Totp(self.idp.associate_software_token(AccessToken=token)["SecretCode"])
        with self.refused("EnableSoftwareTokenMFAException", "Code mismatch"):
            self.idp.verify_software_token(AccessToken=token, UserCode=totp.wrong())
        done = self.idp.verify_software_token(AccessToken=token, UserCode=totp.code(), FriendlyDeviceName="phone")
        self.assertEqual(done["Status"], "SUCCESS")
        return totp

    def settings(self):
        user = self.idp.admin_get_user(**self.who)
        return user.get("PreferredMfaSetting"), user.get("UserMFASettingList")
