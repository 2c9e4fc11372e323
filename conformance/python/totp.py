"""An authenticator app, whose codes oathtool computes."""

import subprocess
import time

PERIOD = 30


class Totp:
    """The codes of one secret. Each works once and servers take those of the neighbouring steps too, so the second code
    within a step is the next one's."""

    def __init__(self, secret):
        self.secret = secret
        self.last = 0

    def code(self):
        """A code that has not been given before."""
        now = int(time.time()) // PERIOD
        step = max(now, self.last + 1)
        if step > now + 1:
            raise AssertionError("a third code of one step: servers would not take it")
        self.last = step
        return self.at(step)

    def used(self):
        """The code that was given last."""
        return self.at(self.last)

    def wrong(self):
        """A code that no step near this one has."""
        now = int(time.time()) // PERIOD
        near = {self.at(now + steps) for steps in range(-3, 4)}
        return next(code for code in (f"{n:06d}" for n in range(8)) if code not in near)

    def at(self, step):
        words = ["oathtool", "--totp", "--base32", "--now", f"@{step * PERIOD}", self.secret]
        return subprocess.run(words, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
