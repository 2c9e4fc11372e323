"""The second service at the same address: boto3 and the AWS CLI learn whose access key they hold."""

import json
import os
import subprocess
import unittest
import urllib.request

import boto3
from botocore.exceptions import ClientError
from world import ENDPOINT

ROOT = {"UserId": "123456789012", "Account": "123456789012", "Arn": "arn:aws:iam::123456789012:root"}
SIGNED = {
    "endpoint_url": os.environ["CONFORMANCE_SIGNED_ENDPOINT"],
    "aws_access_key_id": os.environ["CONFORMANCE_SIGNED_KEY"],
    "aws_secret_access_key": os.environ["CONFORMANCE_SIGNED_SECRET"],
}


class CallerIdentity(unittest.TestCase):
    def test_boto3(self):
        for settings in {"endpoint_url": ENDPOINT}, SIGNED:
            answer = boto3.client("sts", **settings).get_caller_identity()
            self.assertEqual({name: answer[name] for name in ROOT}, ROOT)

    def test_presigned(self):
        url = boto3.client("sts", **SIGNED).generate_presigned_url("get_caller_identity", HttpMethod="GET")
        with urllib.request.urlopen(url, timeout=10) as answer:
            self.assertIn(f"<Arn>{ROOT['Arn']}</Arn>", answer.read().decode())

    def test_wrong_secret(self):
        client = boto3.client("sts", **{**SIGNED, "aws_secret_access_key": "wrong"})
        with self.assertRaises(ClientError) as refused:
            client.get_caller_identity()
        self.assertEqual(refused.exception.response["Error"]["Code"], "SignatureDoesNotMatch")

    def test_missing_operation(self):
        client = boto3.client("sts", endpoint_url=ENDPOINT)
        with self.assertRaises(ClientError) as refused:
            client.get_session_token()
        self.assertEqual(refused.exception.response["Error"]["Code"], "NotImplemented")

    def test_cli(self):
        done = subprocess.run(
            ["aws", "sts", "get-caller-identity", "--endpoint-url", ENDPOINT, "--output", "json"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        self.assertEqual(json.loads(done.stdout), ROOT)


if __name__ == "__main__":
    unittest.main()
