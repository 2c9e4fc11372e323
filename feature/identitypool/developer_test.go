package identitypool_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
)

func devPool(t testing.TB, w *servertest.World) string {
	t.Helper()
	return newPool(t, w, M{"DeveloperProviderName": "dev"})
}

func TestLookupDeveloperIdentity(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool := devPool(t, w)
		ann := mustLink(t, w, pool, login("a ann").as("ann"))
		mustLink(t, w, pool, login("a ann").as("ann2"))
		bob := mustLink(t, w, pool, login().as("bob"))
		in := M{"IdentityPoolId": pool}
		want := M{"IdentityId": ann, "DeveloperUserIdentifierList": []any{"ann", "ann2"}}
		for _, by := range []M{{"IdentityId": ann}, {"DeveloperUserIdentifier": "ann2"}, {"IdentityId": ann, "DeveloperUserIdentifier": "ann"}} {
			if diff := cmp.Diff(want, w.Must(t, "LookupDeveloperIdentity", servertest.With(in, by))); diff != "" {
				t.Errorf("%v:\n%s", by, diff)
			}
		}
		first := w.Must(t, "LookupDeveloperIdentity", servertest.With(in, M{"IdentityId": ann, "MaxResults": 1}))
		next := w.Must(t, "LookupDeveloperIdentity", servertest.With(in, M{"IdentityId": ann, "MaxResults": 1, "NextToken": first["NextToken"]}))
		if servertest.Text(first, "DeveloperUserIdentifierList.0") != "ann" || servertest.Text(next, "DeveloperUserIdentifierList.0") != "ann2" || next["NextToken"] != nil {
			t.Errorf("got %v, then %v", first, next)
		}

		w.Fails(t, "LookupDeveloperIdentity", in, "InvalidParameterException", "")
		w.Fails(t, "LookupDeveloperIdentity", servertest.With(in, M{"DeveloperUserIdentifier": "nobody"}), "ResourceNotFoundException", "")
		w.Fails(t, "LookupDeveloperIdentity", servertest.With(in, M{"IdentityId": bob, "DeveloperUserIdentifier": "ann"}), "ResourceConflictException", "")
		w.Fails(t, "LookupDeveloperIdentity", M{"IdentityPoolId": devPool(t, w), "IdentityId": ann}, "ResourceNotFoundException", "")
	})
}

func TestMergeDeveloperIdentities(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool := devPool(t, w)
		ann, bob := mustLink(t, w, pool, login("a ann").as("ann")), mustLink(t, w, pool, login("b bob").as("bob"))
		in := M{"IdentityPoolId": pool, "DeveloperProviderName": "dev", "SourceUserIdentifier": "ann", "DestinationUserIdentifier": "bob"}
		for range 2 {
			if got := w.Must(t, "MergeDeveloperIdentities", in); got["IdentityId"] != bob {
				t.Errorf("got %v, want %s", got, bob)
			}
		}
		for _, r := range []request{login("a ann"), login("b bob"), login().as("ann"), login().as("bob"), login("a ann").on(ann)} {
			if got := mustLink(t, w, pool, r); got != bob {
				t.Errorf("%+v is %s, want %s", r, got, bob)
			}
		}
		if isGuest(t, w, ann) || isGuest(t, w, bob) {
			t.Error("an identity is a guest")
		}
		list := w.Must(t, "ListIdentities", M{"IdentityPoolId": pool, "MaxResults": 60, "HideDisabled": true})["Identities"].([]any)
		if len(list) != 1 {
			t.Errorf("the merged identity is listed: %v", list)
		}
	})
}

func TestMergeDeveloperIdentitiesRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool := devPool(t, w)
		mustLink(t, w, pool, login("a ann").as("ann"))
		mustLink(t, w, pool, login("a bob").as("bob"))
		var many []string
		for i := range 19 {
			many = append(many, fmt.Sprintf("p%d m", i))
		}
		mustLink(t, w, pool, login(many...).as("many"))
		in := M{"IdentityPoolId": pool, "DeveloperProviderName": "dev", "SourceUserIdentifier": "ann", "DestinationUserIdentifier": "bob"}
		for _, c := range []struct {
			changes       M
			code, message string
		}{
			{nil, "ResourceConflictException", ""},
			{M{"DestinationUserIdentifier": "many"}, "ResourceConflictException", ""},
			{M{"SourceUserIdentifier": "nobody"}, "ResourceNotFoundException", ""},
			{M{"DestinationUserIdentifier": "nobody"}, "ResourceNotFoundException", ""},
			{M{"DeveloperProviderName": "other"}, "InvalidParameterException", "This identity pool does not support the specified developer provider"},
		} {
			w.Fails(t, "MergeDeveloperIdentities", servertest.With(in, c.changes), c.code, c.message)
		}
	})
}

func TestUnlinkDeveloperIdentity(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool := devPool(t, w)
		ann, bob := mustLink(t, w, pool, login("a ann").as("ann")), mustLink(t, w, pool, login().as("bob"))
		in := M{"IdentityId": ann, "IdentityPoolId": pool, "DeveloperProviderName": "dev", "DeveloperUserIdentifier": "ann"}
		w.Fails(t, "UnlinkDeveloperIdentity", servertest.With(in, M{"IdentityId": bob}), "ResourceConflictException", "")
		w.Fails(t, "UnlinkDeveloperIdentity", servertest.With(in, M{"DeveloperUserIdentifier": "nobody"}), "ResourceNotFoundException", "")
		w.Fails(t, "UnlinkDeveloperIdentity", servertest.With(in, M{"DeveloperProviderName": "a"}), "InvalidParameterException", "")
		w.Must(t, "UnlinkDeveloperIdentity", in)
		w.Fails(t, "UnlinkDeveloperIdentity", in, "ResourceNotFoundException", "")
		if got := mustLink(t, w, pool, login("a ann")); got != ann {
			t.Errorf("the other login is %s, want %s", got, ann)
		}
		if got := mustLink(t, w, pool, login().as("ann")); got == ann {
			t.Error("the developer user is still the identity")
		}
	})
}

// Whoever is first: every login leads to a live identity, and to one only.
func TestRacesOfLinkUnlinkAndMerge(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool := devPool(t, w)
		ann := mustLink(t, w, pool, login("a ann").as("ann"))
		mustLink(t, w, pool, login("b bob").as("bob"))
		guest := newGuest(t, w, pool)
		merging := M{"IdentityPoolId": pool, "DeveloperProviderName": "dev", "SourceUserIdentifier": "ann", "DestinationUserIdentifier": "bob"}
		unlinking := M{"IdentityId": ann, "IdentityPoolId": pool, "DeveloperProviderName": "dev", "DeveloperUserIdentifier": "ann"}
		parallel(24, func(i int) error {
			var err error
			switch i % 6 {
			case 0:
				_, err = w.Call("MergeDeveloperIdentities", merging)
			case 1:
				_, err = w.Call("UnlinkDeveloperIdentity", unlinking)
			case 2:
				_, err = link(t, w, pool, login("a ann").on(guest))
			case 3:
				_, err = link(t, w, pool, login("a ann", fmt.Sprintf("c%d ann", i)))
			case 4:
				_, err = link(t, w, pool, login().as("ann"))
			case 5:
				_, err = w.Call("DeleteIdentities", M{"IdentityIdsToDelete": []any{ann}})
			}
			return err
		})

		list := w.Must(t, "ListIdentities", M{"IdentityPoolId": pool, "MaxResults": 60})["Identities"].([]any)
		logins := 0
		live := w.Must(t, "ListIdentities", M{"IdentityPoolId": pool, "MaxResults": 60, "HideDisabled": true})["Identities"].([]any)
		for _, i := range live {
			providers, _ := i.(M)["Logins"].([]any)
			logins += len(providers)
		}
		for _, i := range list {
			if isGuest(t, w, servertest.Text(i.(M), "IdentityId")) && i.(M)["Logins"] != nil {
				t.Errorf("%v is a guest with logins", i)
			}
		}
		owners, distinct := rows(t, w, "identity_login"), rows(t, w, "(SELECT DISTINCT identity_id, provider FROM identity_login) AS d")
		if logins != distinct {
			t.Errorf("%d logins, of which live identities show %d of %d", owners, logins, distinct)
		}
	})
}
