"""boto3 as its users use it: sign-up to verified tokens, and the administrator's work."""

import os
import unittest

from botocore.exceptions import ClientError
from world import PASSWORD, Case, Srp, claims, code_for, idp, jwks, new_app, new_pool, secret_hash, unique


class SignUpAndSignIn(Case):
    def setUp(self):
        super().setUp()
        self.pool = new_pool(self.idp)["Id"]
        self.app = new_app(self.idp, self.pool)["ClientId"]
        self.name = unique("ana")
        self.mail = f"{self.name}@example.com"

    def sign_up(self):
        return self.idp.sign_up(
            ClientId=self.app,
            Username=self.name,
            Password=PASSWORD,
            UserAttributes=[{"Name": "email", "Value": self.mail}, {"Name": "name", "Value": "Ana"}],
        )

    def confirmed(self):
        answer = self.sign_up()
        self.idp.confirm_sign_up(ClientId=self.app, Username=self.name, ConfirmationCode=code_for(self.mail))
        return answer["UserSub"]

    def by_password(self, password=PASSWORD):
        return self.idp.initiate_auth(
            ClientId=self.app,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": self.name, "PASSWORD": password},
        )

    def test_sign_up_tells_where_the_code_went(self):
        answer = self.sign_up()
        self.assertFalse(answer["UserConfirmed"])
        self.assertEqual(
            answer["CodeDeliveryDetails"],
            {"Destination": "a***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"},
        )

    def test_unconfirmed_user_cannot_sign_in(self):
        self.sign_up()
        with self.refused("UserNotConfirmedException", "User is not confirmed."):
            self.by_password()

    def test_wrong_code_is_refused_and_the_right_one_works_once(self):
        self.sign_up()
        right = code_for(self.mail)
        wrong = format((int(right) + 1) % 1000000, "06d")
        with self.refused("CodeMismatchException", "Invalid verification code provided, please try again."):
            self.idp.confirm_sign_up(ClientId=self.app, Username=self.name, ConfirmationCode=wrong)
        self.idp.confirm_sign_up(ClientId=self.app, Username=self.name, ConfirmationCode=right)
        with self.refused("NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED"):
            self.idp.confirm_sign_up(ClientId=self.app, Username=self.name, ConfirmationCode=right)

    def test_srp_sign_in_gives_tokens_of_this_user(self):
        sub = self.confirmed()
        srp = Srp(self.pool, PASSWORD)
        challenge = self.idp.initiate_auth(
            ClientId=self.app,
            AuthFlow="USER_SRP_AUTH",
            AuthParameters={"USERNAME": self.name, "SRP_A": srp.start()},
        )
        self.assertEqual(challenge["ChallengeName"], "PASSWORD_VERIFIER")
        answer = self.idp.respond_to_auth_challenge(
            ClientId=self.app,
            ChallengeName="PASSWORD_VERIFIER",
            ChallengeResponses=srp.answer(challenge["ChallengeParameters"]),
        )
        result = answer["AuthenticationResult"]
        self.assertEqual((result["TokenType"], result["ExpiresIn"]), ("Bearer", 3600))
        identity, access = claims(result["IdToken"]), claims(result["AccessToken"])
        self.assertEqual((identity["sub"], identity["aud"], identity["token_use"]), (sub, self.app, "id"))
        self.assertEqual((identity["email"], identity["email_verified"]), (self.mail, True))
        self.assertEqual((access["client_id"], access["scope"]), (self.app, "aws.cognito.signin.user.admin"))
        self.assertEqual(access["username"], self.name)
        self.assertEqual(identity["origin_jti"], access["origin_jti"])
        self.assertEqual(len(jwks(self.pool)["keys"]), 2)

    def test_srp_refuses_a_wrong_password(self):
        self.confirmed()
        srp = Srp(self.pool, "Wrong-Horse-9")
        challenge = self.idp.initiate_auth(
            ClientId=self.app,
            AuthFlow="USER_SRP_AUTH",
            AuthParameters={"USERNAME": self.name, "SRP_A": srp.start()},
        )
        with self.refused("NotAuthorizedException", "Incorrect username or password."):
            self.idp.respond_to_auth_challenge(
                ClientId=self.app,
                ChallengeName="PASSWORD_VERIFIER",
                ChallengeResponses=srp.answer(challenge["ChallengeParameters"]),
            )

    def test_refresh_keeps_the_session(self):
        self.confirmed()
        first = self.by_password()["AuthenticationResult"]
        second = self.idp.initiate_auth(
            ClientId=self.app,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": first["RefreshToken"]},
        )["AuthenticationResult"]
        self.assertNotIn("RefreshToken", second)
        before, after = claims(first["AccessToken"]), claims(second["AccessToken"])
        self.assertEqual(before["origin_jti"], after["origin_jti"])
        self.assertEqual(before["auth_time"], after["auth_time"])
        self.assertNotEqual(before["jti"], after["jti"])

    def test_global_sign_out_ends_every_token(self):
        self.confirmed()
        tokens = self.by_password()["AuthenticationResult"]
        self.idp.global_sign_out(AccessToken=tokens["AccessToken"])
        with self.refused("NotAuthorizedException", "Access Token has been revoked"):
            self.idp.get_user(AccessToken=tokens["AccessToken"])
        with self.refused("NotAuthorizedException", "Refresh Token has been revoked"):
            self.idp.initiate_auth(
                ClientId=self.app,
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
            )

    def test_revoked_refresh_token_is_dead(self):
        self.confirmed()
        tokens = self.by_password()["AuthenticationResult"]
        self.idp.revoke_token(Token=tokens["RefreshToken"], ClientId=self.app)
        with self.refused("NotAuthorizedException", "Refresh Token has been revoked"):
            self.idp.initiate_auth(
                ClientId=self.app,
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
            )

    def test_forgotten_password_is_reset_by_code(self):
        self.confirmed()
        answer = self.idp.forgot_password(ClientId=self.app, Username=self.name)
        self.assertEqual(answer["CodeDeliveryDetails"]["Destination"], "a***@e***")
        with self.refused("InvalidPasswordException"):
            self.idp.confirm_forgot_password(
                ClientId=self.app, Username=self.name, ConfirmationCode=code_for(self.mail), Password="short"
            )
        self.idp.confirm_forgot_password(
            ClientId=self.app, Username=self.name, ConfirmationCode=code_for(self.mail), Password="Another-Horse-8"
        )
        with self.refused("NotAuthorizedException", "Incorrect username or password."):
            self.by_password()
        self.assertIn("AuthenticationResult", self.by_password("Another-Horse-8"))

    def test_password_can_be_changed_with_the_old_one(self):
        self.confirmed()
        token = self.by_password()["AuthenticationResult"]["AccessToken"]
        with self.refused("NotAuthorizedException", "Incorrect username or password."):
            self.idp.change_password(
                AccessToken=token, PreviousPassword="Wrong-Horse-9", ProposedPassword="Another-Horse-8"
            )
        self.idp.change_password(AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword="Another-Horse-8")
        self.assertIn("AuthenticationResult", self.by_password("Another-Horse-8"))

    def test_user_reads_and_changes_their_attributes(self):
        sub = self.confirmed()
        token = self.by_password()["AuthenticationResult"]["AccessToken"]
        self.idp.update_user_attributes(AccessToken=token, UserAttributes=[{"Name": "name", "Value": "Anna"}])
        user = self.idp.get_user(AccessToken=token)
        attributes = {a["Name"]: a["Value"] for a in user["UserAttributes"]}
        self.assertEqual(user["Username"], self.name)
        self.assertEqual(
            attributes, {"sub": sub, "email": self.mail, "email_verified": "true", "name": "Anna"}
        )
        with self.refused("NotAuthorizedException", "A client attempted to write unauthorized attribute"):
            self.idp.update_user_attributes(
                AccessToken=token, UserAttributes=[{"Name": "email_verified", "Value": "true"}]
            )

    def test_deleted_user_is_gone(self):
        self.confirmed()
        tokens = self.by_password()["AuthenticationResult"]
        self.idp.delete_user(AccessToken=tokens["AccessToken"])
        with self.refused("UserNotFoundException", "User does not exist."):
            self.idp.admin_get_user(UserPoolId=self.pool, Username=self.name)
        with self.assertRaises(ClientError):
            self.idp.get_user(AccessToken=tokens["AccessToken"])


class ClientWithSecret(Case):
    def test_secret_hash_is_required_and_checked(self):
        pool = new_pool(self.idp)["Id"]
        app = new_app(self.idp, pool, GenerateSecret=True)
        name = unique("sam")
        sign_up = dict(ClientId=app["ClientId"], Username=name, Password=PASSWORD)
        with self.refused(
            "NotAuthorizedException",
            f"Client {app['ClientId']} is configured with secret but SECRET_HASH was not received",
        ):
            self.idp.sign_up(**sign_up)
        with self.refused(
            "NotAuthorizedException", f"Unable to verify secret hash for client {app['ClientId']}"
        ):
            self.idp.sign_up(**sign_up, SecretHash="AAAA")
        self.idp.sign_up(**sign_up, SecretHash=secret_hash(app, name))
        self.idp.admin_confirm_sign_up(UserPoolId=pool, Username=name)
        answer = self.idp.initiate_auth(
            ClientId=app["ClientId"],
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD, "SECRET_HASH": secret_hash(app, name)},
        )
        self.assertIn("AccessToken", answer["AuthenticationResult"])


class Administration(Case):
    def setUp(self):
        super().setUp()
        self.pool = new_pool(self.idp)["Id"]
        self.app = new_app(self.idp, self.pool)["ClientId"]

    def create(self, name, **settings):
        return self.idp.admin_create_user(UserPoolId=self.pool, Username=name, **settings)["User"]

    def test_invited_user_sets_a_password(self):
        name = unique("bea")
        mail = f"{name}@example.com"
        user = self.create(
            name,
            UserAttributes=[{"Name": "email", "Value": mail}, {"Name": "email_verified", "Value": "true"}],
            DesiredDeliveryMediums=["EMAIL"],
        )
        self.assertEqual(user["UserStatus"], "FORCE_CHANGE_PASSWORD")
        challenge = self.idp.admin_initiate_auth(
            UserPoolId=self.pool,
            ClientId=self.app,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": code_for(mail)},
        )
        self.assertEqual(challenge["ChallengeName"], "NEW_PASSWORD_REQUIRED")
        answer = self.idp.admin_respond_to_auth_challenge(
            UserPoolId=self.pool,
            ClientId=self.app,
            ChallengeName="NEW_PASSWORD_REQUIRED",
            Session=challenge["Session"],
            ChallengeResponses={"USERNAME": name, "NEW_PASSWORD": PASSWORD},
        )
        self.assertEqual(claims(answer["AuthenticationResult"]["IdToken"])["cognito:username"], name)
        self.assertEqual(
            self.idp.admin_get_user(UserPoolId=self.pool, Username=name)["UserStatus"], "CONFIRMED"
        )

    def test_list_users_filters_and_pages(self):
        for number in range(7):
            self.create(
                f"user{number}",
                MessageAction="SUPPRESS",
                UserAttributes=[{"Name": "email", "Value": f"user{number}@example.com"}],
            )
        found = self.idp.list_users(UserPoolId=self.pool, Filter='email = "user3@example.com"')["Users"]
        self.assertEqual([u["Username"] for u in found], ["user3"])
        pages = self.idp.get_paginator("list_users").paginate(
            UserPoolId=self.pool, Filter='username ^= "user"', PaginationConfig={"PageSize": 3}
        )
        names = [u["Username"] for page in pages for u in page["Users"]]
        self.assertEqual(sorted(names), [f"user{n}" for n in range(7)])
        with self.refused("InvalidParameterException"):
            self.idp.list_users(UserPoolId=self.pool, Filter="email ~ 3")

    def test_groups_reach_the_tokens(self):
        name = unique("gil")
        self.create(name, MessageAction="SUPPRESS")
        self.idp.admin_set_user_password(UserPoolId=self.pool, Username=name, Password=PASSWORD, Permanent=True)
        role = "arn:aws:iam::123456789012:role/editors"
        self.idp.create_group(UserPoolId=self.pool, GroupName="editors", Precedence=1, RoleArn=role)
        self.idp.create_group(UserPoolId=self.pool, GroupName="readers", Precedence=5)
        for group in ("readers", "editors"):
            self.idp.admin_add_user_to_group(UserPoolId=self.pool, Username=name, GroupName=group)
        answer = self.idp.initiate_auth(
            ClientId=self.app,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
        )["AuthenticationResult"]
        identity = claims(answer["IdToken"])
        self.assertEqual(identity["cognito:groups"], ["editors", "readers"])
        self.assertEqual(identity["cognito:preferred_role"], role)

    def test_disabled_user_is_cut_off_at_once(self):
        name = unique("dot")
        self.create(name, MessageAction="SUPPRESS")
        self.idp.admin_set_user_password(UserPoolId=self.pool, Username=name, Password=PASSWORD, Permanent=True)
        credentials = dict(
            ClientId=self.app,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
        )
        tokens = self.idp.initiate_auth(**credentials)["AuthenticationResult"]
        self.idp.admin_disable_user(UserPoolId=self.pool, Username=name)
        with self.assertRaises(ClientError):
            self.idp.get_user(AccessToken=tokens["AccessToken"])
        with self.refused("NotAuthorizedException", "User is disabled."):
            self.idp.initiate_auth(**credentials)

    def test_describe_shows_defaults_as_aws_does(self):
        pool = self.idp.describe_user_pool(UserPoolId=self.pool)["UserPool"]
        self.assertEqual(len(pool["SchemaAttributes"]), 20)
        self.assertEqual(pool["SchemaAttributes"][0]["Name"], "sub")
        self.assertEqual(pool["Policies"]["PasswordPolicy"]["MinimumLength"], 8)
        self.assertEqual(pool["MfaConfiguration"], "OFF")
        self.assertEqual(pool["UserPoolTier"], "ESSENTIALS")
        self.assertEqual(pool["Arn"], f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{self.pool}")

    def test_pools_live_in_the_region_of_the_request(self):
        elsewhere = idp(region_name="eu-central-1")
        pool = new_pool(elsewhere)["Id"]
        self.assertTrue(pool.startswith("eu-central-1_"))
        listed = elsewhere.get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": 60})
        ids = [p["Id"] for page in listed for p in page["UserPools"]]
        self.assertIn(pool, ids)
        self.assertNotIn(self.pool, ids)

    def test_delete_pool_ends_it(self):
        self.idp.delete_user_pool(UserPoolId=self.pool)
        with self.refused("ResourceNotFoundException", f"User pool {self.pool} does not exist."):
            self.idp.describe_user_pool(UserPoolId=self.pool)


class Signatures(Case):
    def client(self, **credentials):
        return idp(endpoint_url=os.environ["CONFORMANCE_SIGNED_ENDPOINT"], **credentials)

    def test_production_accepts_its_own_keys_alone(self):
        key, secret = os.environ["CONFORMANCE_SIGNED_KEY"], os.environ["CONFORMANCE_SIGNED_SECRET"]
        good = self.client(aws_access_key_id=key, aws_secret_access_key=secret)
        self.assertEqual(new_pool(good)["Name"], "conformance")
        with self.refused("InvalidSignatureException"):
            new_pool(self.client(aws_access_key_id=key, aws_secret_access_key="wrong"))
        with self.refused(
            "UnrecognizedClientException", "The security token included in the request is invalid."
        ):
            new_pool(self.client(aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key=secret))


if __name__ == "__main__":
    unittest.main()
