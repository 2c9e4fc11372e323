package identity_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/identity"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/linkedidentity"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

const in = id.Pool("us-east-1_AbC123xyz")

func someone(sub id.Sub) *user.User {
	return &user.User{Pool: in, Sub: sub, Attributes: map[string]string{}}
}

func of(provider, attribute, value string) linkedidentity.Identity {
	return linkedidentity.Identity{
		Key: linkedidentity.Key{Provider: provider, Attribute: attribute, Value: value}, Doc: linkedidentity.Doc{Type: "OIDC"},
	}
}

func bySubject(value string) linkedidentity.Identity {
	return of("corp", linkedidentity.Subject, value)
}

func write(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func TestAnIdentityIsOneUsers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		alice, bob := someone("alice"), someone("bob")
		write(t, d, func(tx *db.Tx) error { return identity.Link(tx, alice, bySubject("1")) })
		for _, u := range []*user.User{alice, bob} {
			err := d.Write(t.Context(), func(tx *db.Tx) error { return identity.Link(tx, u, bySubject("1")) })
			if linked, ok := errors.AsType[*identity.LinkedError](err); !ok || linked.Sub != "alice" || linked.Primary {
				t.Errorf("linked with %s, too: %v", u.Sub, err)
			}
		}
		write(t, d, func(tx *db.Tx) error { return identity.Unlink(tx, alice, bySubject("1").Key) })
		if text, there := alice.Attributes[identity.Attribute]; there {
			t.Errorf("the user without identities has %s", text)
		}
		write(t, d, func(tx *db.Tx) error { return identity.Link(tx, bob, bySubject("1")) })
		err := d.Write(t.Context(), func(tx *db.Tx) error { return identity.Unlink(tx, bob, bySubject("2").Key) })
		if !errors.Is(err, db.ErrNotFound) {
			t.Errorf("unlinked an identity that is none: %v", err)
		}
	})
}

func TestTheAttributeShowsIdentities(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		u := someone("alice")
		linked := bySubject("2")
		linked.Issuer = "https://corp.example"
		own := of("Google", linkedidentity.Subject, "1")
		own.Type, own.Primary = "Google", true
		var at int64
		for _, i := range []linkedidentity.Identity{linked, own} {
			write(t, d, func(tx *db.Tx) error {
				at = db.Millis(tx.Now)
				return identity.Link(tx, u, i)
			})
			time.Sleep(2 * time.Millisecond)
		}
		var first int64
		rest, _ := strings.CutSuffix(u.Attributes[identity.Attribute], "}]")
		if _, err := fmt.Sscan(rest[strings.LastIndexByte(rest, ':')+1:], &first); err != nil || first >= at {
			t.Fatal(first, at, err)
		}
		want := fmt.Sprintf(`[{"userId":"1","providerName":"Google","providerType":"Google","issuer":null,"primary":true,"dateCreated":%d},`+
			`{"userId":"2","providerName":"corp","providerType":"OIDC","issuer":"https://corp.example","primary":false,"dateCreated":%d}]`, at, first)
		if diff := cmp.Diff(want, u.Attributes[identity.Attribute]); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAUserHasFiveLinkedIdentities(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		u := someone("alice")
		own := bySubject("own")
		own.Primary = true
		write(t, d, func(tx *db.Tx) error { return identity.Link(tx, u, own) })
		for n := range identity.Most {
			write(t, d, func(tx *db.Tx) error { return identity.Link(tx, u, bySubject(fmt.Sprint(n))) })
		}
		err := d.Write(t.Context(), func(tx *db.Tx) error { return identity.Link(tx, u, bySubject("more")) })
		if !errors.Is(err, identity.ErrMany) {
			t.Errorf("a sixth: %v", err)
		}
		if n := strings.Count(u.Attributes[identity.Attribute], "userId"); n != identity.Most+1 {
			t.Errorf("the attribute has %d identities", n)
		}
	})
}

func TestLinksByAnAttributeEndWithTheFirstSignIn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := &pool.Pool{ID: in, Doc: cognitoidp.UserPoolType{
			UsernameConfiguration: &cognitoidp.UsernameConfigurationType{CaseSensitive: new(false)},
		}}
		u := someone("alice")
		key := identity.KeyOf(p, "corp", "email", "Ana@Example.com")
		write(t, d, func(tx *db.Tx) error {
			return identity.Link(tx, u, linkedidentity.Identity{Key: key, Doc: linkedidentity.Doc{Type: "OIDC"}})
		})
		came := identity.Arrival{Provider: "corp", Subject: "1", Attributes: map[string]string{"email": "ana@example.COM"}}
		write(t, d, func(tx *db.Tx) error {
			found, err := identity.Find(tx, p, came)
			if err != nil || found.Sub != "alice" {
				t.Fatalf("found %+v, %v", found, err)
			}
			return identity.Settle(tx, u, found, "1", "https://corp.example")
		})
		if text := u.Attributes[identity.Attribute]; !strings.Contains(text, `"userId":"1"`) || strings.Contains(text, "ana") {
			t.Errorf("the attribute is %s", text)
		}

		find := func(a identity.Arrival) (found *linkedidentity.Identity, err error) {
			err = d.Read(t.Context(), func(tx *db.Tx) (err error) {
				found, err = identity.Find(tx, p, a)
				return err
			})
			return found, err
		}
		came.Attributes = nil // the subject alone counts from now on
		if found, err := find(came); err != nil || found.Sub != "alice" || found.Issuer != "https://corp.example" {
			t.Errorf("found %+v, %v", found, err)
		}
		for name, other := range map[string]identity.Arrival{
			"another person of that address": {Provider: "corp", Subject: "2", Attributes: map[string]string{"email": "ana@example.com"}},
			"another provider":               {Provider: "shop", Subject: "1", Attributes: map[string]string{"email": "ana@example.com"}},
			"another case of the subject":    {Provider: "corp", Subject: "A1", Attributes: nil},
		} {
			if found, err := find(other); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("%s: found %+v, %v", name, found, err)
			}
		}
	})
}

func TestWhoIsLinkedWithSeveralUsersIsNobody(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		p := &pool.Pool{ID: in}
		for attribute, sub := range map[string]id.Sub{"email": "alice", "custom:number": "bob", "email_verified": "eve"} {
			write(t, d, func(tx *db.Tx) error { return identity.Link(tx, someone(sub), of("corp", attribute, "x")) })
		}
		for _, c := range []struct {
			attributes map[string]string
			sub        id.Sub
			err        error
		}{
			{map[string]string{"email": "x", "custom:number": "x"}, "", identity.ErrAmbiguous},
			{map[string]string{"email": "x", "custom:number": "y"}, "alice", nil},
			{map[string]string{"email": "x", "custom:number": "\x00"}, "alice", nil},
			{map[string]string{"email_verified": "x"}, "", db.ErrNotFound},
		} {
			err := d.Read(t.Context(), func(tx *db.Tx) error {
				found, err := identity.Find(tx, p, identity.Arrival{Provider: "corp", Subject: "1", Attributes: c.attributes})
				if err == nil && found.Sub != c.sub {
					t.Errorf("%v: found %s", c.attributes, found.Sub)
				}
				return err
			})
			if !errors.Is(err, c.err) || c.err == nil && err != nil {
				t.Errorf("%v: %v", c.attributes, err)
			}
		}
	})
}

func TestIdentitiesHaveValuesThatDatabasesHold(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, value := range []string{"", "a\x00b", "\xff", strings.Repeat("x", 1025)} {
			err := d.Write(t.Context(), func(tx *db.Tx) error { return identity.Link(tx, someone("alice"), bySubject(value)) })
			if !errors.Is(err, identity.ErrValue) {
				t.Errorf("linked %q: %v", value, err)
			}
			err = d.Read(t.Context(), func(tx *db.Tx) error {
				_, err := identity.Find(tx, &pool.Pool{ID: in}, identity.Arrival{Provider: "corp", Subject: value})
				return err
			})
			if !errors.Is(err, identity.ErrValue) {
				t.Errorf("found %q: %v", value, err)
			}
		}
		long := strings.Repeat("ä", 512)
		write(t, d, func(tx *db.Tx) error { return identity.Link(tx, someone("alice"), bySubject(long)) })
	})
}
