"""Policies of IAM as boto3 manages them: read back as written, paged, attached, refused."""

import json
import os
import unittest
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from world import ENDPOINT

DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::büro/${aws:username}/*"}],
}
OTHER = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"},
}
READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
SIGNED = {
    "endpoint_url": os.environ["CONFORMANCE_SIGNED_ENDPOINT"],
    "aws_access_key_id": os.environ["CONFORMANCE_SIGNED_KEY"],
    "aws_secret_access_key": os.environ["CONFORMANCE_SIGNED_SECRET"],
}


class Policies(unittest.TestCase):
    def setUp(self):
        self.clients = [
            boto3.client("iam", config=Config(retries={"max_attempts": 1}), **settings) for settings in ({"endpoint_url": ENDPOINT}, SIGNED)
        ]
        self.name = "p-" + uuid.uuid4().hex

    def refused(self, code, call, **arguments):
        with self.assertRaises(ClientError) as refused:
            call(**arguments)
        self.assertEqual(refused.exception.response["Error"]["Code"], code)

    def test_managed(self):
        for iam in self.clients:
            with self.subTest(iam.meta.endpoint_url):
                self.managed(iam)

    def managed(self, iam):
        made = iam.create_policy(
            PolicyName=self.name, Path="/team/", PolicyDocument=json.dumps(DOCUMENT, ensure_ascii=False, indent=2), Description="d",
            Tags=[{"Key": "empty", "Value": ""}, {"Key": "k", "Value": "v"}],
        )["Policy"]
        arn = made["Arn"]
        self.assertEqual(arn, f"arn:aws:iam::123456789012:policy/team/{self.name}")
        policy = iam.get_policy(PolicyArn=arn)["Policy"]
        self.assertEqual((policy["Description"], policy["DefaultVersionId"], policy["IsAttachable"]), ("d", "v1", True))
        self.assertEqual(policy["Tags"], [{"Key": "empty", "Value": ""}, {"Key": "k", "Value": "v"}])
        self.assertEqual(policy["CreateDate"], made["CreateDate"])

        # botocore decodes documents: they come percent-encoded.
        self.assertEqual(iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"], DOCUMENT)
        second = iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(OTHER), SetAsDefault=True)["PolicyVersion"]
        self.assertEqual((second["VersionId"], second["IsDefaultVersion"]), ("v2", True))
        listed = iam.get_paginator("list_policy_versions").paginate(PolicyArn=arn, PaginationConfig={"PageSize": 1})
        self.assertEqual([v["VersionId"] for page in listed for v in page["Versions"]], ["v2", "v1"])
        self.refused("DeleteConflict", iam.delete_policy_version, PolicyArn=arn, VersionId="v2")
        self.refused("DeleteConflict", iam.delete_policy, PolicyArn=arn)
        iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
        iam.delete_policy_version(PolicyArn=arn, VersionId="v2")

        iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "k", "Value": "w"}])
        iam.untag_policy(PolicyArn=arn, TagKeys=["empty"])
        self.assertEqual(iam.list_policy_tags(PolicyArn=arn)["Tags"], [{"Key": "k", "Value": "w"}])
        listed = iam.get_paginator("list_policies").paginate(Scope="Local", PathPrefix="/team/", PaginationConfig={"PageSize": 1})
        self.assertIn(arn, [p["Arn"] for page in listed for p in page["Policies"]])

        self.refused("EntityAlreadyExists", iam.create_policy, PolicyName=self.name.upper(), PolicyDocument=json.dumps(OTHER))
        self.refused("MalformedPolicyDocument", iam.create_policy, PolicyName=self.name + "x", PolicyDocument="{}")
        iam.delete_policy(PolicyArn=arn)
        self.refused("NoSuchEntity", iam.get_policy, PolicyArn=arn)

    def test_attached_and_inline(self):
        for iam in self.clients:
            with self.subTest(iam.meta.endpoint_url):
                self.attached(iam)

    def attached(self, iam):
        arn = iam.create_policy(PolicyName=self.name, PolicyDocument=json.dumps(DOCUMENT))["Policy"]["Arn"]
        iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=json.dumps(TRUST))
        iam.create_user(UserName=self.name)
        iam.create_group(GroupName=self.name)
        for kind in "role", "user", "group":
            who = {f"{kind.title()}Name": self.name}
            call = lambda name, **arguments: getattr(iam, name)(**who, **arguments)
            for policy in arn, READ_ONLY:
                call(f"attach_{kind}_policy", PolicyArn=policy)
            pages = iam.get_paginator(f"list_attached_{kind}_policies").paginate(**who, PaginationConfig={"PageSize": 1})
            self.assertEqual(sorted(p["PolicyArn"] for page in pages for p in page["AttachedPolicies"]), sorted([arn, READ_ONLY]))

            call(f"put_{kind}_policy", PolicyName="inline", PolicyDocument=json.dumps(DOCUMENT))
            self.assertEqual(call(f"get_{kind}_policy", PolicyName="inline")["PolicyDocument"], DOCUMENT)
            self.assertEqual(call(f"list_{kind}_policies")["PolicyNames"], ["inline"])
            call(f"delete_{kind}_policy", PolicyName="inline")
            self.assertEqual(call(f"list_{kind}_policies")["PolicyNames"], [])
            self.refused("NoSuchEntity", getattr(iam, f"get_{kind}_policy"), **who, PolicyName="inline")

        iam.put_role_permissions_boundary(RoleName=self.name, PermissionsBoundary=arn)
        self.assertEqual(iam.get_role(RoleName=self.name)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"], arn)
        used = iam.get_policy(PolicyArn=arn)["Policy"]
        self.assertEqual((used["AttachmentCount"], used["PermissionsBoundaryUsageCount"]), (3, 1))
        pages = list(iam.get_paginator("list_entities_for_policy").paginate(PolicyArn=arn, PaginationConfig={"PageSize": 1}))
        for kind in "Role", "User", "Group":
            self.assertEqual([e[f"{kind}Name"] for page in pages for e in page[f"Policy{kind}s"]], [self.name])
        self.refused("DeleteConflict", iam.delete_policy, PolicyArn=arn)
        self.refused("DeleteConflict", iam.delete_role, RoleName=self.name)

        iam.delete_role_permissions_boundary(RoleName=self.name)
        for kind in "role", "user", "group":
            for policy in arn, READ_ONLY:
                getattr(iam, f"detach_{kind}_policy")(**{f"{kind.title()}Name": self.name}, PolicyArn=policy)
            getattr(iam, f"delete_{kind}")(**{f"{kind.title()}Name": self.name})
        iam.delete_policy(PolicyArn=arn)

    def test_policies_of_aws(self):
        iam = self.clients[0]
        policy = iam.get_policy(PolicyArn=READ_ONLY)["Policy"]
        document = iam.get_policy_version(PolicyArn=READ_ONLY, VersionId=policy["DefaultVersionId"])["PolicyVersion"]["Document"]
        self.assertEqual(document["Version"], "2012-10-17")
        self.assertIn(READ_ONLY, [p["Arn"] for p in iam.list_policies(Scope="AWS")["Policies"]])
        self.refused("AccessDenied", iam.delete_policy, PolicyArn=READ_ONLY)


if __name__ == "__main__":
    unittest.main()
