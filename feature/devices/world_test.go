package devices_test

import (
	"sync"
	"testing"

	"cardea/server/servertest"
	"cardea/spec/srp"
)

// M and the variables abbreviate names that all tests here use.
type M = servertest.M

var (
	with  = servertest.With
	text  = servertest.Text
	at    = servertest.At
	asked = M{"DeviceConfiguration": M{"DeviceOnlyRememberedOnUserPrompt": true}}
	every = M{"DeviceConfiguration": M{"ChallengeRequiredOnNewDevice": true}}
)

const (
	invalid  = "InvalidParameterException"
	notFound = "ResourceNotFoundException"
	noDevice = "Device does not exist."
	secret   = "the password that a device made for itself"
)

// world is a server with one pool, one client, and the signed-in user alice.
type world struct {
	*servertest.World
	pool, client string
	bearer       M // alice's access token
	tokens       M // all of alice's tokens
}

func each(t *testing.T, pool M, body func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.World) {
		w := &world{World: s}
		w.pool = s.Pool(t, pool)
		w.client = s.Client(t, w.pool, M{"AccessTokenValidity": 24})
		w.User(t, w.pool, "alice")
		w.tokens = w.SignIn(t, w.client, "alice")
		w.bearer = M{"AccessToken": w.tokens["AccessToken"]}
		body(t, w)
	})
}

// other makes and signs in another user.
func (w *world) other(t *testing.T, name string) (bearer M) {
	t.Helper()
	w.User(t, w.pool, name)
	return M{"AccessToken": w.SignIn(t, w.client, name)["AccessToken"]}
}

// issue signs a user in again, which issues a device; alice's tokens are then those of this sign-in.
func (w *world) issue(t *testing.T, username string) (who srp.Identity) {
	t.Helper()
	tokens := w.By("aws-sdk-js/3.700.0 os/linux").SignIn(t, w.client, username)
	if username == "alice" {
		w.tokens, w.bearer = tokens, M{"AccessToken": tokens["AccessToken"]}
	}
	return srp.Identity{Scope: text(tokens, "NewDeviceMetadata.DeviceGroupKey"), User: text(tokens, "NewDeviceMetadata.DeviceKey")}
}

// confirmation is the request that confirms a device.
func confirmation(bearer M, who srp.Identity) M {
	salt, verifier := srp.NewDeviceVerifier(who, secret)
	return with(bearer, M{
		"DeviceKey": who.User, "DeviceSecretVerifierConfig": M{"Salt": salt, "PasswordVerifier": verifier},
	})
}

// device is a confirmed device of alice's.
func (w *world) device(t *testing.T) (key string) {
	t.Helper()
	who := w.issue(t, "alice")
	w.Must(t, "ConfirmDevice", confirmation(w.bearer, who))
	return who.User
}

// admin names a user's device as administrators do.
func (w *world) admin(username, key string) M {
	return M{"UserPoolId": w.pool, "Username": username, "DeviceKey": key}
}

// keys are the keys of the devices in an answer.
func keys(out M) []string {
	list := []string{}
	for _, d := range out["Devices"].([]any) {
		list = append(list, text(d.(M), "DeviceKey"))
	}
	return list
}

// status is a device's dev:device_remembered_status.
func (w *world) status(t *testing.T, key string) string {
	t.Helper()
	for _, a := range at(w.Must(t, "AdminGetDevice", w.admin("alice", key)), "Device.DeviceAttributes").([]any) {
		if text(a.(M), "Name") == "dev:device_remembered_status" {
			return text(a.(M), "Value")
		}
	}
	return ""
}

// atOnce sends many requests at once and says which of them succeeded, and the errors of the others.
func (w *world) atOnce(operation string, requests []M) (winners []int, losers map[string]int) {
	errs := make([]error, len(requests))
	var wait sync.WaitGroup
	start := make(chan struct{})
	for i, in := range requests {
		wait.Go(func() {
			<-start
			_, errs[i] = w.Call(operation, in)
		})
	}
	close(start)
	wait.Wait()
	losers = map[string]int{}
	for i, err := range errs {
		if err == nil {
			winners = append(winners, i)
			continue
		}
		losers[err.Error()]++
	}
	return winners, losers
}
