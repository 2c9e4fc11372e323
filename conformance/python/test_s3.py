"""S3 with temporary credentials of a role, through the guard and by versitygw itself, as boto3 uses them, on both databases."""

import contextlib
import io
import json
import os
import ssl
import unittest
import urllib.error
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

STORAGES = json.loads(os.environ["CONFORMANCE_STORAGE"])
CERTIFICATES = os.environ["CONFORMANCE_PEERS_PEM"]
STYLE = Config(s3={"addressing_style": "path"}, signature_version="s3v4", retries={"max_attempts": 1})
TRUST = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}}
OWN = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:GetObjectTagging", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
            "Resource": "arn:aws:s3:::photos/build/*",
        },
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::photos", "Condition": {"StringLike": {"s3:prefix": "build/*"}}},
    ],
}
KEY = "build/a b+%2Fü/c.txt"


def client(service, endpoint, key, secret, token=None):
    return boto3.client(
        service, endpoint_url=endpoint, region_name="us-east-1", config=STYLE if service == "s3" else None, verify=CERTIFICATES,
        aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token=token,
    )


class Role:
    """A role of one server that may use a folder of one bucket."""

    def __init__(self, storage, bucket):
        iam, sts = (client(service, storage["server"], *storage["key"]) for service in ("iam", "sts"))
        policy = json.dumps(OWN).replace("photos", bucket)
        iam.create_role(RoleName=bucket, AssumeRolePolicyDocument=json.dumps(TRUST))
        iam.put_role_policy(RoleName=bucket, PolicyName="own", PolicyDocument=policy)
        role = sts.assume_role(RoleArn=f"arn:aws:iam::123456789012:role/{bucket}", RoleSessionName="build")["Credentials"]
        self.credentials = role["AccessKeyId"], role["SecretAccessKey"], role["SessionToken"]
        gateway = client("s3", storage["gateway"], *storage["root"])
        gateway.create_bucket(Bucket=bucket)
        gateway.put_object(Bucket=bucket, Key="other/k", Body=b"secret")


class S3:
    @classmethod
    def setUpClass(cls):
        cls.bucket = cls.__name__.lower()
        cls.endpoint = cls.storage[cls.way]
        cls.credentials = Role(cls.storage, cls.bucket).credentials
        cls.s3 = client("s3", cls.endpoint, *cls.credentials)

    def open(self, url):
        trusted = ssl.create_default_context(cafile=CERTIFICATES) if url.startswith("https:") else None
        return urllib.request.urlopen(url, timeout=10, context=trusted)

    @contextlib.contextmanager
    def denied(self, code="AccessDenied"):
        with self.assertRaises(ClientError) as refused:
            yield
        self.assertEqual(refused.exception.response["Error"]["Code"], code)

    def test_objects(self):
        self.s3.put_object(Bucket=self.bucket, Key=KEY, Body=b"hello", Metadata={"colour": "red"})
        got = self.s3.get_object(Bucket=self.bucket, Key=KEY)
        self.assertEqual((got["Body"].read(), got["Metadata"]), (b"hello", {"colour": "red"}))
        self.assertIn("ChecksumCRC32", got)

        self.s3.upload_fileobj(io.BytesIO(b"m" * (12 << 20)), self.bucket, "build/parts")
        self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key="build/parts")["ContentLength"], 12 << 20)
        self.s3.copy_object(Bucket=self.bucket, Key="build/copy", CopySource={"Bucket": self.bucket, "Key": KEY})
        listed = [o["Key"] for o in self.s3.list_objects_v2(Bucket=self.bucket, Prefix="build/")["Contents"]]
        self.assertLessEqual({"build/copy", "build/parts", KEY}, set(listed))

    def test_presigned(self):
        self.s3.put_object(Bucket=self.bucket, Key="build/presigned", Body=b"hello")
        url = self.s3.generate_presigned_url("get_object", Params={"Bucket": self.bucket, "Key": "build/presigned"})
        with self.open(url) as answer:
            self.assertEqual(answer.read(), b"hello")
        url = self.s3.generate_presigned_url("get_object", Params={"Bucket": self.bucket, "Key": "other/k"})
        with self.assertRaises(urllib.error.HTTPError) as refused:
            self.open(url)
        self.assertEqual(refused.exception.code, 403)

    def test_others(self):
        with self.denied():
            self.s3.get_object(Bucket=self.bucket, Key="other/k")
        with self.denied():
            self.s3.put_object(Bucket=self.bucket, Key="other/k", Body=b"x")
        with self.denied():
            self.s3.list_objects_v2(Bucket=self.bucket, Prefix="other/")
        with self.denied():
            self.s3.copy_object(Bucket=self.bucket, Key="build/stolen", CopySource={"Bucket": self.bucket, "Key": "other/k"})

    def test_several(self):
        self.s3.put_object(Bucket=self.bucket, Key="build/gone", Body=b"x")
        answer = self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": "build/gone"}, {"Key": "other/k"}]})
        self.assertEqual([d["Key"] for d in answer["Deleted"]], ["build/gone"])
        self.assertEqual([(e["Key"], e["Code"]) for e in answer["Errors"]], [("other/k", "AccessDenied")])

    def test_forged_token(self):
        key, secret, token = self.credentials
        with self.denied(self.forged):
            client("s3", self.endpoint, key, secret, token[:-4] + "AAAA").get_object(Bucket=self.bucket, Key="build/k")


class Guard(S3):
    way, forged = "guard", "InvalidAccessKeyId"

    def test_acl(self):
        with self.denied():
            self.s3.put_object(Bucket=self.bucket, Key="build/k", Body=b"x", ACL="public-read")


class Gateway(S3):
    way, forged = "gateway", "InvalidToken"


class GuardOnSQLite(Guard, unittest.TestCase):
    storage = STORAGES[0]


class GuardOnPostgres(Guard, unittest.TestCase):
    storage = STORAGES[1]


class GatewayOnSQLite(Gateway, unittest.TestCase):
    storage = STORAGES[0]


class GatewayOnPostgres(Gateway, unittest.TestCase):
    storage = STORAGES[1]
