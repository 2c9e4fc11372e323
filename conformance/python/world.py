"""A pool and a client of their own for each test, the inbox, and the client's half of SRP, for the boto3 suite."""

import base64
import datetime
import hashlib
import hmac
import json
import os
import secrets
import time
import unittest
import urllib.parse
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = os.environ["CONFORMANCE_ENDPOINT"]
PASSWORD = "Correct-Horse-9"


class Case(unittest.TestCase):
    def setUp(self):
        self.idp = idp()

    def refused(self, code, message=None):
        case = self

        class Refused:
            def __enter__(self):
                return self

            def __exit__(self, kind, error, _):
                case.assertIsNotNone(kind, f"expected {code}, got an answer")
                if not isinstance(error, ClientError):
                    return False
                case.assertEqual(error.response["Error"]["Code"], code, error)
                if message is not None:
                    case.assertEqual(error.response["Error"]["Message"], message)
                return True

        return Refused()


def idp(**options):
    return boto3.client(
        "cognito-idp",
        endpoint_url=options.pop("endpoint_url", ENDPOINT),
        region_name=options.pop("region_name", "us-east-1"),
        config=Config(retries={"max_attempts": 1}),
        **options,
    )


def new_pool(client, **settings):
    settings.setdefault("AutoVerifiedAttributes", ["email"])
    return client.create_user_pool(PoolName="conformance", **settings)["UserPool"]


def new_app(client, pool_id, **settings):
    settings.setdefault(
        "ExplicitAuthFlows",
        [
            "ALLOW_USER_SRP_AUTH",
            "ALLOW_USER_PASSWORD_AUTH",
            "ALLOW_ADMIN_USER_PASSWORD_AUTH",
            "ALLOW_REFRESH_TOKEN_AUTH",
        ],
    )
    return client.create_user_pool_client(UserPoolId=pool_id, ClientName="app", **settings)["UserPoolClient"]


def unique(name):
    return f"{name}-{secrets.token_hex(4)}"


def inbox(to):
    query = urllib.parse.urlencode({"to": to})
    with urllib.request.urlopen(f"{ENDPOINT}/_cardea/inbox.json?{query}") as answer:
        return json.load(answer)["messages"]


def phone_number():
    return f"+1555{secrets.randbelow(9_000_000) + 1_000_000}"


def wait(what):
    """Asks until there is an answer."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        answer = what()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError("waited in vain")


def code_for(to):
    return wait(lambda: inbox(to))[-1]["code"]


def secret_hash(app, username):
    digest = hmac.new(app["ClientSecret"].encode(), (username + app["ClientId"]).encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def claims(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def jwks(pool_id):
    with urllib.request.urlopen(f"{ENDPOINT}/{pool_id}/.well-known/jwks.json") as answer:
        return json.load(answer)


# RFC 3526, group 15.
N = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C"
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16,
)


def padded(number):
    raw = number.to_bytes((number.bit_length() + 7) // 8 or 1, "big")
    return b"\x00" + raw if raw[0] & 0x80 else raw


def digest(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def power_of_two(salt, group, user, password):
    """x of Cognito's SRP, which a verifier is two to the power of."""
    inner = digest(f"{group}{user}:{password}".encode())
    return int.from_bytes(digest(padded(salt), inner), "big")


class Srp:
    """The client's half of Cognito's SRP: start() gives SRP_A, answer() the response to PASSWORD_VERIFIER."""

    def __init__(self, pool_id, password):
        self.group = pool_id.split("_")[1]
        self.password = password
        self.a = secrets.randbits(1024)
        self.A = pow(2, self.a, N)

    def start(self):
        return format(self.A, "x")

    def answer(self, parameters):
        return {"USERNAME": parameters["USER_ID_FOR_SRP"], **self.proof(parameters, parameters["USER_ID_FOR_SRP"])}

    def proof(self, parameters, user):
        B, salt = int(parameters["SRP_B"], 16), int(parameters["SALT"], 16)
        block = base64.b64decode(parameters["SECRET_BLOCK"])
        u = int.from_bytes(digest(padded(self.A), padded(B)), "big")
        x = power_of_two(salt, self.group, user, self.password)
        k = int.from_bytes(digest(padded(N), padded(2)), "big")
        shared = pow(B - k * pow(2, x, N), self.a + u * x, N)
        extracted = hmac.new(padded(u), padded(shared), hashlib.sha256).digest()
        key = hmac.new(extracted, b"Caldera Derived Key\x01", hashlib.sha256).digest()[:16]
        now = datetime.datetime.now(datetime.timezone.utc)
        stamp = now.strftime(f"%a %b {now.day} %H:%M:%S UTC %Y")
        proof = hmac.new(key, self.group.encode() + user.encode() + block + stamp.encode(), hashlib.sha256).digest()
        return {
            "PASSWORD_CLAIM_SECRET_BLOCK": parameters["SECRET_BLOCK"],
            "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(proof).decode(),
            "TIMESTAMP": stamp,
        }


class Device(Srp):
    """A device that was told its key at a sign-in: verifier() is what ConfirmDevice wants, answer() what
    DEVICE_PASSWORD_VERIFIER does."""

    def __init__(self, metadata):
        super().__init__("_", secrets.token_urlsafe(40))
        self.key, self.group = metadata["DeviceKey"], metadata["DeviceGroupKey"]

    def verifier(self):
        salt = secrets.randbits(128)
        v = pow(2, power_of_two(salt, self.group, self.key, self.password), N)
        return {
            "Salt": base64.b64encode(padded(salt)).decode(),
            "PasswordVerifier": base64.b64encode(padded(v)).decode(),
        }

    def answer(self, parameters):
        return {"DEVICE_KEY": self.key, **self.proof(parameters, self.key)}
