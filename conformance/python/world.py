"""A pool and a client of their own for each test, the inbox, and the client's half of SRP, for the boto3 suite."""

import base64
import datetime
import hashlib
import hmac
import json
import os
import secrets
import time
import urllib.parse
import urllib.request

import boto3
from botocore.config import Config

ENDPOINT = os.environ["CONFORMANCE_ENDPOINT"]
PASSWORD = "Correct-Horse-9"


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


def code_for(to):
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        messages = inbox(to)
        if messages:
            return messages[-1]["code"]
        time.sleep(0.05)
    raise AssertionError(f"no message for {to}")


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


class Srp:
    """The client's half of Cognito's SRP: start() gives SRP_A, answer() the response to PASSWORD_VERIFIER."""

    def __init__(self, pool_id, password):
        self.pool = pool_id.split("_")[1]
        self.password = password
        self.a = secrets.randbits(1024)
        self.A = pow(2, self.a, N)

    def start(self):
        return format(self.A, "x")

    def answer(self, parameters):
        B, salt = int(parameters["SRP_B"], 16), int(parameters["SALT"], 16)
        user, block = parameters["USER_ID_FOR_SRP"], base64.b64decode(parameters["SECRET_BLOCK"])
        u = int.from_bytes(digest(padded(self.A), padded(B)), "big")
        inner = digest(f"{self.pool}{user}:{self.password}".encode())
        x = int.from_bytes(digest(padded(salt), inner), "big")
        k = int.from_bytes(digest(padded(N), padded(2)), "big")
        shared = pow(B - k * pow(2, x, N), self.a + u * x, N)
        extracted = hmac.new(padded(u), padded(shared), hashlib.sha256).digest()
        key = hmac.new(extracted, b"Caldera Derived Key\x01", hashlib.sha256).digest()[:16]
        now = datetime.datetime.now(datetime.timezone.utc)
        stamp = now.strftime(f"%a %b {now.day} %H:%M:%S UTC %Y")
        proof = hmac.new(key, self.pool.encode() + user.encode() + block + stamp.encode(), hashlib.sha256).digest()
        return {
            "USERNAME": user,
            "PASSWORD_CLAIM_SECRET_BLOCK": parameters["SECRET_BLOCK"],
            "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(proof).decode(),
            "TIMESTAMP": stamp,
        }
