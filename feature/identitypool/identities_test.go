package identitypool_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/throttle"
	"cardea/platform/config"
	"cardea/server"
	"cardea/server/servertest"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidentity"
)

func TestGetIdOfSomebodySignedIn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		a := newAccount(t, w)
		w.On("cognito-idp").User(t, a.pool, "bob")
		pool := newPool(t, w, M{"AllowUnauthenticatedIdentities": false, "CognitoIdentityProviders": []any{a.setting()}})

		ann := getID(t, w, pool, a.logins(t, w, "ann"))
		if again := getID(t, w, pool, a.logins(t, w, "ann")); again != ann {
			t.Errorf("first %s, then %s", ann, again)
		}
		if bob := getID(t, w, pool, a.logins(t, w, "bob")); bob == ann {
			t.Error("two users are one identity")
		}
		got := w.Must(t, "DescribeIdentity", M{"IdentityId": ann})
		want := M{"IdentityId": ann, "Logins": []any{a.provider}, "CreationDate": got["CreationDate"], "LastModifiedDate": got["LastModifiedDate"]}
		if diff := cmp.Diff(want, got); diff != "" || got["CreationDate"] != float64(w.Now().UnixMilli())/1000 {
			t.Errorf("got %v:\n%s", got, diff)
		}
	})
}

func TestGetIdRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		a, stranger := newAccount(t, w), newAccount(t, w)
		pool := newPool(t, w, M{"AllowUnauthenticatedIdentities": false, "CognitoIdentityProviders": []any{a.setting()}})
		right, others := a.logins(t, w, "ann"), stranger.logins(t, w, "ann")
		in := M{"IdentityPoolId": pool}
		w.Fails(t, "GetId", in, "NotAuthorizedException", "Unauthenticated access is not supported for this identity pool.")
		w.Fails(t, "GetId", servertest.With(in, M{"Logins": others}), "NotAuthorizedException", "Token is not from a supported provider of this identity pool.")
		w.Fails(t, "GetId", servertest.With(in, M{"Logins": servertest.With(right, others)}), "NotAuthorizedException", "")
		w.Fails(t, "GetId", servertest.With(in, M{"Logins": M{a.provider: "x"}}), "NotAuthorizedException", "")
		w.Fails(t, "GetId", servertest.With(in, M{"Logins": M{"cognito-identity.amazonaws.com": "x"}}), "NotAuthorizedException",
			"Invalid login token. Can't pass in a Cognito token.")
		w.Fails(t, "GetId", M{"IdentityPoolId": "us-east-1_AbC123xyz"}, "ValidationException", "")
		missing := "us-east-1:11111111-2222-4333-8444-555555555555"
		w.Fails(t, "GetId", M{"IdentityPoolId": missing}, "ResourceNotFoundException", "IdentityPool '"+missing+"' not found.")
		w.Fails(t, "GetId", M{"IdentityPoolId": missing, "Logins": right}, "ResourceNotFoundException", "IdentityPool '"+missing+"' not found.")
		if n := rows(t, w, "identity"); n != 0 {
			t.Errorf("%d identities were made", n)
		}
	})
}

// A pool may name its user pool as AWS does, or by the server's own issuer, and logins may use the other name.
func TestUserPoolsAreNamedAsAWSDoesAndByTheIssuer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		a := newAccount(t, w)
		own := strings.TrimPrefix(w.URL, "http://") + "/" + a.pool
		token := a.logins(t, w, "ann")[a.provider]
		for _, name := range []string{a.provider, own} {
			pool := newPool(t, w, M{"CognitoIdentityProviders": []any{M{"ProviderName": name, "ClientId": a.client}}})
			if one, other := getID(t, w, pool, M{a.provider: token}), getID(t, w, pool, M{own: token}); one != other {
				t.Errorf("%s: %s is not %s", name, one, other)
			}
			for _, key := range []string{a.provider, own} {
				w.Must(t, "SetIdentityPoolRoles", M{"IdentityPoolId": pool, "Roles": M{}, "RoleMappings": M{
					key + ":" + a.client: M{"Type": "Token", "AmbiguousRoleResolution": "Deny"},
				}})
				w.Must(t, "SetPrincipalTagAttributeMap", M{"IdentityPoolId": pool, "IdentityProviderName": key, "UseDefaults": true})
			}
			if rows(t, w, "principal_tag_map") != 1 {
				t.Error("the user pool has several maps")
			}
			w.Must(t, "DeleteIdentityPool", M{"IdentityPoolId": pool})
		}
	})
}

func TestFiftyGetIdAtOnceAreOneIdentity(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		a := newAccount(t, w)
		pool := newPool(t, w, M{"CognitoIdentityProviders": []any{a.setting()}})
		in := M{"IdentityPoolId": pool, "Logins": a.logins(t, w, "ann")}
		ids := parallel(50, func(int) string {
			out, err := w.Call("GetId", in)
			if err != nil {
				t.Error(err)
			}
			return servertest.Text(out, "IdentityId")
		})
		slices.Sort(ids)
		if ids = slices.Compact(ids); len(ids) != 1 || rows(t, w, "identity") != 1 || rows(t, w, "identity_login") != 1 {
			t.Errorf("%v; there are %d identities with %d logins", ids, rows(t, w, "identity"), rows(t, w, "identity_login"))
		}
	})
}

// eventually waits for what is written soon.
func eventually(t testing.TB, what string, true func() bool) {
	t.Helper()
	for range 200 {
		if true() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%s: it does not happen", what)
}

func TestAFloodOfGuestsFillsNoTable(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool := newPool(t, w, nil)
		listed := func() int {
			newPool(t, w, nil) // what was written before is read afterwards
			return rows(t, w, "identity")
		}
		var guests []string
		for range 100 {
			guests = append(guests, newGuest(t, w, pool))
		}
		if n := listed(); n != 20 {
			t.Errorf("%d guests of one network are listed, want 20", n)
		}
		for i := range 300 {
			newGuest(t, w.From(fmt.Sprintf("10.0.%d.%d", i/250, i%250)), pool)
		}
		if n := listed(); n != 200 {
			t.Errorf("%d guests of many networks are listed, want 200", n)
		}
		w.Advance(time.Second)
		for i := range 50 {
			newGuest(t, w.From(fmt.Sprintf("10.1.0.%d", i)), pool)
		}
		if n := listed(); n != 220 {
			t.Errorf("%d guests are listed a second later, want 220", n)
		}

		for _, guest := range guests {
			if !isGuest(t, w, guest) {
				t.Fatal("a guest who is not listed is none")
			}
			mustLink(t, w, pool, login("a "+guest).on(guest))
		}
		slices.Sort(guests)
		if len(slices.Compact(guests)) != 100 {
			t.Error("guests have the same ids")
		}
	})
}

func TestGuestsArePrunedAndStayGuests(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool := newPool(t, w, nil)
		guest, linked, merged, deleted := newGuest(t, w, pool), newGuest(t, w, pool), newGuest(t, w, pool), newGuest(t, w, pool)
		eventually(t, "guests are listed", func() bool { return rows(t, w, "identity") == 4 })
		mustLink(t, w, pool, login("a ann").on(linked))
		mustLink(t, w, pool, login("a ann").on(merged))
		w.Must(t, "DeleteIdentities", M{"IdentityIdsToDelete": []any{deleted}})

		prune := func() {
			if err := w.Server.RunJob(t.Context(), "prune guests"); err != nil {
				t.Fatal(err)
			}
		}
		w.Advance(90*24*time.Hour - time.Second)
		if prune(); rows(t, w, "identity") != 4 {
			t.Errorf("%d rows are left of 4", rows(t, w, "identity"))
		}
		w.Advance(2 * time.Second)
		if prune(); rows(t, w, "identity") != 3 {
			t.Errorf("%d rows are left, want 3", rows(t, w, "identity"))
		}
		for id, want := range map[string]bool{guest: true, linked: false, merged: false, deleted: false} {
			if got := isGuest(t, w, id); got != want {
				t.Errorf("%s is a guest: %t, want %t", id, got, want)
			}
		}
	})
}

func TestListIdentities(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool, other := newPool(t, w, nil), newPool(t, w, nil)
		mustLink(t, w, other, login("z z"))
		guest, dead, deleted := newGuest(t, w, pool), newGuest(t, w, pool), newGuest(t, w, pool)
		eventually(t, "guests are listed", func() bool { return rows(t, w, "identity") == 4 })
		ann := mustLink(t, w, pool, login("a ann", "b ann").on(newGuest(t, w, pool)))
		mustLink(t, w, pool, login("a ann").on(dead))
		w.Must(t, "DeleteIdentities", M{"IdentityIdsToDelete": []any{deleted}})

		for hide, want := range map[bool][]string{false: {guest, dead, ann}, true: {guest, ann}} {
			slices.Sort(want)
			var got []string
			in := M{"IdentityPoolId": pool, "MaxResults": 1, "HideDisabled": hide}
			for range want {
				out := w.Must(t, "ListIdentities", in)
				got = append(got, servertest.Text(out, "Identities.0.IdentityId"))
				logins := servertest.At(out, "Identities.0.Logins")
				if wanted := map[bool]any{true: []any{"a", "b"}, false: nil}[got[len(got)-1] == ann]; !cmp.Equal(logins, wanted) {
					t.Errorf("%s has logins %v", got[len(got)-1], logins)
				}
				in["NextToken"] = out["NextToken"]
			}
			if !slices.Equal(got, want) || in["NextToken"] != nil {
				t.Errorf("hiding %t: got %v, want %v", hide, got, want)
			}
		}
		out := w.Must(t, "ListIdentities", M{"IdentityPoolId": newPool(t, w, nil), "MaxResults": 60})
		if list, ok := out["Identities"].([]any); !ok || len(list) != 0 {
			t.Errorf("got %v", out)
		}
	})
}

func TestDeletedIdentitiesAreNobodys(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool := newPool(t, w, nil)
		ann, bob := mustLink(t, w, pool, login("a ann")), newGuest(t, w, pool)
		mustLink(t, w, pool, login("a bob").on(bob))
		guest := newGuest(t, w, pool)
		eventually(t, "the guest is listed", func() bool { return rows(t, w, "identity") == 3 })
		ids := []any{ann, bob, guest, "us-east-1:11111111-2222-4333-8444-555555555555"}
		out := w.Must(t, "DeleteIdentities", M{"IdentityIdsToDelete": ids})
		if diff := cmp.Diff(M{"UnprocessedIdentityIds": []any{}}, out); diff != "" {
			t.Error(diff)
		}
		if n := rows(t, w, "identity"); n != 2 { // of those that began as guests
			t.Errorf("%d rows are left, want 2", n)
		}
		for _, id := range []string{ann, bob, guest} {
			w.Fails(t, "DescribeIdentity", M{"IdentityId": id}, "ResourceNotFoundException", "Identity '"+id+"' not found.")
			if isGuest(t, w, id) {
				t.Errorf("%s is good without logins", id)
			}
		}
		if again := mustLink(t, w, pool, login("a ann")); again == ann {
			t.Error("the login still leads to the deleted identity")
		}
		failsToLink(t, w, pool, login("a bob").on(bob), "ResourceNotFoundException")
		if again := mustLink(t, w, pool, login("a bob")); again == bob {
			t.Error("the login still leads to the deleted identity that began as a guest")
		}
	})
}

func TestADeletedPoolLeavesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool, stays := newPool(t, w, providers), newPool(t, w, providers)
		for _, p := range []string{pool, stays} {
			mustLink(t, w, p, login("a ann"))
			w.Must(t, "SetPrincipalTagAttributeMap", M{"IdentityPoolId": p, "IdentityProviderName": userPool, "UseDefaults": true})
		}
		guest := newGuest(t, w, pool)
		w.Must(t, "DeleteIdentityPool", M{"IdentityPoolId": pool})
		for _, table := range []string{"identity_pool", "identity", "identity_login", "principal_tag_map"} {
			if n := rows(t, w, table); n != 1 {
				t.Errorf("%s has %d rows, want 1", table, n)
			}
		}
		if isGuest(t, w, guest) {
			t.Error("a guest of no pool is a guest")
		}
	})
}

func TestUnlinkIdentity(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		a, b := newAccount(t, w), newAccount(t, w)
		pool := newPool(t, w, M{"DeveloperProviderName": "dev", "CognitoIdentityProviders": []any{a.setting(), b.setting()}})
		one, two := a.logins(t, w, "ann"), b.logins(t, w, "ann")
		guest := newGuest(t, w, pool)
		ann := getID(t, w, pool, servertest.With(one, two))
		sub := servertest.Text(w.On("cognito-idp").Must(t, "AdminGetUser", M{"UserPoolId": a.pool, "Username": a.user}), "UserAttributes.0.Value")
		mustLink(t, w, pool, login(a.provider+" "+sub).as("ann"))

		in := M{"IdentityId": ann, "LoginsToRemove": []any{a.provider, "dev"}}
		with := func(logins M) M { return servertest.With(in, M{"Logins": logins}) }
		w.Fails(t, "UnlinkIdentity", with(M{}), "NotAuthorizedException", "Access to Identity '"+ann+"' is forbidden.")
		w.Fails(t, "UnlinkIdentity", with(M{a.provider: "x"}), "NotAuthorizedException", "")
		w.Fails(t, "UnlinkIdentity", servertest.With(with(one), M{"IdentityId": guest}), "NotAuthorizedException",
			"Logins don't match. Please include at least one valid login for this identity or identity pool.")

		w.Must(t, "UnlinkIdentity", with(two))
		if got := getID(t, w, pool, two); got != ann {
			t.Errorf("the login that stays is %s, want %s", got, ann)
		}
		w.Fails(t, "UnlinkIdentity", with(one), "NotAuthorizedException", "")
		if got := getID(t, w, pool, one); got == ann {
			t.Error("the login that was taken away still leads to the identity")
		}
		own := strings.TrimPrefix(w.URL, "http://") + "/" + b.pool // the provider by its other name
		w.Must(t, "UnlinkIdentity", servertest.With(with(two), M{"LoginsToRemove": []any{own}}))
		if isGuest(t, w, ann) || getID(t, w, pool, two) == ann {
			t.Error("the identity that has lost its logins is somebody's")
		}
		if got := w.Must(t, "DescribeIdentity", M{"IdentityId": ann}); !cmp.Equal(got["Logins"], []any{"dev"}) {
			t.Errorf("got %v, want the developer provider's login alone", got)
		}
	})
}

// An identity that was a guest and has lost all its logins is no guest again.
func TestUnlinkedIdentitiesAreNoGuests(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		a := newAccount(t, w)
		pool := newPool(t, w, M{"DeveloperProviderName": "dev", "CognitoIdentityProviders": []any{a.setting()}})
		guest := newGuest(t, w, pool)
		mustLink(t, w, pool, login().as("ann").on(guest))
		w.Must(t, "UnlinkDeveloperIdentity", M{
			"IdentityId": guest, "IdentityPoolId": pool, "DeveloperProviderName": "dev", "DeveloperUserIdentifier": "ann",
		})
		if isGuest(t, w, guest) {
			t.Error("the identity is a guest")
		}
		failsToLink(t, w, pool, login().as("ann").on(guest), "NotAuthorizedException")
	})
}

func TestStrangersAreBounded(t *testing.T) {
	t.Parallel()
	bounded := func(c *server.Config) { limits := config.Default().Limits; c.Limits = &limits }
	servertest.EachWith(t, bounded, func(t *testing.T, w *servertest.World) {
		w = w.On("cognito-identity")
		a := newAccount(t, w)
		pool := newPool(t, w, M{"CognitoIdentityProviders": []any{a.setting()}})
		admitted := func(w *servertest.World, operation string, in M) (n int) {
			for range 1000 {
				_, err := w.Call(operation, in)
				if fault, ok := err.(*awsjson.Fault); ok && fault.Code == "TooManyRequestsException" {
					return n
				}
				n++
			}
			return n
		}
		guest := M{"IdentityPoolId": pool}
		if got := admitted(w.From("10.0.0.1"), "GetId", guest); got != 20 {
			t.Errorf("%d guests, want 20", got)
		}
		if got := admitted(w.From("10.0.0.2"), "GetId", guest); got != 20 {
			t.Errorf("%d guests of another network, want 20", got)
		}
		right := M{"IdentityPoolId": pool, "Logins": a.logins(t, w, "ann")}
		wrong := servertest.With(right, M{"Logins": M{a.provider: "x"}})
		if got := admitted(w.From("10.0.0.1"), "GetId", right); got != 100 {
			t.Errorf("%d right logins, want 100", got)
		}
		if got := admitted(w.From("10.0.0.2"), "GetId", wrong); got > 10 {
			t.Errorf("%d wrong logins, want ten at most", got)
		}
		ann := getID(t, w, pool, right["Logins"].(M))
		unlink := M{"IdentityId": ann, "Logins": right["Logins"], "LoginsToRemove": []any{}}
		if got := admitted(w.From("10.0.0.1"), "UnlinkIdentity", unlink); got != 20 {
			t.Errorf("%d unlinked, want 20", got)
		}
		w.Advance(time.Second)
		if got := admitted(w.From("10.0.0.1"), "GetId", guest); got != 2 {
			t.Errorf("%d guests a second later, want 2", got)
		}
	})
}

func TestAPoolIsBounded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		a := newAccount(t, w)
		pool, other := newPool(t, w, M{"CognitoIdentityProviders": []any{a.setting()}}), newPool(t, w, nil)
		logins := map[string]string{a.provider: servertest.Text(w.On("cognito-idp").SignIn(t, a.client, "ann"), "IdToken")}
		bounded := *service(w)
		bounded.Limits.Pool = &throttle.Throttle{PerSecond: 1, Burst: 3, Now: w.Now}
		ask := func(pool string, logins map[string]string) (string, error) {
			out, err := bounded.GetId(t.Context(), &cognitoidentity.GetIdInput{IdentityPoolId: pool, Logins: logins})
			if err != nil {
				return "", err
			}
			return out.IdentityId, nil
		}
		guest, err := ask(pool, nil)
		ann, err2 := ask(pool, logins)
		_, err3 := ask(pool, nil)
		if err := errors.Join(err, err2, err3); err != nil {
			t.Fatal(err)
		}
		credentials := func(identity string, logins map[string]string) error {
			_, err := bounded.GetCredentialsForIdentity(t.Context(), &cognitoidentity.GetCredentialsForIdentityInput{IdentityId: identity, Logins: logins})
			return err
		}
		_, guests := ask(pool, nil)
		_, users := ask(pool, logins)
		unlink := bounded.UnlinkIdentity(t.Context(), &cognitoidentity.UnlinkIdentityInput{IdentityId: ann, Logins: logins})
		for name, err := range map[string]error{
			"guests": guests, "users": users, "unlink": unlink, "credentials of guests": credentials(guest, nil), "credentials": credentials(ann, logins),
			"credentials by tokens of the pool": credentials(ann, map[string]string{"cognito-identity.amazonaws.com": "x"}),
		} {
			if !errors.Is(err, throttle.ErrTooFast) {
				t.Errorf("%s: got %v, want ErrTooFast", name, err)
			}
		}
		if _, err := ask(other, nil); err != nil {
			t.Errorf("another pool: %v", err)
		}
	})
}
