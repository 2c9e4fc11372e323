package identitypool_test

import (
	"fmt"
	"strings"
	"testing"

	"cardea/server/servertest"
)

// newGuest is the id of a guest.
func newGuest(t testing.TB, w *servertest.World, pool string) string {
	t.Helper()
	return getID(t, w, pool, nil)
}

// isGuest tells whether an id is good without logins.
func isGuest(t testing.TB, w *servertest.World, identity string) bool {
	t.Helper()
	err := service(w).Guest(t.Context(), identity)
	if err != nil && !strings.Contains(err.Error(), "NotAuthorized") && !strings.Contains(err.Error(), "NotFound") {
		t.Fatal(err)
	}
	return err == nil
}

func TestALoginIsOneIdentity(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool := newPool(t, w, nil)
		ann := mustLink(t, w, pool, login("a ann"))
		if again := mustLink(t, w, pool, login("a ann")); again != ann {
			t.Errorf("first %s, then %s", ann, again)
		}
		if bob := mustLink(t, w, pool, login("a bob")); bob == ann {
			t.Error("two users are one identity")
		}
		if other := mustLink(t, w, newPool(t, w, nil), login("a ann")); other == ann {
			t.Error("two pools have one identity")
		}
		if isGuest(t, w, ann) {
			t.Error("whoever knows the id is let in as a guest")
		}
	})
}

func TestLoginsOfOneRequestAreLinked(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool := newPool(t, w, nil)
		who := mustLink(t, w, pool, login("a ann", "b ann", "a ann"))
		for _, one := range []string{"a ann", "b ann"} {
			if got := mustLink(t, w, pool, login(one)); got != who {
				t.Errorf("%s is %s, want %s", one, got, who)
			}
		}
		if got := mustLink(t, w, pool, login("b ann", "c ann")); got != who {
			t.Errorf("a third login: %s, want %s", got, who)
		}
		if got := mustLink(t, w, pool, login("c ann").on(who)); got != who {
			t.Errorf("named: %s, want %s", got, who)
		}
		if got := mustLink(t, w, pool, login("a ann", "d ann").on(who)); got != who {
			t.Errorf("named, with a new login: %s, want %s", got, who)
		}
	})
}

func TestAGuestWhoSignsInKeepsTheirID(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool := newPool(t, w, nil)
		guest := newGuest(t, w, pool)
		if !isGuest(t, w, guest) {
			t.Fatal("the guest is none")
		}
		if who := mustLink(t, w, pool, login("a ann").on(guest)); who != guest {
			t.Errorf("got %s, want %s", who, guest)
		}
		if isGuest(t, w, guest) {
			t.Error("the id is still a guest's")
		}
		if who := mustLink(t, w, pool, login("a ann")); who != guest {
			t.Errorf("later: got %s, want %s", who, guest)
		}
		failsToLink(t, w, pool, login("a bob").on(guest), "NotAuthorizedException")
	})
}

func TestAGuestWhoTurnsOutToBeKnownIsDead(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool := newPool(t, w, nil)
		ann, guest := mustLink(t, w, pool, login("a ann")), newGuest(t, w, pool)
		w.Must(t, "DescribeIdentity", M{"IdentityId": guest})

		if who := mustLink(t, w, pool, login("a ann", "b ann").on(guest)); who != ann {
			t.Errorf("got %s, want %s", who, ann)
		}
		if isGuest(t, w, guest) {
			t.Error("the guest's id is still good")
		}
		if who := mustLink(t, w, pool, login("b ann").on(guest)); who != ann { // an answer that was lost
			t.Errorf("again: got %s, want %s", who, ann)
		}
		failsToLink(t, w, pool, login("a bob").on(guest), "NotAuthorizedException")
	})
}

func TestTwoIdentitiesNeverBecomeOneByLogins(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool := newPool(t, w, nil)
		ann, bob := mustLink(t, w, pool, login("a ann")), mustLink(t, w, pool, login("b bob"))
		guest := newGuest(t, w, pool)
		for _, c := range []struct {
			request request
			code    string
		}{
			{login("a ann", "b bob"), "ResourceConflictException"},
			{login("a ann", "b bob").on(ann), "ResourceConflictException"},
			{login("a ann", "b bob").on(guest), "ResourceConflictException"},
			{login("b bob").on(ann), "NotAuthorizedException"},
			{login("a carl").on(ann), "NotAuthorizedException"},
			{login("a carl", "b bob").on(ann), "NotAuthorizedException"},
		} {
			failsToLink(t, w, pool, c.request, c.code)
		}
		for want, one := range map[string]string{ann: "a ann", bob: "b bob"} {
			if got := mustLink(t, w, pool, login(one)); got != want {
				t.Errorf("%s is %s, want %s", one, got, want)
			}
		}
		if !isGuest(t, w, guest) {
			t.Error("the guest is dead")
		}
	})
}

func TestAnIdentityHasOneLoginOfAProvider(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool := newPool(t, w, nil)
		ann := mustLink(t, w, pool, login("a ann", "b ann"))
		failsToLink(t, w, pool, login("a ann", "b other"), "ResourceConflictException")
		failsToLink(t, w, pool, login("a ann", "b other").on(ann), "ResourceConflictException")
		failsToLink(t, w, pool, login("c one", "c two"), "ResourceConflictException")
	})
}

func TestAnIdentityHasTwentyLogins(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool := newPool(t, w, nil)
		var all []string
		for i := range 20 {
			all = append(all, fmt.Sprintf("p%d ann", i))
		}
		ann := mustLink(t, w, pool, login(all...))
		failsToLink(t, w, pool, login(all[0], "q ann"), "ResourceConflictException")
		if got := mustLink(t, w, pool, login(all[19])); got != ann {
			t.Errorf("got %s, want %s", got, ann)
		}
	})
}

func TestDeveloperUsersAreLinked(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool := newPool(t, w, M{"DeveloperProviderName": "dev"})
		ann, guest := mustLink(t, w, pool, login().as("ann")), newGuest(t, w, pool)
		if got := mustLink(t, w, pool, login().as("ann").on(ann)); got != ann {
			t.Errorf("got %s, want %s", got, ann)
		}
		if got := mustLink(t, w, pool, login("a ann").as("ann")); got != ann {
			t.Errorf("got %s, want %s", got, ann)
		}
		if got := mustLink(t, w, pool, login("a ann").as("ann's other name").on(ann)); got != ann { // two of one provider
			t.Errorf("got %s, want %s", got, ann)
		}
		if got := mustLink(t, w, pool, login().as("new").on(guest)); got != guest {
			t.Errorf("got %s, want %s", got, guest)
		}
		failsToLink(t, w, pool, login().as("ann").on(newGuest(t, w, pool)), "DeveloperUserAlreadyRegisteredException")
		failsToLink(t, w, pool, login().as("ann").on(guest), "DeveloperUserAlreadyRegisteredException")
		failsToLink(t, w, pool, login().as("newer").on(ann), "NotAuthorizedException")
		// A public provider of the same name is not the developer provider.
		failsToLink(t, w, pool, login("dev ann"), "ResourceConflictException")
	})
}

func TestIDsOfNobodyAreNotFound(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool, other := newPool(t, w, nil), newPool(t, w, nil)
		abroad := newGuest(t, w, newPool(t, w.In("eu-west-1"), nil))
		ann, guest := mustLink(t, w, pool, login("a ann")), newGuest(t, w, pool)
		w.Must(t, "DeleteIdentities", M{"IdentityIdsToDelete": []any{ann}})
		last := map[bool]string{true: "0", false: "1"}[strings.HasSuffix(guest, "1")]
		for name, id := range map[string]string{
			"made up":        "us-east-1:11111111-2222-4333-8444-555555555555",
			"almost a guest": guest[:len(guest)-1] + last,
			"of a Region":    "us-west-2:" + strings.TrimPrefix(guest, "us-east-1:"),
			"brought here":   "us-east-1:" + strings.TrimPrefix(abroad, "eu-west-1:"),
			"upper case":     strings.ToUpper(guest),
			"deleted":        ann,
			"another pool's": newGuest(t, w, other),
		} {
			failsToLink(t, w, pool, login("a bob").on(id), "ResourceNotFoundException")
			if name != "another pool's" && isGuest(t, w, id) {
				t.Errorf("%s: %s is a guest", name, id)
			}
		}
		if !isGuest(t, w, guest) {
			t.Error("the guest is none")
		}
	})
}

func TestParallelLinksMakeOneIdentity(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool := newPool(t, w, nil)
		type answer struct {
			who string
			err error
		}
		guests := parallel(10, func(int) string { return newGuest(t, w, pool) })
		answers := parallel(10, func(i int) answer {
			who, err := link(t, w, pool, login("a ann").on(guests[i]))
			return answer{who, err}
		})
		dead := 0
		for i, a := range answers {
			if a.err != nil || a.who != answers[0].who {
				t.Errorf("got %s, %v, want %s", a.who, a.err, answers[0].who)
			}
			if isGuest(t, w, guests[i]) {
				t.Errorf("%s is still a guest", guests[i])
			}
			if guests[i] != a.who {
				dead++
			}
		}
		if dead != 9 || rows(t, w, "identity_login") != 1 {
			t.Errorf("%d of ten guests are dead, there are %d logins", dead, rows(t, w, "identity_login"))
		}
	})
}
