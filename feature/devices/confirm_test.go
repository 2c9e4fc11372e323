package devices_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"cardea/engine/account"
	"cardea/engine/device"
	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/datakey"
	"cardea/spec/srp"
)

func TestConfirmedDeviceIsRememberedUnlessTheUserIsAsked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pool M
		asks bool
	}{"every device": {every, false}, "on demand": {asked, true}} {
		t.Run(name, func(t *testing.T) {
			each(t, c.pool, func(t *testing.T, w *world) {
				who := w.issue(t, "alice")
				for _, operation := range []string{"GetDevice", "UpdateDeviceStatus", "ForgetDevice"} {
					w.Fails(t, operation, with(w.bearer, M{"DeviceKey": who.User}), notFound, noDevice)
				}
				for _, operation := range []string{"AdminGetDevice", "AdminUpdateDeviceStatus", "AdminForgetDevice"} {
					w.Fails(t, operation, w.admin("alice", who.User), notFound, noDevice)
				}

				out := w.Must(t, "ConfirmDevice", confirmation(w.bearer, who))
				if out["UserConfirmationNecessary"] != c.asks {
					t.Errorf("got %v, want UserConfirmationNecessary %v", out, c.asks)
				}
				want := "remembered"
				if c.asks {
					want = "not_remembered"
				}
				if got := w.status(t, who.User); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			})
		})
	}
}

func TestDeviceIsConfirmedOnceAndKeepsTheWinnersSecret(t *testing.T) {
	each(t, every, func(t *testing.T, w *world) {
		who := w.issue(t, "alice")
		requests := make([]M, 100)
		for i := range requests {
			requests[i] = confirmation(w.bearer, who) // each with a salt of its own
		}
		winners, losers := w.atOnce("ConfirmDevice", requests)
		if len(winners) != 1 || losers["DeviceKeyExistsException: Device already exists."] != 99 {
			t.Fatalf("%d winners, losers %v; want 1 and 99", len(winners), losers)
		}

		salt, verifier := w.verifier(t, who.User)
		config := requests[winners[0]]["DeviceSecretVerifierConfig"].(M)
		sent, _ := base64.StdEncoding.DecodeString(config["PasswordVerifier"].(string))
		if base64.StdEncoding.EncodeToString(salt) != config["Salt"] || new(big.Int).SetBytes(sent).Cmp(new(big.Int).SetBytes(verifier)) != 0 {
			t.Error("what is stored is not what the winner sent")
		}
		if same, err := (srp.Server{}).Matches(who, secret, salt, verifier); err != nil || !same {
			t.Error("the verifier is not the device's")
		}
		w.Fails(t, "ConfirmDevice", requests[winners[0]], "DeviceKeyExistsException", "Device already exists.")
	})
}

// verifier opens the stored secret of alice's device, as sign-in does.
func (w *world) verifier(t *testing.T, key string) (salt, verifier []byte) {
	t.Helper()
	master, err := seal.NewMaster(bytes.Repeat([]byte{7}, 32)) // the world's
	if err != nil {
		t.Fatal(err)
	}
	err = w.DB.Read(t.Context(), func(tx *db.Tx) error {
		p, u, err := account.Admin(tx, w.pool, "alice")
		if err != nil {
			return err
		}
		d, err := device.Find(tx, u, key)
		if err != nil {
			return err
		}
		if !d.Confirmed || !d.Remembered {
			t.Errorf("the device is confirmed %t, remembered %t; want both", d.Confirmed, d.Remembered)
		}
		box, err := (&datakey.Ring{Master: master}).Box(tx, p.ID)
		if err != nil {
			return err
		}
		salt, verifier, err = device.Verifier(box, d)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return salt, verifier
}

func TestConfirmationRefusesWhatIsNoSecret(t *testing.T) {
	each(t, every, func(t *testing.T, w *world) {
		who := w.issue(t, "alice")
		good := confirmation(w.bearer, who)
		config := good["DeviceSecretVerifierConfig"].(M)
		encode := base64.StdEncoding.EncodeToString
		const noConfig, noSalt, noVerifier = "DeviceSecretVerifierConfig with Salt and PasswordVerifier is required.",
			"Invalid device salt given.", "Invalid device password verifier given."

		for _, absent := range []any{nil, M{}, with(config, M{"Salt": nil}), with(config, M{"PasswordVerifier": nil}), with(config, M{"Salt": ""})} {
			w.Fails(t, "ConfirmDevice", with(good, M{"DeviceSecretVerifierConfig": absent}), invalid, noConfig)
		}
		for _, salt := range []string{
			encode(make([]byte, 7)), encode(make([]byte, 65)), "!", "QUJD*EZHSElKS0xN", "QUFBQUFBQUFBQUFB=", strings.Repeat("A", 131_072),
		} {
			w.Fails(t, "ConfirmDevice", with(good, M{"DeviceSecretVerifierConfig": with(config, M{"Salt": salt})}), invalid, noSalt)
		}
		for _, verifier := range []string{
			encode([]byte{0}), encode([]byte{1}), encode(bytes.Repeat([]byte{255}, 384)), encode(bytes.Repeat([]byte{255}, 385)),
			encode(make([]byte, 386)), "x", strings.Repeat("A", 131_072),
		} {
			w.Fails(t, "ConfirmDevice", with(good, M{"DeviceSecretVerifierConfig": with(config, M{"PasswordVerifier": verifier})}), invalid, noVerifier)
		}
		w.Fails(t, "ConfirmDevice", with(good, M{"DeviceSecretVerifierConfig": with(config, M{"Salt": strings.Repeat("A", 131_073)})}), invalid, "")
		w.Fails(t, "ConfirmDevice", with(good, M{"DeviceName": strings.Repeat("x", 1025)}), invalid, "")
		w.Fails(t, "ConfirmDevice", with(good, M{"DeviceKey": "us-east-1_" + strings.Repeat("a", 50)}), invalid, "")

		// A salt that lost its leading zeros is a salt.
		w.Must(t, "ConfirmDevice", with(good, M{
			"DeviceName": strings.Repeat("ü", 1024), "DeviceSecretVerifierConfig": with(config, M{"Salt": encode(bytes.Repeat([]byte{1}, 15))}),
		}))
	})
}

func TestOnlyTheUserWhoWasGivenADeviceConfirmsIt(t *testing.T) {
	each(t, every, func(t *testing.T, w *world) {
		const refused = "Invalid device key given."
		who := w.issue(t, "alice")
		w.Fails(t, "ConfirmDevice", confirmation(w.other(t, "bob"), who), invalid, refused)
		w.Fails(t, "ConfirmDevice", confirmation(w.bearer, srp.Identity{Scope: who.Scope, User: "us-east-1_0a1b2c3d-0000-4000-8000-000000000000"}), invalid, refused)

		second := w.issue(t, "alice")
		w.bind(t, second.User)
		w.Fails(t, "ConfirmDevice", confirmation(w.bearer, who), invalid, refused) // this session is another device's
		w.Must(t, "ConfirmDevice", confirmation(w.bearer, second))
	})
}

// bind makes alice's sessions those of a device, as sign-in does.
func (w *world) bind(t *testing.T, key string) {
	t.Helper()
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		_, u, err := account.Admin(tx, w.pool, "alice")
		if err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE session SET device_key = $3 WHERE pool_id = $1 AND sub = $2`, u.Pool, u.Sub, key)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestUnconfirmedDevicesAreForgottenAfterADay(t *testing.T) {
	each(t, every, func(t *testing.T, w *world) {
		old, kept := w.issue(t, "alice"), w.device(t)
		w.Advance(23 * time.Hour)
		young := w.issue(t, "alice")
		w.Advance(2 * time.Hour)
		if err := w.Server.RunJob(t.Context(), "prune devices"); err != nil {
			t.Fatal(err)
		}
		err := w.DB.Read(t.Context(), func(tx *db.Tx) error {
			_, u, err := account.Admin(tx, w.pool, "alice")
			if err == nil {
				_, err = device.Find(tx, u, old.User)
			}
			return err
		})
		if !errors.Is(err, db.ErrNotFound) {
			t.Errorf("the old device: %v, want %v", err, db.ErrNotFound)
		}
		w.Must(t, "ConfirmDevice", confirmation(w.bearer, young))
		w.Must(t, "GetDevice", with(w.bearer, M{"DeviceKey": kept}))
	})
}
