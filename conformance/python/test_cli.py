"""The AWS CLI, as a shell user types it."""

import json
import subprocess
import unittest

from world import ENDPOINT, PASSWORD, code_for, unique


def aws(*words, ok=True):
    done = subprocess.run(
        ["aws", "cognito-idp", "--endpoint-url", ENDPOINT, "--output", "json", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
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
            *("admin-get-user", "--user-pool-id", pool, "--username", "nobody"), ok=False
        ))
        aws("delete-user-pool", "--user-pool-id", pool)


if __name__ == "__main__":
    unittest.main()
