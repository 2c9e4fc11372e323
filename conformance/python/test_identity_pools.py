"""Identity pools by boto3: what Terraform does with them, guests, and users of a user pool."""

import unittest

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from world import ENDPOINT, PASSWORD, Case, new_app, new_pool

ROLE = "arn:aws:iam::123456789012:role/conformance"


def identities(**options):
    return boto3.client(
        "cognito-identity", endpoint_url=ENDPOINT, region_name="us-east-1", config=Config(retries={"max_attempts": 1}, **options)
    )


class IdentityPools(Case):
    def setUp(self):
        super().setUp()
        self.admin, self.app = identities(), identities(signature_version=UNSIGNED)
        self.user_pool = new_pool(self.idp)["Id"]
        self.client = new_app(self.idp, self.user_pool)["ClientId"]
        self.provider = f"cognito-idp.us-east-1.amazonaws.com/{self.user_pool}"

    def make(self, **settings):
        settings.setdefault("CognitoIdentityProviders", [{"ProviderName": self.provider, "ClientId": self.client}])
        return self.admin.create_identity_pool(IdentityPoolName="conformance", AllowUnauthenticatedIdentities=True, **settings)

    def logins(self, name):
        self.idp.admin_create_user(UserPoolId=self.user_pool, Username=name, MessageAction="SUPPRESS")
        self.idp.admin_set_user_password(UserPoolId=self.user_pool, Username=name, Password=PASSWORD, Permanent=True)
        answer = self.idp.initiate_auth(
            ClientId=self.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD}
        )
        return {self.provider: answer["AuthenticationResult"]["IdToken"]}

    def test_as_terraform_manages_them(self):
        made = self.make(AllowClassicFlow=False, IdentityPoolTags={"team": "red"})
        pool, arn = made["IdentityPoolId"], f"arn:aws:cognito-identity:us-east-1:123456789012:identitypool/{made['IdentityPoolId']}"
        shown = self.admin.describe_identity_pool(IdentityPoolId=pool)
        for name in "IdentityPoolName", "AllowUnauthenticatedIdentities", "AllowClassicFlow", "CognitoIdentityProviders", "IdentityPoolTags":
            self.assertEqual(shown[name], made[name])
        self.assertNotIn("SupportedLoginProviders", shown)
        self.assertIn(pool, [p["IdentityPoolId"] for p in self.listed()])

        self.admin.tag_resource(ResourceArn=arn, Tags={"cost": "1"})
        self.admin.untag_resource(ResourceArn=arn, TagKeys=["team"])
        self.assertEqual(self.admin.list_tags_for_resource(ResourceArn=arn)["Tags"], {"cost": "1"})
        changed = self.admin.update_identity_pool(
            IdentityPoolId=pool, IdentityPoolName="changed", AllowUnauthenticatedIdentities=False, AllowClassicFlow=True
        )
        self.assertEqual((changed["IdentityPoolName"], changed["IdentityPoolTags"]), ("changed", {"cost": "1"}))
        self.assertNotIn("CognitoIdentityProviders", changed)

        self.assertNotIn("Roles", self.admin.get_identity_pool_roles(IdentityPoolId=pool))
        self.admin.set_identity_pool_roles(IdentityPoolId=pool, Roles={"authenticated": ROLE})
        self.assertEqual(self.admin.get_identity_pool_roles(IdentityPoolId=pool)["Roles"], {"authenticated": ROLE})

        self.admin.delete_identity_pool(IdentityPoolId=pool)
        with self.refused("ResourceNotFoundException"):
            self.admin.describe_identity_pool(IdentityPoolId=pool)

    def listed(self):
        for page in self.admin.get_paginator("list_identity_pools").paginate(PaginationConfig={"PageSize": 60}):
            yield from page["IdentityPools"]

    def test_role_mappings_and_principal_tags(self):
        pool = self.make()["IdentityPoolId"]
        key = f"{self.provider}:{self.client}"
        rule = {"Claim": "custom:team", "MatchType": "Equals", "Value": "red", "RoleARN": ROLE}
        mapping = {"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": {"Rules": [rule]}}
        self.admin.set_identity_pool_roles(IdentityPoolId=pool, Roles={"authenticated": ROLE}, RoleMappings={key: mapping})
        self.assertEqual(self.admin.get_identity_pool_roles(IdentityPoolId=pool)["RoleMappings"], {key: mapping})
        with self.refused("InvalidParameterException", "(x) is not a valid RoleMapping ProviderName or is not a configured provider."):
            self.admin.set_identity_pool_roles(IdentityPoolId=pool, Roles={}, RoleMappings={"x": mapping})

        named = {"IdentityPoolId": pool, "IdentityProviderName": self.provider}
        self.admin.set_principal_tag_attribute_map(**named, UseDefaults=False, PrincipalTags={"team": "custom:team"})
        shown = self.admin.get_principal_tag_attribute_map(**named)
        self.assertEqual((shown["UseDefaults"], shown["PrincipalTags"]), (False, {"team": "custom:team"}))

    def test_guests_and_users(self):
        pool = self.make()["IdentityPoolId"]
        guest = self.app.get_id(IdentityPoolId=pool)["IdentityId"]
        self.assertRegex(guest, r"^us-east-1:[0-9a-f-]{36}$")
        self.assertNotIn("Logins", self.admin.describe_identity(IdentityId=guest))

        logins = self.logins("ann")
        ann = self.app.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"]
        self.assertEqual(self.app.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"], ann)
        shown = self.admin.describe_identity(IdentityId=ann)
        self.assertEqual(shown["Logins"], [self.provider])
        listed = self.admin.list_identities(IdentityPoolId=pool, MaxResults=60)["Identities"]
        self.assertIn((ann, shown["CreationDate"]), [(i["IdentityId"], i["CreationDate"]) for i in listed])

        self.app.unlink_identity(IdentityId=ann, Logins=logins, LoginsToRemove=[self.provider])
        self.assertNotEqual(self.app.get_id(IdentityPoolId=pool, Logins=logins)["IdentityId"], ann)
        self.assertEqual(self.admin.delete_identities(IdentityIdsToDelete=[ann, guest])["UnprocessedIdentityIds"], [])
        with self.refused("ResourceNotFoundException", f"Identity '{guest}' not found."):
            self.admin.describe_identity(IdentityId=guest)

    def test_developer_users(self):
        pool = self.make(DeveloperProviderName="login.example")["IdentityPoolId"]

        def identity(user, **more):
            answer = self.admin.get_open_id_token_for_developer_identity(IdentityPoolId=pool, Logins={"login.example": user}, **more)
            return answer["IdentityId"]

        guest = self.app.get_id(IdentityPoolId=pool)["IdentityId"]
        self.assertEqual(identity("ann", IdentityId=guest), guest)
        bob = identity("bob")
        with self.refused("DeveloperUserAlreadyRegisteredException"):
            identity("ann", IdentityId=bob)
        named = {"IdentityPoolId": pool, "DeveloperProviderName": "login.example"}
        merged = self.admin.merge_developer_identities(**named, SourceUserIdentifier="ann", DestinationUserIdentifier="bob")
        self.assertEqual((merged["IdentityId"], identity("ann")), (bob, bob))
        users = self.admin.lookup_developer_identity(IdentityPoolId=pool, IdentityId=bob)["DeveloperUserIdentifierList"]
        self.assertEqual(users, ["ann", "bob"])
        self.admin.unlink_developer_identity(**named, IdentityId=bob, DeveloperUserIdentifier="ann")
        self.assertNotEqual(identity("ann"), bob)

    def test_refusals(self):
        with self.refused("ValidationException"):
            self.app.get_id(IdentityPoolId=self.user_pool)
        pool = self.admin.create_identity_pool(IdentityPoolName="users only", AllowUnauthenticatedIdentities=False)["IdentityPoolId"]
        with self.refused("NotAuthorizedException", "Unauthenticated access is not supported for this identity pool."):
            self.app.get_id(IdentityPoolId=pool)
        with self.refused("InvalidParameterException", "Invalid Cognito Identity Provider"):
            self.make(CognitoIdentityProviders=[{"ProviderName": "x", "ClientId": "x"}])


if __name__ == "__main__":
    unittest.main()
