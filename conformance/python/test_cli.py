"""The AWS CLI, as a shell user types it."""

import json
import os
import subprocess
import unittest

from world import ENDPOINT, PASSWORD, code_for, unique


def aws(*words, ok=True, endpoint=ENDPOINT, env=None):
    done = subprocess.run(
        ["aws", "cognito-idp", "--endpoint-url", endpoint, "--output", "json", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **(env or {})},
    )
    if ok and done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout) if ok and done.stdout.strip() else done.stderr


class Shell(unittest.TestCase):
    def test_sign_up_to_tokens(self):
        pool = aws("create-user-pool", "--pool-name", "shell", "--auto-verified-attributes", "email")["UserPool"]["Id"]
        app = aws(
            "create-user-pool-client",
            *("--user-pool-id", pool, "--client-name", "shell"),
            *("--explicit-auth-flows", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"),
        )["UserPoolClient"]["ClientId"]
        name = unique("cli")
        mail = f"{name}@example.com"
        aws(
            *("sign-up", "--client-id", app, "--username", name, "--password", PASSWORD),
            *("--user-attributes", f"Name=email,Value={mail}"),
        )
        aws("confirm-sign-up", "--client-id", app, "--username", name, "--confirmation-code", code_for(mail))
        tokens = aws(
            *("initiate-auth", "--client-id", app, "--auth-flow", "USER_PASSWORD_AUTH"),
            *("--auth-parameters", f"USERNAME={name},PASSWORD={PASSWORD}"),
        )["AuthenticationResult"]
        user = aws("get-user", "--access-token", tokens["AccessToken"])
        self.assertEqual(user["Username"], name)
        self.assertIn("UserNotFoundException", aws(
            *("admin-get-user", "--user-pool-id", pool, "--username", "unknown"), ok=False
        ))
        aws("delete-user-pool", "--user-pool-id", pool)

    def test_signature_is_verified_in_production(self):
        endpoint = os.environ["CONFORMANCE_SIGNED_ENDPOINT"]
        right = {
            "AWS_ACCESS_KEY_ID": os.environ["CONFORMANCE_SIGNED_KEY"],
            "AWS_SECRET_ACCESS_KEY": os.environ["CONFORMANCE_SIGNED_SECRET"],
        }
        self.assertIn("UserPool", aws("create-user-pool", "--pool-name", "signed", endpoint=endpoint, env=right))
        wrong = {**right, "AWS_SECRET_ACCESS_KEY": "wrong"}
        refusal = aws("create-user-pool", "--pool-name", "signed", ok=False, endpoint=endpoint, env=wrong)
        self.assertIn("InvalidSignatureException", refusal)


if __name__ == "__main__":
    unittest.main()
