"""STS at the same address: boto3 and the AWS CLI learn whose access key they hold, and get temporary ones."""

import base64
import datetime
import json
import os
import secrets
import subprocess
import sys
import tempfile
import unittest
import urllib.request

import boto3
from botocore.exceptions import ClientError
from world import ENDPOINT, PASSWORD

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

    def test_cli(self):
        done = subprocess.run(
            ["aws", "sts", "get-caller-identity", "--endpoint-url", ENDPOINT, "--output", "json"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        self.assertEqual(json.loads(done.stdout), ROOT)


def trust(principal, actions="sts:AssumeRole", condition=None):
    statement = {"Effect": "Allow", "Principal": principal, "Action": actions}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allow(*actions):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]})


def name():
    return "t" + secrets.token_hex(6)


def using(credentials, service="sts"):
    """A client that has temporary credentials."""
    return boto3.client(
        service,
        endpoint_url=SIGNED["endpoint_url"],
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


class WebIdentityTokens(unittest.TestCase):
    def test_boto3(self):
        for settings in {"endpoint_url": ENDPOINT}, SIGNED:
            for algorithm in "RS256", "ES384":
                answer = boto3.client("sts", **settings).get_web_identity_token(
                    Audience=["https://api.example"],
                    SigningAlgorithm=algorithm,
                    DurationSeconds=120,
                    Tags=[{"Key": "job", "Value": "7"}],
                )
                header, claims = (
                    json.loads(base64.urlsafe_b64decode(part + "=="))
                    for part in answer["WebIdentityToken"].split(".")[:2]
                )
                self.assertEqual(header["alg"], algorithm)
                self.assertEqual((claims["sub"], claims["aud"]), (ROOT["Arn"], "https://api.example"))
                self.assertEqual(claims["https://sts.amazonaws.com/"]["request_tags"], {"job": "7"})
                self.assertEqual(claims["exp"], int(answer["Expiration"].timestamp()))
                with urllib.request.urlopen(f"{claims['iss']}/.well-known/jwks.json", timeout=10) as keys:
                    kids = {key["kid"]: key["alg"] for key in json.load(keys)["keys"]}
                self.assertEqual(kids[header["kid"]], algorithm)


class TemporaryCredentials(unittest.TestCase):
    """Against the server that verifies signatures and asks policies."""

    def setUp(self):
        self.iam = boto3.client("iam", **SIGNED)
        self.sts = boto3.client("sts", **SIGNED)

    def role(self, document, *actions, **members):
        role = self.iam.create_role(RoleName=name(), AssumeRolePolicyDocument=document, **members)["Role"]
        if actions:
            self.iam.put_role_policy(RoleName=role["RoleName"], PolicyName="own", PolicyDocument=allow(*actions))
        return role

    def refused(self, code, call, **members):
        with self.assertRaises(ClientError) as refused:
            call(**members)
        self.assertEqual(refused.exception.response["Error"]["Code"], code, refused.exception)

    def test_assume_role(self):
        role = self.role(trust({"AWS": ROOT["Arn"]}, ["sts:AssumeRole", "sts:TagSession"]), "cognito-idp:ListUserPools", MaxSessionDuration=7200)
        answer = self.sts.assume_role(
            RoleArn=role["Arn"], RoleSessionName="job", DurationSeconds=7200, Tags=[{"Key": "Team", "Value": "x"}]
        )
        credentials = answer["Credentials"]
        left = credentials["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
        self.assertLess(abs(left.total_seconds() - 7200), 60)
        self.assertGreater(answer["PackedPolicySize"], 0)
        self.assertEqual(answer["AssumedRoleUser"]["AssumedRoleId"], role["RoleId"] + ":job")
        who = using(credentials).get_caller_identity()
        self.assertEqual(who["Arn"], f"arn:aws:sts::123456789012:assumed-role/{role['RoleName']}/job")
        using(credentials, "cognito-idp").list_user_pools(MaxResults=1)
        self.refused("AccessDeniedException", using(credentials, "cognito-idp").create_user_pool, PoolName="no")
        self.refused("AccessDenied", using(credentials, "iam").list_roles)
        self.refused("ValidationError", self.sts.assume_role, RoleArn=role["Arn"], RoleSessionName="job", DurationSeconds=7201)
        self.refused("AccessDenied", self.sts.assume_role, RoleArn=role["Arn"] + "x", RoleSessionName="job")

        narrowed = self.sts.assume_role(RoleArn=role["Arn"], RoleSessionName="job", Policy=allow("s3:*"))["Credentials"]
        self.refused("AccessDeniedException", using(narrowed, "cognito-idp").list_user_pools, MaxResults=1)
        self.refused("MalformedPolicyDocument", self.sts.assume_role, RoleArn=role["Arn"], RoleSessionName="job", Policy="{}")

        tampered = {**credentials, "SessionToken": credentials["SessionToken"][:-2] + "AA"}
        self.refused("InvalidClientTokenId", using(tampered).get_caller_identity)
        self.iam.delete_role_policy(RoleName=role["RoleName"], PolicyName="own")
        self.iam.delete_role(RoleName=role["RoleName"])
        self.refused("InvalidClientTokenId", using(credentials).get_caller_identity)

    def test_users(self):
        user = self.iam.create_user(UserName=name())["User"]
        self.iam.put_user_policy(UserName=user["UserName"], PolicyName="own", PolicyDocument=allow("sts:*", "cognito-idp:*"))
        key = self.iam.create_access_key(UserName=user["UserName"])["AccessKey"]
        own = boto3.client(
            "sts", endpoint_url=SIGNED["endpoint_url"], aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
        )
        session = own.get_session_token(DurationSeconds=900)["Credentials"]
        self.assertEqual(using(session).get_caller_identity()["Arn"], user["Arn"])
        self.refused("AccessDenied", using(session).get_session_token)
        federated = own.get_federation_token(Name="bob", Policy=allow("cognito-idp:ListUserPools"))
        self.assertEqual(federated["FederatedUser"]["Arn"], "arn:aws:sts::123456789012:federated-user/bob")
        self.assertEqual(using(federated["Credentials"]).get_caller_identity()["UserId"], "123456789012:bob")
        using(federated["Credentials"], "cognito-idp").list_user_pools(MaxResults=1)
        self.refused("AccessDeniedException", using(federated["Credentials"], "cognito-idp").create_user_pool, PoolName="no")
        self.assertEqual(own.get_access_key_info(AccessKeyId=key["AccessKeyId"])["Account"], "123456789012")

    def test_web_identity(self):
        """A user of a pool that IAM has as an OIDC provider, by a profile as in containers."""
        idp = boto3.client("cognito-idp", **SIGNED)
        pool = idp.create_user_pool(PoolName="web")["UserPool"]["Id"]
        client = idp.create_user_pool_client(UserPoolId=pool, ClientName="web", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
        client = client["UserPoolClient"]["ClientId"]
        idp.admin_create_user(UserPoolId=pool, Username="alice", MessageAction="SUPPRESS")
        idp.admin_set_user_password(UserPoolId=pool, Username="alice", Password=PASSWORD, Permanent=True)
        tokens = idp.initiate_auth(
            ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters={"USERNAME": "alice", "PASSWORD": PASSWORD}
        )["AuthenticationResult"]
        host = f"cognito-idp.us-east-1.amazonaws.com/{pool}"
        provider = self.iam.create_open_id_connect_provider(Url="https://" + host, ClientIDList=[client])["OpenIDConnectProviderArn"]
        role = self.role(trust({"Federated": provider}, "sts:AssumeRoleWithWebIdentity", {"StringEquals": {host + ":aud": client}}))
        answer = self.sts.assume_role_with_web_identity(RoleArn=role["Arn"], RoleSessionName="web", WebIdentityToken=tokens["IdToken"])
        self.assertEqual((answer["Provider"], answer["Audience"]), (provider, client))
        self.assertEqual(len(answer["SubjectFromWebIdentityToken"]), 36)
        for bad in tokens["AccessToken"], tokens["IdToken"][:-6] + "AAAAAA", "none":
            self.refused(
                "InvalidIdentityToken", self.sts.assume_role_with_web_identity, RoleArn=role["Arn"], RoleSessionName="web", WebIdentityToken=bad
            )
        with tempfile.TemporaryDirectory() as folder:
            token, profile = folder + "/token", folder + "/config"
            with open(token, "w") as file:
                file.write(tokens["IdToken"])
            with open(profile, "w") as file:
                file.write(f"[profile web]\nrole_arn = {role['Arn']}\nrole_session_name = web\nweb_identity_token_file = {token}\nregion = us-east-1\n")
            environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_ACCESS") and not k.startswith("AWS_SECRET")}
            environment |= {"AWS_CONFIG_FILE": profile, "AWS_PROFILE": "web", "AWS_ENDPOINT_URL": SIGNED["endpoint_url"]}
            script = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
            done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=60)
            self.assertEqual(done.stdout.strip(), f"arn:aws:sts::123456789012:assumed-role/{role['RoleName']}/web", done.stderr)


if __name__ == "__main__":
    unittest.main()
