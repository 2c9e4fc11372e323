"""Remembered devices through boto3: the client's half of DEVICE_SRP_AUTH, and the administrator's view."""

import unittest

from backend import ON_AND_PREFERRED, BackEnd
from world import PASSWORD, Device, inbox, wait


class Devices(BackEnd):
    """A user who is asked for a code by SMS, unless a remembered device replaces it."""

    def setUp(self):
        super().setUp()
        self.set_devices(ChallengeRequiredOnNewDevice=True, DeviceOnlyRememberedOnUserPrompt=False)
        self.create()
        self.idp.admin_set_user_mfa_preference(**self.who, SMSMfaSettings=ON_AND_PREFERRED)
        self.sent = 0

    def set_devices(self, **configuration):
        recovery = {"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]}
        self.idp.update_user_pool(
            UserPoolId=self.pool,
            MfaConfiguration=self.mode,
            SmsConfiguration=self.idp.describe_user_pool(UserPoolId=self.pool)["UserPool"]["SmsConfiguration"],
            AccountRecoverySetting=recovery,
            DeviceConfiguration=configuration,
        )

    def by_password(self, device=None):
        parameters = {"USERNAME": self.name, "PASSWORD": PASSWORD}
        if device is not None:
            parameters["DEVICE_KEY"] = device.key
        return self.idp.initiate_auth(ClientId=self.app, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)

    def respond(self, challenge, **responses):
        return self.idp.respond_to_auth_challenge(
            ClientId=self.app,
            ChallengeName=challenge["ChallengeName"],
            Session=challenge["Session"],
            ChallengeResponses={"USERNAME": self.name, **responses},
        )

    def by_code(self, device=None):
        """Signs in with the code that is sent."""
        challenge = self.by_password(device)
        self.assertEqual(challenge["ChallengeName"], "SMS_MFA")
        key = {} if device is None else {"DEVICE_KEY": device.key}
        return self.respond(challenge, SMS_MFA_CODE=self.next_code(), **key)["AuthenticationResult"]

    def by_device(self, device):
        """Signs in with the device in place of a code."""
        challenge = self.by_password(device)
        self.assertEqual(challenge["ChallengeName"], "DEVICE_SRP_AUTH")
        proof = self.respond(challenge, DEVICE_KEY=device.key, SRP_A=device.start())
        self.assertEqual(proof["ChallengeName"], "DEVICE_PASSWORD_VERIFIER")
        self.assertEqual(proof["ChallengeParameters"]["DEVICE_KEY"], device.key)
        return self.respond(proof, **device.answer(proof["ChallengeParameters"]))["AuthenticationResult"]

    def next_code(self):
        code = wait(lambda: inbox(self.phone)[self.sent :])[0]["code"]
        self.sent += 1
        return code

    def new_device(self, name="laptop"):
        """Signs in on a new device and confirms it."""
        tokens = self.by_code()
        device = Device(tokens["NewDeviceMetadata"])
        self.assertRegex(device.key, r"^us-east-1_[0-9a-f]{8}-[0-9a-f-]{27}$")
        answer = self.idp.confirm_device(
            AccessToken=tokens["AccessToken"],
            DeviceKey=device.key,
            DeviceName=name,
            DeviceSecretVerifierConfig=device.verifier(),
        )
        return device, tokens["AccessToken"], answer.get("UserConfirmationNecessary")

    def seen(self, device):
        found = self.idp.admin_get_device(**self.who, DeviceKey=device.key)["Device"]
        self.assertEqual(found["DeviceKey"], device.key)
        return {a["Name"]: a["Value"] for a in found["DeviceAttributes"]}

    def test_confirmed_device_stands_in_for_the_code(self):
        device, token, necessary = self.new_device()
        self.assertFalse(necessary)
        tokens = self.by_device(device)
        self.assertNotIn("NewDeviceMetadata", tokens)
        self.assertEqual(len(inbox(self.phone)), 1)
        mine = self.idp.get_device(AccessToken=token, DeviceKey=device.key)["Device"]
        attributes = {a["Name"]: a["Value"] for a in mine["DeviceAttributes"]}
        self.assertEqual((attributes["device_name"], attributes["device_status"]), ("laptop", "valid"))
        refreshed = self.idp.initiate_auth(
            ClientId=self.app,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"], "DEVICE_KEY": device.key},
        )
        self.assertIn("AccessToken", refreshed["AuthenticationResult"])

    def test_wrong_device_secret_is_refused(self):
        device, _, _ = self.new_device()
        device.password = "stolen key, unknown secret"
        with self.refused("NotAuthorizedException", "Incorrect username or password."):
            self.by_device(device)

    def test_unconfirmed_device_does_not_stand_in(self):
        device = Device(self.by_code()["NewDeviceMetadata"])
        self.assertEqual(self.idp.admin_list_devices(**self.who)["Devices"], [])
        self.assertNotEqual(self.by_code(device)["NewDeviceMetadata"]["DeviceKey"], device.key)

    def test_user_decides_where_the_pool_asks_them(self):
        self.set_devices(ChallengeRequiredOnNewDevice=True, DeviceOnlyRememberedOnUserPrompt=True)
        device, token, necessary = self.new_device()
        self.assertTrue(necessary)
        self.by_code(device)
        self.idp.update_device_status(AccessToken=token, DeviceKey=device.key, DeviceRememberedStatus="remembered")
        self.by_device(device)
        self.idp.update_device_status(AccessToken=token, DeviceKey=device.key, DeviceRememberedStatus="not_remembered")
        self.by_code(device)
        self.idp.forget_device(AccessToken=token, DeviceKey=device.key)
        self.assertEqual(self.idp.list_devices(AccessToken=token)["Devices"], [])

    def test_administrator_sees_and_changes_devices(self):
        devices = {device.key: device for device in (self.new_device("one")[0], self.new_device("two")[0])}
        page = self.idp.admin_list_devices(**self.who, Limit=1)
        rest = self.idp.admin_list_devices(**self.who, Limit=1, PaginationToken=page["PaginationToken"])
        listed = [device["DeviceKey"] for device in page["Devices"] + rest["Devices"]]
        self.assertEqual(sorted(listed), sorted(devices))

        device = devices[listed[0]]
        self.assertEqual(self.seen(device)["dev:device_remembered_status"], "remembered")
        named = dict(**self.who, DeviceKey=device.key)
        self.idp.admin_update_device_status(**named, DeviceRememberedStatus="not_remembered")
        self.assertEqual(self.seen(device)["dev:device_remembered_status"], "not_remembered")
        self.by_code(device)
        self.idp.admin_update_device_status(**named, DeviceRememberedStatus="remembered")
        self.by_device(device)

        begun = self.by_password(device)
        self.idp.admin_forget_device(**named)
        with self.refused("ResourceNotFoundException"):
            self.idp.admin_get_device(**named)
        with self.refused("ResourceNotFoundException", "Device does not exist."):
            self.respond(begun, DEVICE_KEY=device.key, SRP_A=device.start())
        self.assertIn("NewDeviceMetadata", self.by_code(device))
        left = self.idp.admin_list_devices(**self.who)["Devices"]
        self.assertEqual([d["DeviceKey"] for d in left], listed[1:])


if __name__ == "__main__":
    unittest.main()
