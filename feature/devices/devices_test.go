package devices_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/server/servertest"
	"cardea/spec/srp"
)

func TestUsersAndAdministratorsSeeADevice(t *testing.T) {
	each(t, every, func(t *testing.T, w *world) {
		who := w.issue(t, "alice")
		named := float64(w.Now().UnixMilli()) / 1000
		w.Advance(time.Minute)
		w.Must(t, "ConfirmDevice", with(confirmation(w.bearer, who), M{"DeviceName": "Alice's phone"}))

		attribute := func(name, value string) any { return M{"Name": name, "Value": value} }
		want := M{
			"DeviceKey":              who.User,
			"DeviceAttributes":       []any{attribute("device_status", "valid"), attribute("device_name", "Alice's phone"), attribute("last_ip_used", "192.0.2.1")},
			"DeviceCreateDate":       named,
			"DeviceLastModifiedDate": named + 60, "DeviceLastAuthenticatedDate": float64(int64(named)),
		}
		got := w.Must(t, "GetDevice", with(w.bearer, M{"DeviceKey": who.User}))
		if diff := cmp.Diff(M{"Device": want}, got); diff != "" {
			t.Errorf("GetDevice (-want +got):\n%s", diff)
		}
		got = w.Must(t, "ListDevices", w.bearer)
		if diff := cmp.Diff(M{"Devices": []any{want}}, got); diff != "" {
			t.Errorf("ListDevices (-want +got):\n%s", diff)
		}

		want["DeviceAttributes"] = []any{
			attribute("device_status", "valid"), attribute("device_name", "Alice's phone"),
			attribute("dev:device_arn", "arn:aws:cognito-idp:us-east-1:"+servertest.Account+":owner/alice."+w.pool+"/device/"+who.User),
			attribute("dev:device_owner", "alice."+w.pool), attribute("last_ip_used", "192.0.2.1"),
			attribute("dev:device_remembered_status", "remembered"), attribute("dev:device_sdk", "aws-sdk-js"),
		}
		got = w.Must(t, "AdminGetDevice", w.admin("alice", who.User))
		if diff := cmp.Diff(M{"Device": want}, got); diff != "" {
			t.Errorf("AdminGetDevice (-want +got):\n%s", diff)
		}
		got = w.Must(t, "AdminListDevices", M{"UserPoolId": w.pool, "Username": "alice"})
		if diff := cmp.Diff(M{"Devices": []any{want}}, got); diff != "" {
			t.Errorf("AdminListDevices (-want +got):\n%s", diff)
		}
	})
}

func TestDeviceWithoutANameHasItsProgrammes(t *testing.T) {
	each(t, every, func(t *testing.T, w *world) {
		key := w.device(t)
		out := w.Must(t, "GetDevice", with(w.bearer, M{"DeviceKey": key}))
		if got := text(out, "Device.DeviceAttributes.1.Value"); got != "aws-sdk-js" {
			t.Errorf("got %v, want the name aws-sdk-js", out)
		}
	})
}

func TestUsersSeeOnlyDevicesThatAreRemembered(t *testing.T) {
	each(t, asked, func(t *testing.T, w *world) {
		key := w.device(t)
		mine := with(w.bearer, M{"DeviceKey": key})
		sees := func(want bool) {
			t.Helper()
			if want {
				w.Must(t, "GetDevice", mine)
			} else {
				w.Fails(t, "GetDevice", mine, notFound, noDevice)
			}
			if got := slices.Contains(keys(w.Must(t, "ListDevices", w.bearer)), key); got != want {
				t.Errorf("listed: %v, want %v", got, want)
			}
			if got := keys(w.Must(t, "AdminListDevices", M{"UserPoolId": w.pool, "Username": "alice"})); !slices.Equal(got, []string{key}) {
				t.Errorf("administrators see %v, want the device", got)
			}
		}
		sees(false)
		for _, step := range []struct {
			operation string
			status    any
			want      bool
		}{
			{"UpdateDeviceStatus", nil, false}, {"UpdateDeviceStatus", "remembered", true}, {"UpdateDeviceStatus", nil, true},
			{"UpdateDeviceStatus", "not_remembered", false}, {"AdminUpdateDeviceStatus", "remembered", true},
			{"AdminUpdateDeviceStatus", nil, true}, {"AdminUpdateDeviceStatus", "not_remembered", false},
		} {
			in := mine
			if step.operation == "AdminUpdateDeviceStatus" {
				in = w.admin("alice", key)
			}
			if out := w.Must(t, step.operation, with(in, M{"DeviceRememberedStatus": step.status})); len(out) != 0 {
				t.Errorf("%s answers %v, want {}", step.operation, out)
			}
			sees(step.want)
		}
		w.Fails(t, "UpdateDeviceStatus", with(mine, M{"DeviceRememberedStatus": "perhaps"}), invalid, "")
	})
}

func TestRefreshTokensAreForTheirDevice(t *testing.T) {
	each(t, every, func(t *testing.T, w *world) {
		tokens := w.SignIn(t, w.client, "alice")
		w.bearer = M{"AccessToken": tokens["AccessToken"]}
		key, other := w.device(t), w.device(t)
		w.bind(t, key)
		refresh := M{"ClientId": w.client, "RefreshToken": tokens["RefreshToken"]}
		for _, wrong := range []M{{}, {"DeviceKey": other}, {"DeviceKey": "us-east-1_a1b2c3d4-5678-90ab-cdef-000000000001"}} {
			w.Fails(t, "GetTokensFromRefreshToken", with(refresh, wrong), "NotAuthorizedException", "")
		}
		w.Must(t, "GetTokensFromRefreshToken", with(refresh, M{"DeviceKey": key}))
	})
}

func TestForgottenDeviceIsGoneWithItsRefreshTokens(t *testing.T) {
	each(t, every, func(t *testing.T, w *world) {
		for _, operation := range []string{"ForgetDevice", "AdminForgetDevice"} {
			tokens := w.SignIn(t, w.client, "alice")
			w.bearer = M{"AccessToken": tokens["AccessToken"]}
			key, other := w.device(t), w.device(t)
			w.bind(t, key)
			refresh := M{"ClientId": w.client, "RefreshToken": tokens["RefreshToken"], "DeviceKey": key}
			w.Must(t, "GetTokensFromRefreshToken", refresh)

			w.Advance(time.Second)
			in := with(w.bearer, M{"DeviceKey": key})
			if operation == "AdminForgetDevice" {
				in = w.admin("alice", key)
			}
			if out := w.Must(t, operation, in); out != nil {
				t.Errorf("%s answers %v, want nothing", operation, out)
			}
			w.Fails(t, "GetTokensFromRefreshToken", refresh, "NotAuthorizedException", "")
			w.Fails(t, operation, in, notFound, noDevice)
			w.Fails(t, "UpdateDeviceStatus", with(w.bearer, M{"DeviceKey": key}), notFound, noDevice) // and not the access token's end
			w.Fails(t, "AdminGetDevice", w.admin("alice", key), notFound, noDevice)
			w.Fails(t, "AdminUpdateDeviceStatus", w.admin("alice", key), notFound, noDevice)
			w.Must(t, "GetDevice", with(w.bearer, M{"DeviceKey": other}))
		}
	})
}

func TestDeviceIsForgottenOnce(t *testing.T) {
	each(t, every, func(t *testing.T, w *world) {
		key := w.device(t)
		requests := slices.Repeat([]M{with(w.bearer, M{"DeviceKey": key})}, 100)
		winners, losers := w.atOnce("ForgetDevice", requests)
		if len(winners) != 1 || losers["ResourceNotFoundException: "+noDevice] != 99 {
			t.Errorf("%d winners, losers %v; want 1 and 99", len(winners), losers)
		}
	})
}

func TestDevicesOfOthersAreNotFound(t *testing.T) {
	each(t, every, func(t *testing.T, w *world) {
		key, bob := w.device(t), w.other(t, "bob")
		for _, operation := range []string{"GetDevice", "UpdateDeviceStatus", "ForgetDevice"} {
			w.Fails(t, operation, with(bob, M{"DeviceKey": key, "DeviceRememberedStatus": nil}), notFound, noDevice)
		}
		for _, operation := range []string{"AdminGetDevice", "AdminUpdateDeviceStatus", "AdminForgetDevice"} {
			w.Fails(t, operation, w.admin("bob", key), notFound, noDevice)
		}
		if got := keys(w.Must(t, "ListDevices", bob)); len(got) != 0 {
			t.Errorf("bob has %v, want nothing", got)
		}
		if got := w.status(t, key); got != "remembered" {
			t.Errorf("alice's device is %q, want it untouched", got)
		}
	})
}

func TestDevicesAreDeletedWithTheirUser(t *testing.T) {
	each(t, every, func(t *testing.T, w *world) {
		key := w.device(t)
		w.issue(t, "alice")
		w.Must(t, "AdminDeleteUser", M{"UserPoolId": w.pool, "Username": "alice"})
		w.Fails(t, "GetDevice", with(w.bearer, M{"DeviceKey": key}), "UserNotFoundException", "")
		w.User(t, w.pool, "alice")
		if got := keys(w.Must(t, "AdminListDevices", M{"UserPoolId": w.pool, "Username": "alice"})); len(got) != 0 {
			t.Errorf("the new alice has %v, want nothing", got)
		}
		err := w.DB.Read(t.Context(), func(tx *db.Tx) error {
			n, err := db.One(tx, func(row db.Scanner) (n int64, err error) { return n, row.Scan(&n) }, `SELECT COUNT(*) FROM device`)
			if n != 0 {
				t.Errorf("%d devices left, want none", n)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestDevicesComeInPages(t *testing.T) {
	each(t, asked, func(t *testing.T, w *world) {
		var all, remembered []string
		for i := range 7 {
			key := w.device(t)
			all = append(all, key)
			if i%2 == 0 {
				w.Must(t, "UpdateDeviceStatus", with(w.bearer, M{"DeviceKey": key, "DeviceRememberedStatus": "remembered"}))
				remembered = append(remembered, key)
			}
		}
		slices.Sort(all)
		slices.Sort(remembered)
		w.issue(t, "alice")

		admin := M{"UserPoolId": w.pool, "Username": "alice"}
		tokens := map[string]any{}
		for operation, c := range map[string]struct {
			in   M
			want []string
		}{"ListDevices": {w.bearer, remembered}, "AdminListDevices": {admin, all}} {
			var got []string
			next := any(nil)
			for range 9 {
				out := w.Must(t, operation, with(c.in, M{"Limit": 2, "PaginationToken": next}))
				got = append(got, keys(out)...)
				if next = out["PaginationToken"]; next == nil {
					break
				}
				tokens[operation] = next
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", operation, diff)
			}
			if got := keys(w.Must(t, operation, with(c.in, M{"Limit": 0}))); !slices.Equal(got, c.want) {
				t.Errorf("%s with Limit 0: %v, want all", operation, got)
			}
			for _, limit := range []int{-1, 61} {
				w.Fails(t, operation, with(c.in, M{"Limit": limit}), invalid, "")
			}
			for _, token := range []string{"garbage", strings.Repeat("A", 100_000)} {
				w.Fails(t, operation, with(c.in, M{"PaginationToken": token}), invalid, "Invalid pagination token.")
			}
		}

		const foreign = "Invalid pagination token."
		w.Fails(t, "ListDevices", with(w.bearer, M{"PaginationToken": tokens["AdminListDevices"]}), invalid, foreign)
		w.Fails(t, "ListDevices", with(w.other(t, "bob"), M{"PaginationToken": tokens["ListDevices"]}), invalid, foreign)
		w.Fails(t, "AdminListDevices", M{"UserPoolId": w.pool, "Username": "bob", "PaginationToken": tokens["AdminListDevices"]}, invalid, foreign)
	})
}

func TestPoolsThatDoNotTrackDevicesHaveNone(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		const off = "Device tracking is not configured for the user pool."
		who := srp.Identity{Scope: "-group", User: "us-east-1_11111111-2222-3333-4444-555555555555"}
		w.Fails(t, "ConfirmDevice", confirmation(w.bearer, who), invalid, off)
		w.Fails(t, "ListDevices", w.bearer, invalid, off)
		for _, operation := range []string{"GetDevice", "UpdateDeviceStatus", "ForgetDevice"} {
			w.Fails(t, operation, with(w.bearer, M{"DeviceKey": who.User}), invalid, off)
		}
		if out := w.SignIn(t, w.client, "alice"); out["NewDeviceMetadata"] != nil {
			t.Errorf("a sign-in named a device: %v", out)
		}
		if got := keys(w.Must(t, "AdminListDevices", M{"UserPoolId": w.pool, "Username": "alice"})); len(got) != 0 {
			t.Errorf("got %v, want no devices", got)
		}
	})
}

func TestDevicesNeedTheUsersOwnToken(t *testing.T) {
	each(t, every, func(t *testing.T, w *world) {
		key := w.device(t)
		for operation, in := range map[string]M{
			"ConfirmDevice": {"DeviceKey": key}, "GetDevice": {"DeviceKey": key}, "ListDevices": {}, "ForgetDevice": {"DeviceKey": key},
			"UpdateDeviceStatus": {"DeviceKey": key, "DeviceRememberedStatus": "not_remembered"},
		} {
			w.Fails(t, operation, with(in, M{"AccessToken": "eyJ.eyJ.x"}), "NotAuthorizedException", "")
			w.Fails(t, operation, with(in, M{"AccessToken": w.tokens["IdToken"]}), "NotAuthorizedException", "")
			w.Fails(t, operation, in, invalid, "1 validation error detected: Value at 'accessToken' failed to satisfy constraint: Member must not be null")
		}
		if got := w.status(t, key); got != "remembered" {
			t.Errorf("the device is %q, want it untouched", got)
		}
	})
}

func TestAdministratorsNameAUserOfTheirPool(t *testing.T) {
	each(t, every, func(t *testing.T, w *world) {
		in := M{"UserPoolId": w.pool, "Username": "unknown", "DeviceKey": w.device(t)}
		for operation, code := range map[string]string{
			"AdminGetDevice": notFound, "AdminListDevices": notFound,
			"AdminForgetDevice": "UserNotFoundException", "AdminUpdateDeviceStatus": "UserNotFoundException",
		} {
			if operation == "AdminListDevices" {
				in = with(in, M{"DeviceKey": nil})
			}
			w.Fails(t, operation, in, code, "User does not exist.")
			w.Fails(t, operation, with(in, M{"UserPoolId": "us-east-1_Nothing00"}), notFound, "User pool us-east-1_Nothing00 does not exist.")
			w.In("eu-west-1").Fails(t, operation, with(in, M{"Username": "alice"}), notFound, "User pool "+w.pool+" does not exist.")
			in["DeviceKey"] = "us-east-1_0a1b"
		}
	})
}
