"""IAM at the same address: boto3 and the AWS CLI set roles, users, groups, keys and providers up, and read back what they wrote."""

import json
import os
import subprocess
import unittest
import uuid

import boto3
from botocore.exceptions import ClientError
from world import ENDPOINT

SIGNED = {
    "endpoint_url": os.environ["CONFORMANCE_SIGNED_ENDPOINT"],
    "aws_access_key_id": os.environ["CONFORMANCE_SIGNED_KEY"],
    "aws_secret_access_key": os.environ["CONFORMANCE_SIGNED_SECRET"],
}
ACCOUNT = "arn:aws:iam::123456789012:"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Federated": "cognito-identity.amazonaws.com"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:12345678-dead-beef-cafe-123456790ab"},
                "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
            },
        }
    ],
}
ALLOWED = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["iam:GetUser"], "Resource": "*"}]}


def unique(name):
    return f"{name}-{uuid.uuid4().hex[:12]}"


class Case(unittest.TestCase):
    def setUp(self):
        self.iam = boto3.client("iam", endpoint_url=ENDPOINT)

    def refused(self, code, call, **members):
        with self.assertRaises(ClientError) as refused:
            call(**members)
        self.assertEqual(refused.exception.response["Error"]["Code"], code)


class Roles(Case):
    def test_role(self):
        name = unique("role")
        made = self.iam.create_role(
            RoleName=name, Path="/app/", AssumeRolePolicyDocument=json.dumps(TRUST), Tags=[{"Key": "empty", "Value": ""}]
        )["Role"]
        self.assertEqual(made["Arn"], f"{ACCOUNT}role/app/{name}")
        role = self.iam.get_role(RoleName=name)["Role"]
        self.assertEqual(role["AssumeRolePolicyDocument"], TRUST)
        self.assertEqual((role["MaxSessionDuration"], role["Tags"], role["RoleLastUsed"]), (3600, [{"Key": "empty", "Value": ""}], {}))
        self.iam.update_role(RoleName=name, MaxSessionDuration=7200, Description="reads")
        role = boto3.resource("iam", endpoint_url=ENDPOINT).Role(name)
        self.assertEqual((role.max_session_duration, role.description), (7200, "reads"))
        self.assertEqual(list(role.instance_profiles.all()), [])
        self.assertIn(name, [r["RoleName"] for page in self.iam.get_paginator("list_roles").paginate() for r in page["Roles"]])
        self.refused("EntityAlreadyExists", self.iam.create_role, RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
        self.refused("MalformedPolicyDocument", self.iam.update_assume_role_policy, RoleName=name, PolicyDocument="{}")
        self.iam.get_waiter("role_exists").wait(RoleName=name)
        self.iam.delete_role(RoleName=name)
        with self.assertRaises(self.iam.exceptions.NoSuchEntityException):
            self.iam.get_role(RoleName=name)


class Users(Case):
    def test_members(self):
        user, group = unique("user"), unique("group")
        self.iam.create_user(UserName=user, Tags=[{"Key": "team", "Value": "a"}])
        self.iam.get_waiter("user_exists").wait(UserName=user)
        self.iam.create_group(GroupName=group)
        self.assertEqual(self.iam.get_group(GroupName=group)["Users"], [])
        self.iam.add_user_to_group(GroupName=group, UserName=user)
        self.assertEqual([u["UserName"] for u in self.iam.get_group(GroupName=group)["Users"]], [user])
        self.assertEqual([g["GroupName"] for g in self.iam.list_groups_for_user(UserName=user)["Groups"]], [group])
        self.refused("DeleteConflict", self.iam.delete_user, UserName=user)
        self.iam.remove_user_from_group(GroupName=group, UserName=user)
        self.iam.update_user(UserName=user, NewUserName=user + "-2")
        self.iam.delete_user(UserName=user + "-2")
        self.iam.delete_group(GroupName=group)

    def test_pages(self):
        prefix = f"/{unique('pages')}/"
        names = [unique(f"user{i}") for i in range(5)]
        for name in names:
            self.iam.create_user(UserName=name, Path=prefix)
        pages = self.iam.get_paginator("list_users").paginate(PathPrefix=prefix, PaginationConfig={"PageSize": 2})
        self.assertEqual([[u["UserName"] for u in page["Users"]] for page in pages], [names[0:2], names[2:4], names[4:5]])

    def test_key_signs(self):
        """On a server that checks signatures, a user does what policies allow, and the use of the key is told."""
        root, name = boto3.client("iam", **SIGNED), unique("user")
        root.create_user(UserName=name)
        key = root.create_access_key(UserName=name)["AccessKey"]
        mine = {
            "endpoint_url": SIGNED["endpoint_url"],
            "aws_access_key_id": key["AccessKeyId"],
            "aws_secret_access_key": key["SecretAccessKey"],
        }
        caller = boto3.client("sts", **mine).get_caller_identity()
        self.assertEqual(caller["Arn"], f"{ACCOUNT}user/{name}")
        self.refused("AccessDenied", boto3.client("iam", **mine).get_user)
        root.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(ALLOWED))
        self.assertEqual(boto3.client("iam", **mine).get_user()["User"]["UserName"], name)
        used = root.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
        self.assertEqual((used["UserName"], used["AccessKeyLastUsed"]["ServiceName"]), (name, "sts"))
        root.update_access_key(UserName=name, AccessKeyId=key["AccessKeyId"], Status="Inactive")
        self.refused("InvalidClientTokenId", boto3.client("sts", **mine).get_caller_identity)

    def test_cli(self):
        name = unique("user")
        def aws(*arguments):
            done = subprocess.run(
                ["aws", "iam", *arguments, "--endpoint-url", ENDPOINT, "--output", "json"],
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
            )
            return json.loads(done.stdout or "null")

        self.assertEqual(aws("create-user", "--user-name", name)["User"]["Arn"], f"{ACCOUNT}user/{name}")
        self.assertEqual(len(aws("create-access-key", "--user-name", name)["AccessKey"]["SecretAccessKey"]), 40)
        self.assertEqual(len(aws("list-access-keys", "--user-name", name)["AccessKeyMetadata"]), 1)
        self.assertEqual(aws("get-account-summary")["SummaryMap"]["UsersQuota"], 5000)


class Providers(Case):
    def test_oidc(self):
        host = unique("idp") + ".example"
        made = self.iam.create_open_id_connect_provider(Url=f"https://{host}/realms/x", ClientIDList=["one"])
        arn = made["OpenIDConnectProviderArn"]
        self.assertEqual(arn, f"{ACCOUNT}oidc-provider/{host}/realms/x")
        provider = self.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        self.assertEqual(
            [provider[member] for member in ("Url", "ClientIDList", "ThumbprintList", "Tags")], [f"{host}/realms/x", ["one"], [], []]
        )
        self.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        self.refused("NoSuchEntity", self.iam.get_open_id_connect_provider, OpenIDConnectProviderArn=arn)

    def test_saml_wants_metadata(self):
        self.refused("InvalidInput", self.iam.create_saml_provider, Name=unique("saml"), SAMLMetadataDocument="<x/>" + " " * 1000)


if __name__ == "__main__":
    unittest.main()
