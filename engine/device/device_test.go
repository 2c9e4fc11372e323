package device_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"cardea/platform/caller"

	"cardea/engine/device"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/platform/seal"
	"cardea/record/client"
	record "cardea/record/device"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
	"cardea/spec/srp"
)

var (
	tracked = &pool.Pool{ID: "us-east-1_AbC123xyz"}
	app     = &client.Client{Pool: tracked.ID, ID: "1234567890abcdefghijklmnop"}
	phone   = caller.Caller{IP: "192.0.2.1", UserAgent: "aws-sdk-go-v2/1.30 os/linux"}
)

func box(t *testing.T) *seal.Box {
	t.Helper()
	b, err := seal.NewBox(string(tracked.ID), 1, seal.Key{ID: 1, Secret: seal.NewKey()})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSettingsSayWhatDevicesAreFor(t *testing.T) {
	t.Parallel()
	type rules [3]bool
	for name, c := range map[string]struct {
		configuration *cognitoidp.DeviceConfigurationType
		want          rules
	}{
		"none":    {nil, rules{}},
		"empty":   {&cognitoidp.DeviceConfigurationType{}, rules{true}},
		"instead": {&cognitoidp.DeviceConfigurationType{ChallengeRequiredOnNewDevice: true}, rules{true, true}},
		"prompt":  {&cognitoidp.DeviceConfigurationType{DeviceOnlyRememberedOnUserPrompt: true}, rules{true, false, true}},
	} {
		p := &pool.Pool{Doc: cognitoidp.UserPoolType{DeviceConfiguration: c.configuration}}
		if got := (rules{device.Tracks(p), device.ReplacesMFA(p), device.AsksUser(p)}); got != c.want {
			t.Errorf("%s: tracks, replaces MFA, asks: %v, want %v", name, got, c.want)
		}
	}
}

func TestDeviceIsUsableWhileConfirmedAndRemembered(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		alice, bob := &user.User{Pool: tracked.ID, Sub: id.NewSub()}, &user.User{Pool: tracked.ID, Sub: id.NewSub()}
		var named *cognitoidp.NewDeviceMetadataType
		write := func(fn func(tx *db.Tx) error) {
			t.Helper()
			if err := d.Write(t.Context(), fn); err != nil {
				t.Fatal(err)
			}
		}
		write(func(tx *db.Tx) (err error) {
			named, err = device.Issue(tx, tracked, app, alice, phone)
			return err
		})
		usable := func(u *user.User, key string) (found bool) {
			t.Helper()
			write(func(tx *db.Tx) error {
				x, err := device.Find(tx, u, key)
				found = err == nil && x.Key == key && x.Confirmed && x.Remembered
				if err != nil && !errors.Is(err, db.ErrNotFound) {
					return err
				}
				return nil
			})
			return found
		}

		if usable(alice, named.DeviceKey) {
			t.Error("an unconfirmed device is usable")
		}
		var x *record.Device
		write(func(tx *db.Tx) (err error) {
			if x, err = device.Find(tx, alice, named.DeviceKey); err != nil {
				return err
			}
			return device.Confirm(tx, box(t), x, []byte("salt"), make([]byte, srp.Size))
		})
		if x.GroupKey != named.DeviceGroupKey || x.Name != "aws-sdk-go-v2" || x.SDK != "aws-sdk-go-v2" || x.IP != phone.IP || x.Client != app.ID {
			t.Errorf("device %+v of %+v", x, named)
		}
		if usable(alice, x.Key) {
			t.Error("a device that is not remembered is usable")
		}
		write(func(tx *db.Tx) error { return record.Remember(tx, x, true) })
		for key, want := range map[string]bool{x.Key: true, "": false, x.Key + "0": false, strings.Repeat("x", 1<<20): false} {
			if got := usable(alice, key); got != want {
				t.Errorf("usable(%.60q) = %v, want %v", key, got, want)
			}
		}
		if usable(bob, x.Key) {
			t.Error("another user's device is usable")
		}

		write(func(tx *db.Tx) error { return device.Seen(tx, x, caller.Caller{IP: "192.0.2.2"}) })
		write(func(tx *db.Tx) error { return record.Remember(tx, x, false) })
		err := d.Write(t.Context(), func(tx *db.Tx) error { return device.Seen(tx, x, phone) })
		if !errors.Is(err, db.ErrNotFound) || x.IP != "192.0.2.2" {
			t.Errorf("sign-in on a device forgotten meanwhile: %v, %+v; want ErrNotFound", err, x)
		}
	})
}

func TestSecretOpensForItsDeviceOnly(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b, alice := box(t), &user.User{Pool: tracked.ID, Sub: id.NewSub()}
		for _, size := range []int{0, 15, 16, device.MaxSalt} {
			wantSalt, wantVerifier := bytes.Repeat([]byte{7}, size), bytes.Repeat([]byte{9}, srp.Size)
			var x *record.Device
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				named, err := device.Issue(tx, tracked, app, alice, phone)
				if err != nil {
					return err
				}
				if x, err = device.Find(tx, alice, named.DeviceKey); err != nil {
					return err
				}
				if err := device.Confirm(tx, b, x, wantSalt, wantVerifier); err != nil {
					return err
				}
				x, err = device.Find(tx, alice, named.DeviceKey)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			salt, verifier, err := device.Verifier(b, x)
			if err != nil || !bytes.Equal(salt, wantSalt) || !bytes.Equal(verifier, wantVerifier) {
				t.Errorf("salt of %d bytes: %x, %.8x…, %v", size, salt, verifier, err)
			}
			if bytes.Contains(x.Secret, wantVerifier[:8]) {
				t.Error("the secret is stored as it is")
			}
			for _, other := range []record.Device{{Sub: "bob", Key: x.Key}, {Sub: x.Sub, Key: "other"}} {
				other.Secret = x.Secret
				if _, _, err := device.Verifier(b, &other); !errors.Is(err, seal.ErrForged) {
					t.Errorf("opened for %s/%s: %v", other.Sub, other.Key, err)
				}
			}
		}
	})
}

func TestMalformedSecretsDoNotOpen(t *testing.T) {
	t.Parallel()
	b := box(t)
	if _, _, err := device.Verifier(b, &record.Device{Sub: "alice", Key: "k"}); err == nil {
		t.Error("a device without a secret has a verifier")
	}
	for name, stored := range map[string][]byte{
		"empty": {}, "kind": append([]byte{2, 0}, make([]byte, srp.Size)...), "short": {1, 4, 1, 2, 3},
		"cut": append([]byte{1, 1}, make([]byte, srp.Size)...), "salt": append([]byte{1, 65}, make([]byte, 65+srp.Size)...),
	} {
		d := &record.Device{Sub: "alice", Key: "k", Secret: b.Seal("device/alice/k", stored)}
		if _, _, err := device.Verifier(b, d); err == nil {
			t.Errorf("%s: a malformed secret opened", name)
		}
	}
}

func TestNamesComeFromUserAgents(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string][2]string{
		"": {},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36":              {"Chrome on Windows"},
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0":    {"Edge on Windows"},
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15":    {"Safari on macOS"},
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0 Safari/604.1": {"Chrome on iPhone"},
		"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0 Safari/537.36":    {"Samsung Internet on Android"},
		"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0":                                                   {"Firefox on Linux"},
		"Mozilla/5.0":           {},
		"Mozilla/5.0 (Windows)": {"Windows"},
		"Boto3/1.43.11 md/Botocore#1.43.11 os/linux":      {"Boto3", "Boto3"},
		"aws-sdk-js/3.700.0 os/Windows_NT":                {"aws-sdk-js", "aws-sdk-js"},
		"MyApp/1 CFNetwork/1494 Darwin/23.4":              {"MyApp"},
		"curl":                                            {"curl"},
		"n\u00e4me/1":                                     {},
		"a\x1b[31mred/1":                                  {},
		strings.Repeat("x", 65):                           {},
		"Mozilla/5.0 " + strings.Repeat("Windows ", 9000): {"Windows"},
	} {
		if got := [2]string{device.Name(agent), device.SDK(agent)}; got != want {
			t.Errorf("%.70q: %q, want %q", agent, got, want)
		}
	}
}

func TestUnconfirmedDevicesOfAUserAreFew(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		alice, bob := &user.User{Pool: tracked.ID, Sub: id.NewSub()}, &user.User{Pool: tracked.ID, Sub: id.NewSub()}
		issue := func(u *user.User) (key string) {
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				made, err := device.Issue(tx, tracked, app, u, phone)
				if err == nil {
					key = made.DeviceKey
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return key
		}
		found := func(u *user.User, key string) bool {
			err := d.Read(t.Context(), func(tx *db.Tx) error {
				_, err := device.Find(tx, u, key)
				return err
			})
			return err == nil
		}
		others := issue(bob)
		confirmed := issue(alice)
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			return record.Confirm(tx, &record.Device{Pool: tracked.ID, Sub: alice.Sub, Key: confirmed, Secret: []byte("sealed")})
		})
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		for range 30 {
			keys = append(keys, issue(alice))
			time.Sleep(2 * time.Millisecond) // rows are as old as their millisecond
		}
		left := 0
		for _, key := range keys {
			if found(alice, key) {
				left++
			}
		}
		if left != 20 || !found(alice, keys[29]) || found(alice, keys[0]) {
			t.Errorf("%d unconfirmed devices are left, want the newest 20", left)
		}
		if !found(alice, confirmed) || !found(bob, others) {
			t.Error("a confirmed device, or another user's, made room")
		}
	})
}
