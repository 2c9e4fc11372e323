package federation_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"cardea/engine/hosted"
	"cardea/feature/federation"
	"cardea/outbound/trigger/triggertest"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/ssosession"
	"cardea/server/servertest"
)

// jane is the subject of who signs in at the providers of tests.
const jane = "1234567890"

// account makes a user of the pool itself, and answers their sub.
func (w *world) account(t testing.TB, name string, attributes ...string) string {
	t.Helper()
	w.User(t, w.pool, name, attributes...)
	_, all := w.user(t, name)
	return all["sub"]
}

func (w *world) linkTo(t testing.TB, name, attribute, value string) {
	t.Helper()
	w.Must(t, "AdminLinkProviderForUser", linking(w.pool, who("Cognito", "", name), who(w.name, attribute, value)))
}

// none checks that the pool has no user of a name.
func (w *world) none(t testing.TB, name string) {
	t.Helper()
	w.Fails(t, "AdminGetUser", M{"UserPoolId": w.pool, "Username": name}, "UserNotFoundException", "")
}

func TestLinkedIdentitiesSignInAsTheirUser(t *testing.T) {
	each(t, with{mapping: M{"email": "email", "name": "name"}}, func(t *testing.T, w *world) {
		sub := w.account(t, "alice")
		w.linkTo(t, "alice", "email", "jane@example.com")
		tokens := w.signIn(t)
		if got := claims(t, tokens["id_token"]); got["sub"] != sub || got["cognito:username"] != "alice" {
			t.Errorf("signed in as %v", got)
		}
		_, all := w.user(t, "alice")
		if !strings.HasPrefix(all["identities"], `[{"userId":"`+jane+`","providerName":"Corp","providerType":"OIDC","issuer":null,"primary":false,`) ||
			all["name"] != "Jane Doe" {
			t.Errorf("attributes %v", all)
		}
		w.none(t, "Corp_"+jane)

		// The link is one by the subject now: another person of that address is nobody's, and it ends by that name.
		w.idp.SetClaims(map[string]any{"sub": "2", "email": "jane@example.com"})
		if got := claims(t, w.signIn(t)["id_token"]); got["cognito:username"] != "Corp_2" {
			t.Errorf("another person of the address has signed in as %v", got)
		}
		w.Fails(t, "AdminDisableProviderForUser", disabling(w.pool, who("Corp", "email", "jane@example.com")), "UserNotFoundException", "")
		w.Must(t, "AdminDisableProviderForUser", disabling(w.pool, subject("Corp", jane)))
		w.idp.SetClaims(map[string]any{"sub": jane, "email": "jane@example.com"})
		if got := claims(t, w.signIn(t)["id_token"]); got["cognito:username"] != "Corp_"+jane {
			t.Errorf("after the link, signed in as %v", got)
		}
	})
}

// A link by an address is of whoever reads it, not of whoever names it.
func TestAnAddressThatTheProviderHasNotVerifiedLinksNobody(t *testing.T) {
	for name, c := range map[string]struct {
		mapping M
		claims  M
		linked  bool
	}{
		"the claim of the standard":         {M{"email": "email"}, person("email", "jane@example.com", "email_verified", false), false},
		"the same, as a text":               {M{"email": "email"}, person("email", "jane@example.com", "email_verified", "no"), false},
		"a mapped claim":                    {M{"email": "mail", "email_verified": "sure"}, person("mail", "jane@example.com", "sure", false), false},
		"nothing is said":                   {M{"email": "email"}, person("email", "jane@example.com"), true},
		"it is verified":                    {M{"email": "email"}, person("email", "jane@example.com", "email_verified", true), true},
		"another address is not verified":   {M{"email": "mail"}, person("mail", "jane@example.com", "email_verified", false), true},
		"the mapped claim goes before that": {M{"email": "email", "email_verified": "sure"}, person("email", "jane@example.com", "email_verified", false, "sure", "TRUE"), true},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, with{mapping: c.mapping}, func(t *testing.T, w *world) {
				sub := w.account(t, "alice")
				w.linkTo(t, "alice", "email", "jane@example.com")
				w.idp.SetClaims(c.claims)
				if c.linked {
					if got := claims(t, w.signIn(t)["id_token"]); got["sub"] != sub {
						t.Errorf("signed in as %v", got)
					}
					return
				}
				w.refused(t, "invalid_request: The identity is linked by an address that the identity provider has not verified.")
				w.none(t, "Corp_1")
				w.idp.SetClaims(person("sub", "2", "email", "john@example.com", "mail", "john@example.com", "email_verified", false, "sure", false))
				if got := claims(t, w.signIn(t)["id_token"]); got["cognito:username"] != "Corp_2" {
					t.Errorf("whom nobody has linked has signed in as %v", got)
				}
			})
		})
	}
}

// In Cognito the sign-in fails whose PreSignUp links it, and the next one succeeds.
func TestALinkMadeByPreSignUpHoldsForThatSignIn(t *testing.T) {
	each(t, with{pool: servertest.Triggers("PreSignUp")}, func(t *testing.T, w *world) {
		sub := w.account(t, "alice")
		w.function.Handle(func(triggertest.Invocation) triggertest.Answer {
			if _, err := w.Call("AdminLinkProviderForUser", linking(w.pool, who("Cognito", "", "alice"), subject("Corp", jane))); err != nil {
				t.Error(err)
			}
			return triggertest.Answer{}
		})
		if got := claims(t, w.signIn(t)["id_token"]); got["sub"] != sub {
			t.Errorf("signed in as %v", got)
		}
		w.none(t, "Corp_"+jane)
	})
}

func TestAUserWithoutPasswordSignsInByTheirLinks(t *testing.T) {
	each(t, with{}, func(t *testing.T, w *world) {
		sub := w.account(t, "alice")
		w.linkTo(t, "alice", "Cognito_Subject", jane)
		w.Must(t, "AdminDisableProviderForUser", disabling(w.pool, subject("Cognito", "alice")))
		if got := claims(t, w.signIn(t)["id_token"]); got["sub"] != sub {
			t.Errorf("signed in as %v", got)
		}
		w.Must(t, "AdminDisableUser", M{"UserPoolId": w.pool, "Username": "alice"})
		w.refused(t, "invalid_request: User is not enabled")
	})
}

func TestTheEndOfALinkEndsSingleSignOn(t *testing.T) {
	each(t, with{}, func(t *testing.T, w *world) {
		w.account(t, "alice")
		w.linkTo(t, "alice", "Cognito_Subject", jane)
		out, err := w.land(t, w.depart(t))
		if err != nil || out.Finished.SSO == "" {
			t.Fatal(out, err)
		}
		w.Must(t, "AdminDisableProviderForUser", disabling(w.pool, subject("Corp", jane)))
		name, _, _ := strings.Cut(out.Finished.SSO, ".")
		err = w.DB.Read(t.Context(), func(tx *db.Tx) error {
			_, err := ssosession.Get(tx, poolID(w.pool), name)
			return err
		})
		if !errors.Is(err, db.ErrNotFound) {
			t.Errorf("the session is there still: %v", err)
		}
	})
}

// Links, ends of links and first sign-ins of one identity at once: it is one user's at each time, and every sign-in is one of a user
// that it was then.
func TestTheEndOfALinkVoidsCodes(t *testing.T) {
	each(t, with{}, func(t *testing.T, w *world) {
		w.account(t, "alice")
		w.linkTo(t, "alice", "Cognito_Subject", jane)
		tr := w.depart(t)
		tr.in.Browser = hosted.Browser{} // without single sign-on, with which they end anyway
		out, err := w.land(t, tr)
		if err != nil {
			t.Fatal(err)
		}
		back, err := url.Parse(out.Finished.Location.String())
		if err != nil || out.Finished.SSO != "" {
			t.Fatal(out.Finished, err)
		}
		w.Must(t, "AdminDisableProviderForUser", disabling(w.pool, subject("Corp", jane)))
		a := w.Post(t, w.Endpoint(t, w.pool, "/oauth2/token"), "grant_type", "authorization_code", "client_id", w.app,
			"code", back.Query().Get("code"), "redirect_uri", callback)
		if a.Status != 400 || a.Body["error"] != "invalid_grant" {
			t.Errorf("the code gives %d %s", a.Status, a.Text)
		}
	})
}

func TestLinksHoldUnderParallelFirstSignIns(t *testing.T) {
	each(t, with{}, func(t *testing.T, w *world) {
		w.account(t, "alice")
		const runners = 30
		trips := make([]trip, runners)
		for n := range trips {
			trips[n] = w.depart(t)
		}
		var wg sync.WaitGroup
		for n := range runners {
			wg.Go(func() {
				if _, err := w.land(t, trips[n]); err != nil && !strings.Contains(err.Error(), "Already found an entry for username") {
					t.Errorf("sign-in: %v", err)
				}
			})
			wg.Go(func() {
				in := linking(w.pool, who("Cognito", "", "alice"), subject("Corp", jane))
				if _, err := w.Call("AdminLinkProviderForUser", in); err != nil && !strings.Contains(err.Error(), "InvalidParameterException") {
					t.Errorf("link: %v", err)
				}
			})
		}
		wg.Wait()

		_, alice := w.user(t, "alice")
		_, err := w.Call("AdminGetUser", M{"UserPoolId": w.pool, "Username": "Corp_" + jane})
		if linked, made := alice["identities"] != "", err == nil; linked == made {
			t.Errorf("linked: %t, a user of its own: %t", linked, made)
		}
		want := map[bool]string{true: "alice", false: "Corp_" + jane}[alice["identities"] != ""]
		if got := claims(t, w.signIn(t)["id_token"]); got["cognito:username"] != want {
			t.Errorf("signed in as %v, want %s", got, want)
		}
	})
}

// byEmail is a pool that links by verified addresses.
var byEmail = M{"UserPoolTags": M{pool.LinkTag: pool.LinkVerifiedEmail}, "UsernameConfiguration": M{"CaseSensitive": false}}

func TestALinkIsProposedInThePlaceOfANewUser(t *testing.T) {
	each(t, with{pool: byEmail}, func(t *testing.T, w *world) {
		sub := w.account(t, "alice", "email", "jane@example.com", "email_verified", "true")
		tr := w.depart(t)
		out, err := w.land(t, tr)
		if err != nil || out.Finished != nil || out.Link == nil || string(out.Link.Sub) != sub || out.Link.Subject != jane || out.Link.Provider != "Corp" {
			t.Fatalf("%+v, %v", out, err)
		}
		w.none(t, "Corp_"+jane)
		if _, err := w.land(t, tr); !errors.Is(err, federation.ErrTrip) {
			t.Errorf("the same trip once more: %v", err)
		}
		told(t, ended(w.land(t, w.depart(t, "prompt", "none"))), "lacks a proof")

		// Nothing is proposed to those who are users already, or of whom the provider does not say that the address is theirs.
		w.idp.SetClaims(map[string]any{"sub": "2", "email": "jane@example.com", "email_verified": false})
		for range 2 {
			if got := claims(t, w.signIn(t)["id_token"]); got["cognito:username"] != "corp_2" {
				t.Errorf("signed in as %v", got)
			}
			w.idp.SetClaims(map[string]any{"sub": "2", "email": "jane@example.com", "email_verified": true})
		}
	})
}

func ended(_ *federation.Arrived, err error) error { return err }

func TestProposalsAtOnceUseATripOnce(t *testing.T) {
	each(t, with{pool: byEmail}, func(t *testing.T, w *world) {
		w.account(t, "alice", "email", "jane@example.com", "email_verified", "true")
		tr := w.depart(t)
		var proposed int
		var lock sync.Mutex
		var wg sync.WaitGroup
		for range 30 {
			wg.Go(func() {
				out, err := w.land(t, tr)
				lock.Lock()
				defer lock.Unlock()
				if err == nil && out.Link != nil {
					proposed++
				}
			})
		}
		wg.Wait()
		if proposed != 1 {
			t.Error(fmt.Sprint(proposed, " proposals of one trip"))
		}
	})
}
