package signin_test

import (
	"strings"
	"testing"
	"time"

	"cardea/server/servertest"
	"cardea/spec/srp"
)

// remembered is a device of alice's.
type remembered struct {
	key, group, secret string
}

func eachDevice(t *testing.T, configuration M, body func(t *testing.T, w *world)) {
	t.Helper()
	pool := M{"SmsConfiguration": texting(), "MfaConfiguration": "OPTIONAL", "DeviceConfiguration": configuration}
	eachWith(t, pool, nil, func(t *testing.T, w *world) {
		w.give(t, "alice", "phone_number", phone)
		w.prefer(t, "alice", M{"SMSMfaSettings": preferred})
		body(t, w)
	})
}

// signIn signs alice in by password and code.
func (w *world) signIn(t *testing.T, device string) M {
	t.Helper()
	in := w.byPassword("alice", password)
	if device != "" {
		in["AuthParameters"].(M)["DEVICE_KEY"] = device
	}
	out := w.Must(t, "InitiateAuth", in)
	expect(t, out, "SMS_MFA")
	return tokens(t, w.answers(t, out, M{"SMS_MFA_CODE": w.Code(t, phone)}))
}

// confirm has a new device of alice's confirmed.
func (w *world) confirm(t *testing.T, result M) remembered {
	t.Helper()
	d := remembered{servertest.Text(result, "NewDeviceMetadata.DeviceKey"), servertest.Text(result, "NewDeviceMetadata.DeviceGroupKey"), "device secret"}
	if !strings.HasPrefix(d.key, "us-east-1_") || !strings.HasPrefix(d.group, "-") {
		t.Fatalf("no new device in %v", result)
	}
	salt, verifier := srp.NewDeviceVerifier(srp.Identity{Scope: d.group, User: d.key}, d.secret)
	w.Must(t, "ConfirmDevice", M{"AccessToken": result["AccessToken"], "DeviceKey": d.key,
		"DeviceSecretVerifierConfig": M{"Salt": salt, "PasswordVerifier": verifier}})
	return d
}

// prove answers both challenges of a device; the second is given back as a request.
func (w *world) prove(t *testing.T, d remembered, out M) M {
	t.Helper()
	if key := expect(t, out, "DEVICE_SRP_AUTH")["DEVICE_KEY"]; key != d.key {
		t.Errorf("asked for %v", key)
	}
	c := srp.NewClient()
	asked := w.answers(t, out, M{"DEVICE_KEY": d.key, "SRP_A": c.Public()})
	parameters := expect(t, asked, "DEVICE_PASSWORD_VERIFIER")
	text := func(name string) string { return parameters[name].(string) }
	signature, timestamp, err := c.Answer(srp.Identity{Scope: d.group, User: d.key}, d.secret,
		srp.Challenge{Salt: text("SALT"), Public: text("SRP_B"), Block: text("SECRET_BLOCK")}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return w.reply(asked, M{"DEVICE_KEY": d.key, "TIMESTAMP": timestamp, "PASSWORD_CLAIM_SIGNATURE": signature,
		"PASSWORD_CLAIM_SECRET_BLOCK": text("SECRET_BLOCK")})
}

func (w *world) onDevice(t *testing.T, d remembered) M {
	t.Helper()
	in := w.byPassword("alice", password)
	in["AuthParameters"].(M)["DEVICE_KEY"] = d.key
	return w.Must(t, "InitiateAuth", in)
}

func TestRememberedDeviceReplacesTheSecondFactor(t *testing.T) {
	eachDevice(t, M{"ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": false}, func(t *testing.T, w *world) {
		first := w.signIn(t, "")
		d := w.confirm(t, first)
		in := w.prove(t, d, w.onDevice(t, d))
		result := tokens(t, w.Must(t, "RespondToAuthChallenge", in))
		if result["NewDeviceMetadata"] != nil {
			t.Errorf("a known device is new: %v", result)
		}
		w.Fails(t, "RespondToAuthChallenge", in, "NotAuthorizedException", "")
		if n := winners(t, w.atOnce(100, "RespondToAuthChallenge", w.prove(t, d, w.onDevice(t, d))), wrong, "session can only be used once"); n != 1 {
			t.Errorf("%d of 100 got tokens", n)
		}

		impostor := d
		impostor.secret = "guess"
		w.Fails(t, "RespondToAuthChallenge", w.prove(t, impostor, w.onDevice(t, d)), "NotAuthorizedException", wrong)

		late := w.prove(t, d, w.onDevice(t, d))
		w.Must(t, "AdminForgetDevice", M{"UserPoolId": w.pool, "Username": "alice", "DeviceKey": d.key})
		w.Fails(t, "RespondToAuthChallenge", late, "ResourceNotFoundException", "Device does not exist.")
		if again := w.signIn(t, d.key); again["NewDeviceMetadata"] == nil {
			t.Error("a forgotten device is not new")
		}
	})
}

func TestWrongDevicePasswordsCountAsFailuresOfFactors(t *testing.T) {
	eachDevice(t, M{"ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": false}, func(t *testing.T, w *world) {
		d := w.confirm(t, w.signIn(t, ""))
		forged := d
		forged.secret = "another secret"

		// Wrong passwords do not count for the device, and a right password does not forgive the device's failures.
		begun := w.onDevice(t, d)
		for range 5 {
			w.Fails(t, "InitiateAuth", w.byPassword("alice", "wrong"), "NotAuthorizedException", wrong)
		}
		w.Fails(t, "InitiateAuth", w.byPassword("alice", password), "NotAuthorizedException", locked)
		tokens(t, w.Must(t, "RespondToAuthChallenge", w.prove(t, d, begun)))
		w.Advance(time.Second)
		for range 5 {
			w.Fails(t, "RespondToAuthChallenge", w.prove(t, forged, w.onDevice(t, d)), "NotAuthorizedException", wrong)
		}

		// Now the factors are locked, codes among them, and the password is not.
		asked := w.onDevice(t, d)
		w.refused(t, asked, M{"DEVICE_KEY": d.key, "SRP_A": srp.NewClient().Public()}, "NotAuthorizedException", locked)
		sms := w.Must(t, "InitiateAuth", w.byPassword("alice", password))
		w.refused(t, sms, M{"SMS_MFA_CODE": w.Code(t, phone)}, "NotAuthorizedException", locked)
		w.Advance(time.Second)
		tokens(t, w.Must(t, "RespondToAuthChallenge", w.prove(t, d, w.onDevice(t, d))))
	})
}

func TestDeviceMustBeRemembered(t *testing.T) {
	eachDevice(t, M{"ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": true}, func(t *testing.T, w *world) {
		first := w.signIn(t, "")
		d := w.confirm(t, first)
		if again := w.signIn(t, d.key); again["NewDeviceMetadata"] != nil {
			t.Error("a confirmed device is new")
		}
		w.Must(t, "UpdateDeviceStatus", M{"AccessToken": first["AccessToken"], "DeviceKey": d.key, "DeviceRememberedStatus": "remembered"})
		tokens(t, w.Must(t, "RespondToAuthChallenge", w.prove(t, d, w.onDevice(t, d))))
	})
}

func TestDeviceReplacesNoFactorUnlessThePoolSaysSo(t *testing.T) {
	eachDevice(t, M{"ChallengeRequiredOnNewDevice": false, "DeviceOnlyRememberedOnUserPrompt": false}, func(t *testing.T, w *world) {
		d := w.confirm(t, w.signIn(t, ""))
		w.signIn(t, d.key)
	})
}

func TestRefreshIsBoundToItsDevice(t *testing.T) {
	eachDevice(t, M{"ChallengeRequiredOnNewDevice": true}, func(t *testing.T, w *world) {
		result := w.signIn(t, "")
		parameters := M{"REFRESH_TOKEN": result["RefreshToken"]}
		refresh := M{"ClientId": w.client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": parameters}
		parameters["DEVICE_KEY"] = servertest.Text(result, "NewDeviceMetadata.DeviceKey")
		w.Fails(t, "InitiateAuth", refresh, "NotAuthorizedException", "Invalid Refresh Token") // the device is not confirmed
		d := w.confirm(t, result)
		delete(parameters, "DEVICE_KEY")
		w.Fails(t, "InitiateAuth", refresh, "NotAuthorizedException", "Invalid Refresh Token")
		parameters["DEVICE_KEY"] = d.key
		tokens(t, w.Must(t, "InitiateAuth", refresh))
	})
}
