package login_test

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cardea/engine/account"
	"cardea/engine/factor"
	"cardea/inbound/login"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
)

// wanderer is a browser whose visitor does anything, in several tabs, and knows everything that ana knows. What they have proven
// is kept beside: for each request since its sign-in began, and for the single sign-on session.
type wanderer struct {
	*visitor
	random *rand.Rand
	mfa    []string // what the pool may ask for
	secret string   // of ana's authenticator app; empty: none
	tabs   []*tab
	sso    []factor.Proof
	codes  int
}

// tab is one authorization request.
type tab struct {
	address, prompt string
	proofs          []factor.Proof
}

// TestNoWalkYieldsACodeWithoutItsProofs walks at random over the pages: forward, back, ahead, in several tabs, with right answers and
// wrong ones, while the pool's settings change. Whenever a code comes out, the browser has proven what the pool asks for then; and
// every address shows a page.
func TestNoWalkYieldsACodeWithoutItsProofs(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, database string) {
		walks := 16
		if strings.HasPrefix(database, "postgres") {
			walks = 4 // the rules do not depend on the database
		}
		w := servertest.New(t, database, nil)
		seed, codes := rand.Uint64(), 0
		t.Cleanup(func() {
			if t.Failed() {
				t.Logf("the seed is %d", seed)
			}
		})
		for i := range walks {
			random := rand.New(rand.NewPCG(seed, uint64(i)))
			g := newWanderer(t, w, random)
			for range 60 {
				g.step()
			}
			codes += g.codes
		}
		if codes < walks {
			t.Errorf("%d codes in %d walks: too few to tell anything", codes, walks)
		}
	})
}

func newWanderer(t *testing.T, w *servertest.World, random *rand.Rand) *wanderer {
	t.Helper()
	flows := M{"ExplicitAuthFlows": []string{"ALLOW_USER_PASSWORD_AUTH"}}
	g := &wanderer{random: random, mfa: []string{"OFF", "OPTIONAL", "ON"}}
	s := newShop(t, w, nil, flows)
	if random.IntN(2) == 0 {
		g.mfa = []string{"OFF", "OPTIONAL"}
		s = newShop(t, w, choosing, M{"ExplicitAuthFlows": []string{"ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH"}})
	}
	s.User(t, s.pool, "ana", "email", "ana@example.org", "email_verified", "true")
	g.visitor = s.visitor(t)
	if random.IntN(2) == 0 {
		s.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": s.pool, "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": M{"Enabled": true}})
		g.secret = s.SoftwareToken(t, s.SignIn(t, s.client, "ana")["AccessToken"])
		s.Must(t, "AdminSetUserMFAPreference", M{"UserPoolId": s.pool, "Username": "ana", "SoftwareTokenMfaSettings": M{"Enabled": true}})
	}
	g.setMFA()
	for _, prompt := range []string{"", "", "login", "select_account", "none"} {
		more := []string{"state", "a+b c/=", "nonce", prompt + string(rune('a'+len(g.tabs)))}
		if prompt != "" {
			more = append(more, "prompt", prompt)
		}
		g.tabs = append(g.tabs, &tab{address: s.authorize(t, more...), prompt: prompt})
	}
	return g
}

func (g *wanderer) draw(n int) int { return g.random.IntN(n) }

func pick[T any](g *wanderer, list ...T) T { return list[g.draw(len(list))] }

// setMFA changes whether the pool asks for second factors.
func (g *wanderer) setMFA() {
	setting := M{"UserPoolId": g.s.pool, "MfaConfiguration": pick(g, g.mfa...)}
	if setting["MfaConfiguration"] != "OFF" {
		setting["SoftwareTokenMfaConfiguration"] = M{"Enabled": true}
	}
	g.s.Must(g.t, "SetUserPoolMfaConfig", setting)
}

// step does anything in any tab.
func (g *wanderer) step() {
	at := g.tabs[g.draw(len(g.tabs))]
	switch n := g.draw(100); {
	case n < 25:
		g.open(at, at.address)
	case n < 35:
		path := pick(g, login.Paths()...)
		g.open(at, strings.Replace(at.address, "/oauth2/authorize", path, 1))
	case n < 40:
		g.forge(at)
	case n < 43:
		g.setMFA()
	case n < 46:
		g.s.Advance(time.Duration(g.draw(20)) * time.Minute)
	case n < 48:
		g.open(at, g.s.Endpoint(g.t, g.s.pool, "/logout")+"?"+strings.SplitN(at.address, "?", 2)[1])
	default:
		g.open(at, strings.Replace(at.address, "/oauth2/authorize", "/login", 1))
		for range 1 + g.draw(5) {
			if g.page == nil || !g.answer(at) {
				return
			}
		}
	}
}

// open opens an address in a tab.
func (g *wanderer) open(at *tab, address string) {
	g.t.Helper()
	g.visit(address)
	g.arrived(at, g.sso)
}

// arrived checks where the tab is. A code is good only for proofs that are enough now, those of a sign-in or of the session.
func (g *wanderer) arrived(at *tab, proofs []factor.Proof) {
	g.t.Helper()
	if g.status == http.StatusNotFound && strings.HasSuffix(g.address.Path, "/device") {
		return // the pool does not follow the standard
	}
	if g.page != nil {
		if ok := g.status == http.StatusOK || g.status == http.StatusBadRequest && g.at() == "error"; !ok || len(g.elements("h1")) != 1 {
			g.t.Fatalf("%d at %s", g.status, g.address)
		}
		return
	}
	answer := g.address.Query()
	if answer.Get("code") == "" {
		if at.prompt != "none" || answer.Get("error") == "" {
			g.t.Fatalf("the browser was sent to %s", g.address)
		}
		return
	}
	g.codes++
	g.code()
	err := g.s.DB.Read(g.t.Context(), func(tx *db.Tx) error {
		p, u, err := account.Admin(tx, g.s.pool, "ana")
		if err == nil && !factor.Satisfied(p, u, proofs) {
			g.t.Errorf("a code for %v, in a pool with MFA %s, of a user with %v", proofs, p.Doc.MfaConfiguration, u.MFA)
		}
		return err
	})
	if err != nil {
		g.t.Fatal(err)
	}
}

// answer answers the page that is shown, and reports whether there is something to answer.
func (g *wanderer) answer(at *tab) bool {
	switch page := g.at(); page {
	case "sign-in":
		typed := []string{"username", pick(g, "ana", "ana", "ana", "nobody", "")}
		if strings.Contains(g.body, `name="password"`) {
			g.prove(at, append(typed, "password"), servertest.Password, factor.Password)
			return true
		}
		g.submit(typed...)
		g.arrived(at, nil)
		g.began(at, page)
	case "choose":
		g.submit("answer", pick(g, "PASSWORD", "EMAIL_OTP", "WEB_AUTHN", ""))
		g.arrived(at, nil)
		g.began(at, page)
	case "second-factor", "set-up":
		g.submit("answer", pick(g, "PASSWORD", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA", "WEB_AUTHN", ""))
		g.arrived(at, at.proofs)
	case "password":
		g.prove(at, []string{"password"}, servertest.Password, factor.Password)
	case "code":
		if strings.Contains(g.body, "a***@e***") {
			g.prove(at, []string{"code"}, g.mailed(), factor.EmailOTP)
			return true
		}
		g.prove(at, []string{"code"}, g.generated(), factor.SoftwareToken)
	case "authenticator":
		g.secret = strings.ReplaceAll(g.elements("code")[0][""], " ", "")
		g.prove(at, []string{"code"}, g.generated(), factor.SoftwareToken)
	case "reuse":
		g.submit()
		g.arrived(at, g.sso)
	default:
		return false
	}
	return true
}

// began notes that a sign-in has begun anew, if a page has led on from its beginning.
func (g *wanderer) began(at *tab, page string) {
	if g.page != nil && g.at() != page {
		at.proofs = nil
	}
}

// prove gives the right answer, or a wrong one, as the last of what is typed.
func (g *wanderer) prove(at *tab, typed []string, right string, proof factor.Proof) {
	about := typed[1:]
	if g.draw(3) == 0 || right == "" || len(about) > 1 && about[0] != "ana" {
		g.submit(append(typed, pick(g, "wrong", "", "00000000"))...)
		g.arrived(at, at.proofs)
		return
	}
	proofs := []factor.Proof{proof}
	if !factor.First(proofs) {
		proofs = append(slices.Clone(at.proofs), proof)
	}
	at.proofs = proofs
	g.submit(append(typed, right)...)
	if g.arrived(at, at.proofs); g.page == nil {
		g.sso = at.proofs
	}
}

// forge posts all that is ever asked for to any page, with the token of the page that is shown.
func (g *wanderer) forge(at *tab) {
	form := url.Values{
		"username": {"ana"}, "answer": {pick(g, "PASSWORD", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA")}, "code": {g.generated()}, "email": {"eve@example.org"},
	}
	if g.page != nil {
		form.Set("_csrf", g.hidden("_csrf"))
	}
	_, before := g.visitor.cookie("-sso")
	g.send(http.MethodPost, strings.Replace(at.address, "/oauth2/authorize", pick(g, login.Paths()...), 1), form)
	if _, after := g.visitor.cookie("-sso"); after != before { // the code was the one that was missing
		at.proofs = append(slices.Clone(at.proofs), factor.SoftwareToken)
		g.sso = at.proofs
	}
	g.arrived(at, g.sso)
}

// mailed is the code that was sent last; empty: none was.
func (g *wanderer) mailed() string {
	if len(g.s.Inbox("ana@example.org")) == 0 {
		return ""
	}
	return g.s.Code(g.t, "ana@example.org")
}

// generated is the code that ana's authenticator app shows; empty: there is none.
func (g *wanderer) generated() string {
	if g.secret == "" {
		return ""
	}
	return g.s.SoftwareCode(g.t, g.secret)
}
