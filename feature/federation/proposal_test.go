package federation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/proposal"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/pool"
	"cardea/record/provider"
	"cardea/server/servertest"
	"cardea/spec/id"
)

// linkable is a pool that links by verified addresses, with one account, ana, whose address is verified.
type linkable struct {
	w            *servertest.World
	pool, client string
}

func newLinkable(t *testing.T, w *servertest.World, overrides M) *linkable {
	t.Helper()
	l := &linkable{w: w, pool: withProviders(t, w, servertest.With(M{"UserPoolTags": M{pool.LinkTag: pool.LinkVerifiedEmail}}, overrides))}
	l.client = w.Client(t, l.pool, M{"SupportedIdentityProviders": []string{"COGNITO", "Google", "corp", "saml"}})
	w.User(t, l.pool, "ana", "email", "ana@example.com", "email_verified", "true")
	return l
}

// app is the pool with its client, as a transaction sees them.
func (l *linkable) app(tx *db.Tx) (a access.App, err error) {
	if a.Pool, err = pool.Get(tx, id.Pool(l.pool)); err == nil {
		a.Client, err = client.Get(tx, id.Pool(l.pool), id.Client(l.client))
	}
	return a, err
}

// propose asks what is proposed to somebody who has come from a provider; nil: nothing.
func (l *linkable) propose(t *testing.T, from, subject string, claims map[string]string) (p *proposal.Proposal) {
	t.Helper()
	err := l.w.DB.Read(t.Context(), func(tx *db.Tx) error {
		app, err := l.app(tx)
		if err != nil {
			return err
		}
		idp, err := provider.Get(tx, app.Pool.ID, from)
		if err != nil {
			return err
		}
		p, err = proposal.Make(tx, app, proposal.Stranger{Provider: idp, Subject: subject, Claims: claims})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// accept does what the sign-in of a user does with a proposal, and tells what it has answered.
func (l *linkable) accept(t *testing.T, username string, p *proposal.Proposal) error {
	t.Helper()
	return l.w.DB.Write(t.Context(), func(tx *db.Tx) error {
		app, err := l.app(tx)
		if err != nil {
			return err
		}
		u, err := account.Find(tx, app.Pool, username)
		if err != nil {
			return err
		}
		return proposal.Accept(tx, app, u, p)
	})
}

// verified are the claims of an address that the provider has verified, under the names that withProviders maps.
func verified(email string) map[string]string {
	return map[string]string{"mail": email, "verified": "true", "email": "other@example.com", "email_verified": "false"}
}

func TestLinksAreProposedWhereBothSidesHaveVerified(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		l := newLinkable(t, w, nil)
		w.User(t, l.pool, "unverified", "email", "u@example.com")
		w.User(t, l.pool, "no", "email", "no@example.com", "email_verified", "false")
		w.User(t, l.pool, "one", "email", "two@example.com", "email_verified", "true")
		w.User(t, l.pool, "two", "email", "two@example.com", "email_verified", "true")
		w.User(t, l.pool, "disabled", "email", "d@example.com", "email_verified", "true")
		w.Must(t, "AdminDisableUser", M{"UserPoolId": l.pool, "Username": "disabled"})
		w.Must(t, "AdminCreateUser", M{
			"UserPoolId": l.pool, "Username": "temporary", "MessageAction": "SUPPRESS",
			"UserAttributes": servertest.Attributes("email", "t@example.com", "email_verified", "true"),
		})
		w.User(t, l.pool, "federated", "email", "f@example.com", "email_verified", "true")
		w.Must(t, "AdminDisableProviderForUser", disabling(l.pool, subject("Cognito", "federated")))
		w.User(t, l.pool, "profile", "email", "both@example.com", "email_verified", "true")
		w.Must(t, "AdminDisableProviderForUser", disabling(l.pool, subject("Cognito", "profile")))
		w.User(t, l.pool, "local", "email", "both@example.com", "email_verified", "true")
		w.User(t, l.pool, "linked", "email", "l@example.com", "email_verified", "true")
		w.Must(t, "AdminLinkProviderForUser", linking(l.pool, who("Cognito", "", "linked"), subject("corp", "x")))
		w.User(t, l.pool, "kate", "email", "kate@example.com", "email_verified", "true")
		w.User(t, l.pool, "many", "email", "m@example.com", "email_verified", "true")
		for n := range 5 {
			w.Must(t, "AdminLinkProviderForUser", linking(l.pool, who("Cognito", "", "many"), subject("saml", fmt.Sprint(n))))
		}
		phone := map[string]string{"phone_number": "+15550100", "phone_number_verified": "true", "verified": "true"}
		w.User(t, l.pool, "phone", "phone_number", "+15550100", "phone_number_verified", "true")

		for name, c := range map[string]struct {
			from   string
			claims map[string]string
			email  string // of the account that is proposed; empty: none is
		}{
			"both":                          {"corp", verified("ana@example.com"), "ana@example.com"},
			"in another case":               {"corp", verified("ANA@Example.com"), "ANA@Example.com"},
			"SAML, mapped":                  {"saml", verified("ana@example.com"), "ana@example.com"},
			"by an account of another kind": {"corp", phone, ""},
			"without the flag":              {"corp", map[string]string{"mail": "ana@example.com"}, ""},
			"with another flag":             {"corp", map[string]string{"mail": "ana@example.com", "verified": "false", "email_verified": "true"}, ""},
			"the flag of another address":   {"corp", map[string]string{"email": "ana@example.com", "verified": "true"}, ""},
			"not verified here":             {"corp", verified("u@example.com"), ""},
			"not verified here, told so":    {"corp", verified("no@example.com"), ""},
			"nobody's":                      {"corp", verified("nobody@example.com"), ""},
			"two accounts'":                 {"corp", verified("two@example.com"), ""},
			"a disabled user's":             {"corp", verified("d@example.com"), ""},
			"a temporary password's":        {"corp", verified("t@example.com"), ""},
			"a federated user's":            {"corp", verified("f@example.com"), ""},
			"a local user's, too":           {"corp", verified("both@example.com"), "both@example.com"},
			"linked already":                {"corp", verified("l@example.com"), ""},
			"linked with another":           {"saml", verified("l@example.com"), "l@example.com"},
			"another letter of that case":   {"corp", verified("\u212aate@example.com"), ""},
			"five links":                    {"corp", verified("m@example.com"), ""},
		} {
			p := l.propose(t, c.from, "1", c.claims)
			if got := p != nil; got != (c.email != "") || got && p.Email != c.email {
				t.Errorf("%s: %+v", name, p)
			}
		}
		if p := l.propose(t, "corp", strings.Repeat("x", 257), verified("ana@example.com")); p != nil {
			t.Errorf("a subject that no cookie holds: %+v", p)
		}
	})
}

func TestLinksAreProposedByTheClaimsOfOpenIDConnectUnlessOthersAreMapped(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		l := newLinkable(t, w, nil)
		unmap := func(name string) {
			err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
				idp, err := provider.Get(tx, id.Pool(l.pool), name)
				if err != nil {
					return err
				}
				idp.Doc.AttributeMapping = map[string]string{"email": "mail"}
				return provider.Update(tx, idp)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		claims := map[string]string{"email": "ana@example.com", "email_verified": "true", "mail": "other@example.com"}
		for _, name := range []string{"corp", "saml"} {
			unmap(name)
			if p := l.propose(t, name, "1", claims); (p != nil) != (name == "corp") {
				t.Errorf("%s: %+v", name, p)
			}
		}
		claims["mail"], claims["email"] = "ana@example.com", "other@example.com" // the flag is not about what is mapped
		if p := l.propose(t, "corp", "1", claims); p != nil {
			t.Errorf("an address without a flag: %+v", p)
		}
	})
}

func TestLinksAreProposedByPoolsAndAppsThatWantThem(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		l := newLinkable(t, w, nil)
		for name, offered := range map[string][]string{"no local sign-in": {"corp"}, "not the provider": {"COGNITO", "Google"}} {
			other := *l
			other.client = w.Client(t, l.pool, M{"SupportedIdentityProviders": offered})
			if p := other.propose(t, "corp", "1", verified("ana@example.com")); p != nil {
				t.Errorf("%s: %+v", name, p)
			}
		}
		w.Must(t, "UntagResource", M{"ResourceArn": arnOf(l.pool), "TagKeys": []string{pool.LinkTag}})
		if p := l.propose(t, "corp", "1", verified("ana@example.com")); p != nil {
			t.Errorf("without the tag: %+v", p)
		}
	})
}

func arnOf(pool string) string {
	return "arn:aws:cognito-idp:us-east-1:" + servertest.Account + ":userpool/" + pool
}

func TestAProposalIsTakenOnceByItsAccountAlone(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		l := newLinkable(t, w, nil)
		p := l.propose(t, "corp", "1", verified("ana@example.com"))
		w.Must(t, "AdminUpdateUserAttributes", M{"UserPoolId": l.pool, "Username": "alice", "UserAttributes": servertest.Attributes(
			"email", "ana@example.com", "email_verified", "true")}) // which would do, if the address alone were looked at
		if err := l.accept(t, "alice", p); err != nil {
			t.Fatal(err)
		}
		wantIdentities(t, w, l.pool, "alice")
		for range 2 {
			if err := l.accept(t, "ana", p); err != nil {
				t.Fatal(err)
			}
			wantIdentities(t, w, l.pool, "ana", "corp OIDC 1 false")
		}
		w.Must(t, "AdminDisableProviderForUser", disabling(l.pool, subject("corp", "1")))
		if err := l.accept(t, "ana", p); err != nil {
			t.Fatal(err)
		}
		wantIdentities(t, w, l.pool, "ana")
	})
}

// Whatever a proposal relied on may have changed while its user signed in.
func TestAProposalThatIsNoLongerSoLinksNothing(t *testing.T) {
	t.Parallel()
	change := func(pairs ...string) func(t *testing.T, l *linkable) {
		return func(t *testing.T, l *linkable) {
			l.w.Must(t, "AdminUpdateUserAttributes", M{"UserPoolId": l.pool, "Username": "ana", "UserAttributes": servertest.Attributes(pairs...)})
		}
	}
	link := func(username, subject string) func(t *testing.T, l *linkable) {
		return func(t *testing.T, l *linkable) {
			l.w.Must(t, "AdminLinkProviderForUser", linking(l.pool, who("Cognito", "", username), who("corp", "Cognito_Subject", subject)))
		}
	}
	for name, meanwhile := range map[string]func(t *testing.T, l *linkable){
		"the address is another": change("email", "new@example.com", "email_verified", "true"),
		"it is not verified":     change("email_verified", "false"),
		"the time is over":       func(_ *testing.T, l *linkable) { l.w.Advance(15 * time.Minute) },
		"the provider is gone": func(t *testing.T, l *linkable) {
			if err := l.w.DB.Write(t.Context(), func(tx *db.Tx) error { return provider.Delete(tx, id.Pool(l.pool), "corp") }); err != nil {
				t.Fatal(err)
			}
		},
		"the app has it no more": func(t *testing.T, l *linkable) {
			l.w.Must(t, "UpdateUserPoolClient", M{"UserPoolId": l.pool, "ClientId": l.client, "SupportedIdentityProviders": []string{"COGNITO"}})
		},
		"the tag is gone": func(t *testing.T, l *linkable) {
			l.w.Must(t, "UntagResource", M{"ResourceArn": arnOf(l.pool), "TagKeys": []string{pool.LinkTag}})
		},
		"the identity is another's":          link("alice", "1"),
		"another identity has got its place": link("ana", "2"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			servertest.Each(t, func(t *testing.T, w *servertest.World) {
				l := newLinkable(t, w, nil)
				p := l.propose(t, "corp", "1", verified("ana@example.com"))
				if p == nil {
					t.Fatal("nothing is proposed")
				}
				meanwhile(t, l)
				if err := l.accept(t, "ana", p); err != nil {
					t.Fatal(err)
				}
				for _, one := range identities(t, w, l.pool, "ana") {
					if strings.HasPrefix(one, "corp ") && strings.HasSuffix(one, " 1 false") {
						t.Error("linked all the same")
					}
				}
			})
		})
	}
}

func TestAProposalAtOnceLinksOnce(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		l := newLinkable(t, w, nil)
		first, second := l.propose(t, "corp", "1", verified("ana@example.com")), l.propose(t, "corp", "2", verified("ana@example.com"))
		manyAtOnce(t, func(n int) error {
			if n%2 == 0 {
				return l.accept(t, "ana", first)
			}
			return l.accept(t, "ana", second)
		})
		if list := identities(t, w, l.pool, "ana"); len(list) != 1 {
			t.Errorf("identities %v", list)
		}
	})
}
