"""Users of one Cardea move to another when they sign in there, by the function that docs/operating.md shows."""

import base64
import os
import pathlib
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

from world import PASSWORD, Case, idp, new_app, new_pool

ROOT = pathlib.Path(__file__).resolve().parents[2]
CARDEA = str(ROOT / "bin" / "cardea")
ARN = "arn:aws:lambda:us-east-1:123456789012:function:migrate"


def function():
    guide = (ROOT / "docs" / "operating.md").read_text()
    return re.search(r"## Moving from Cognito\n.*?```python\n(.*?)```", guide, re.DOTALL)[1]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def new_server(folder, environment):
    """A production server with the function; gives the process, and a client with administrator's keys."""
    folder = pathlib.Path(folder)
    (folder / "migrate.py").write_text(function())
    pairs = ", ".join(f'{name} = "{value}"' for name, value in environment.items())
    (folder / "cardea.toml").write_text(
        f'[[functions]]\nname = "migrate"\nlocal = "{folder}/migrate.py:handler"\ninterpreter = "{sys.executable}"\nenv = {{ {pairs} }}\n'
    )
    endpoint = f"http://127.0.0.1:{free_port()}"
    settings = {
        "PATH": os.environ["PATH"],
        "CARDEA_CONFIG": str(folder / "cardea.toml"),
        "CARDEA_ADDR": endpoint.removeprefix("http://"),
        "CARDEA_ADMIN_ADDR": "",
        "CARDEA_PUBLIC_URL": endpoint,
        "CARDEA_DATABASE_URL": f"sqlite:{folder}/cardea.db",
        "CARDEA_MASTER_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
    }
    made = subprocess.run([CARDEA, "keys", "create"], env=settings, check=True, capture_output=True, text=True).stdout
    keys = dict(line.split("=", 1) for line in made.splitlines() if line.startswith("AWS_"))
    with open(folder / "log", "w") as log:
        server = subprocess.Popen([CARDEA, "serve"], env=settings, stdout=log, stderr=log)
    for _ in range(100):
        try:
            urllib.request.urlopen(f"{endpoint}/readyz")
            break
        except OSError:
            time.sleep(0.1)
    else:
        raise RuntimeError((folder / "log").read_text())
    return server, idp(
        endpoint_url=endpoint,
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
    )


class Migration(Case):
    def setUp(self):
        key, secret = os.environ["CONFORMANCE_SIGNED_KEY"], os.environ["CONFORMANCE_SIGNED_SECRET"]
        endpoint = os.environ["CONFORMANCE_SIGNED_ENDPOINT"]
        self.old = idp(endpoint_url=endpoint, aws_access_key_id=key, aws_secret_access_key=secret)
        self.old_pool = new_pool(self.old)["Id"]
        old_app = new_app(self.old, self.old_pool)["ClientId"]

        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        server, self.new = new_server(
            folder.name,
            {
                "OLD_POOL": self.old_pool,
                "OLD_CLIENT": old_app,
                "AWS_ENDPOINT_URL": endpoint,
                "AWS_ACCESS_KEY_ID": key,
                "AWS_SECRET_ACCESS_KEY": secret,
            },
        )
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        self.pool = new_pool(self.new, LambdaConfig={"UserMigration": ARN})["Id"]
        self.app = new_app(self.new, self.pool)["ClientId"]

    def user(self, username, **attributes):
        listed = [{"Name": key, "Value": value} for key, value in attributes.items()]
        self.old.admin_create_user(UserPoolId=self.old_pool, Username=username, UserAttributes=listed, MessageAction="SUPPRESS")
        self.old.admin_set_user_password(UserPoolId=self.old_pool, Username=username, Password=PASSWORD, Permanent=True)

    def sign_in(self, name, password=PASSWORD):
        return self.new.initiate_auth(
            ClientId=self.app, AuthFlow="USER_PASSWORD_AUTH", AuthParameters={"USERNAME": name, "PASSWORD": password}
        )["AuthenticationResult"]

    def test_users_move(self):
        self.user("jane", email="jane@example.com", email_verified="true", name="Jane Doe")
        self.user("late", email="late@example.com", email_verified="true")
        unknown = f"Exception migrating user in app client {self.app}"
        for name, password in ("jane", "Wrong-Horse-9"), ("nobody", PASSWORD):
            with self.refused("UserNotFoundException", unknown):
                self.sign_in(name, password)

        tokens = self.sign_in("jane")
        user = self.new.get_user(AccessToken=tokens["AccessToken"])
        attributes = {a["Name"]: a["Value"] for a in user["UserAttributes"]}
        self.assertNotEqual(attributes.pop("sub"), "")
        self.assertEqual(attributes, {"email": "jane@example.com", "email_verified": "true", "name": "Jane Doe"})

        # From here on the old directory and the function are not needed.
        self.old.delete_user_pool(UserPoolId=self.old_pool)
        self.new.update_user_pool(UserPoolId=self.pool, AutoVerifiedAttributes=["email"], LambdaConfig={})
        self.assertIn("AccessToken", self.sign_in("jane"))
        with self.refused("NotAuthorizedException"):
            self.sign_in("jane", "Wrong-Horse-9")
        with self.refused("UserNotFoundException", "User does not exist."):
            self.sign_in("late")
        log = (self.folder / "log").read_text()
        self.assertNotIn(PASSWORD, log)
        self.assertNotIn("Wrong-Horse-9", log)


if __name__ == "__main__":
    unittest.main()
