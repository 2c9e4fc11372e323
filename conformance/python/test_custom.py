"""Sign-ins that functions of the pool decide, through boto3. The functions are conformance/functions/pin.py."""

import unittest

from world import PASSWORD, Case, claims, new_app, new_pool, unique


def function(name):
    return f"arn:aws:lambda:us-east-1:000000000000:function:{name}"


class CustomSignIn(Case):
    def setUp(self):
        super().setUp()
        self.pool = new_pool(
            self.idp,
            Schema=[{"Name": "pin", "AttributeDataType": "String", "Mutable": True}],
            LambdaConfig={
                "DefineAuthChallenge": function("pin-define"),
                "CreateAuthChallenge": function("pin-create"),
                "VerifyAuthChallengeResponse": function("pin-verify"),
            },
        )["Id"]
        self.app = new_app(self.idp, self.pool, ExplicitAuthFlows=["ALLOW_CUSTOM_AUTH"])["ClientId"]
        self.name = unique("vera")
        who = {"UserPoolId": self.pool, "Username": self.name}
        self.idp.admin_create_user(
            **who, MessageAction="SUPPRESS", UserAttributes=[{"Name": "custom:pin", "Value": "2468"}]
        )
        self.idp.admin_set_user_password(**who, Password=PASSWORD, Permanent=True)

    def begin(self):
        challenge = self.idp.initiate_auth(
            ClientId=self.app, AuthFlow="CUSTOM_AUTH", AuthParameters={"USERNAME": self.name}
        )
        self.assertEqual(challenge["ChallengeName"], "CUSTOM_CHALLENGE")
        self.assertEqual(challenge["ChallengeParameters"], {"USERNAME": self.name, "digits": "4"})
        return challenge

    def answer(self, challenge, pin):
        return self.idp.respond_to_auth_challenge(
            ClientId=self.app,
            ChallengeName=challenge["ChallengeName"],
            Session=challenge["Session"],
            ChallengeResponses={"USERNAME": self.name, "ANSWER": pin},
        )

    def test_the_pin_signs_in_once(self):
        challenge = self.begin()
        result = self.answer(challenge, "2468")["AuthenticationResult"]
        self.assertEqual(claims(result["AccessToken"])["username"], self.name)
        with self.refused("NotAuthorizedException", "Invalid session for the user, session can only be used once."):
            self.answer(challenge, "2468")

    def test_another_pin_fails_the_sign_in(self):
        challenge = self.begin()
        with self.refused("NotAuthorizedException", "Incorrect username or password."):
            self.answer(challenge, "1357")
        with self.refused("NotAuthorizedException", "Invalid session for the user, session can only be used once."):
            self.answer(challenge, "2468")


if __name__ == "__main__":
    unittest.main()
