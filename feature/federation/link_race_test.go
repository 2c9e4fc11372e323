package federation_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"cardea/server/servertest"
	"cardea/spec/awsjson"
)

// manyAtOnce calls fn a hundred times at once, and tells how many calls succeeded. Faults other than those expected fail the test.
func manyAtOnce(t *testing.T, fn func(n int) error, expected ...string) (succeeded int) {
	t.Helper()
	const runners = 100
	errs := make([]error, runners)
	var wg sync.WaitGroup
	for n := range runners {
		wg.Go(func() { errs[n] = fn(n) })
	}
	wg.Wait()
	for _, err := range errs {
		if err == nil {
			succeeded++
			continue
		}
		fault, ok := errors.AsType[*awsjson.Fault](err)
		known := false
		for _, code := range expected {
			known = known || ok && fault.Code == code
		}
		if !known {
			t.Errorf("unexpected: %v", err)
		}
	}
	return succeeded
}

func TestParallelLinksOfOneIdentityHaveOneUser(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := withProviders(t, w, nil)
		users := []string{"alice", "bob"}
		w.User(t, pool, "bob")
		n := manyAtOnce(t, func(n int) error {
			_, err := w.Call("AdminLinkProviderForUser", linking(pool, who("Cognito", "", users[n%2]), subject("corp", "1")))
			return err
		}, "InvalidParameterException", "AliasExistsException")
		if all := len(identities(t, w, pool, "alice")) + len(identities(t, w, pool, "bob")); n != 1 || all != 1 {
			t.Errorf("%d links succeeded, and %d identities are shown", n, all)
		}
	})
}

func TestParallelLinksKeepTheLimit(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := withProviders(t, w, nil)
		n := manyAtOnce(t, func(n int) error {
			_, err := w.Call("AdminLinkProviderForUser", linking(pool, who("Cognito", "", "alice"), subject("corp", fmt.Sprint(n))))
			return err
		}, "LimitExceededException")
		if all := len(identities(t, w, pool, "alice")); n != 5 || all != 5 {
			t.Errorf("%d links succeeded, and %d identities are shown", n, all)
		}
	})
}

func TestLinksAndUnlinksAtOnceStayInStep(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := withProviders(t, w, nil)
		manyAtOnce(t, func(n int) (err error) {
			if n%2 == 0 {
				_, err = w.Call("AdminLinkProviderForUser", linking(pool, who("Cognito", "", "alice"), subject("corp", "1")))
			} else {
				_, err = w.Call("AdminDisableProviderForUser", disabling(pool, subject("corp", "1")))
			}
			return err
		}, "InvalidParameterException", "UserNotFoundException")
		shown := len(identities(t, w, pool, "alice"))
		_, err := w.Call("AdminDisableProviderForUser", disabling(pool, subject("corp", "1")))
		if (shown == 1) != (err == nil) {
			t.Errorf("%d identities are shown, and the end of the link answers %v", shown, err)
		}
		wantIdentities(t, w, pool, "alice")
	})
}

func TestLinksAtADeletionLeaveNothing(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := withProviders(t, w, nil)
		w.User(t, pool, "bob")
		manyAtOnce(t, func(n int) (err error) {
			if n == 50 {
				_, err = w.Call("AdminDeleteUser", M{"UserPoolId": pool, "Username": "alice"})
				return err
			}
			_, err = w.Call("AdminLinkProviderForUser", linking(pool, who("Cognito", "", "alice"), subject("corp", fmt.Sprint(n))))
			return err
		}, "UserNotFoundException", "LimitExceededException")
		for n := range 100 {
			w.Fails(t, "AdminDisableProviderForUser", disabling(pool, subject("corp", fmt.Sprint(n))), "UserNotFoundException", "")
		}
	})
}
