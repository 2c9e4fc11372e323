package login_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cardea/engine/passkey/passkeytest"
	"cardea/outbound/trigger/triggertest"
	"cardea/server/servertest"
)

// pagesOrigin is that of the pages of all pools of a test, which are known by path.
const pagesOrigin = "http://localhost:9229"

const notWorked = "That did not work. Try again, or sign in another way."

// byPasskey are the settings of a pool, and a client of it, where users may sign in with a passkey.
var (
	byPasskey       = M{"Policies": M{"SignInPolicy": M{"AllowedFirstAuthFactors": []string{"PASSWORD", "WEB_AUTHN"}}}}
	byPasskeyClient = M{"ExplicitAuthFlows": []string{"ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH"}}
)

// eachKeyShop runs body with a shop whose users may make passkeys at its pages, on both engines.
func eachKeyShop(t *testing.T, body func(t *testing.T, s *shop)) {
	t.Helper()
	eachShop(t, byPasskey, byPasskeyClient, func(t *testing.T, s *shop) {
		s.manage(t)
		body(t, s)
	})
}

// manage gives the shop the pages of managed login.
func (s *shop) manage(t *testing.T) {
	t.Helper()
	prefix := strings.Split(s.Endpoint(t, s.pool, ""), "/_domains/")[1]
	s.Must(t, "UpdateUserPoolDomain", M{"UserPoolId": s.pool, "Domain": prefix, "ManagedLoginVersion": 2})
}

// adding is the address where a passkey is made.
func (s *shop) adding(t *testing.T) string {
	t.Helper()
	v := url.Values{"client_id": {s.client}, "redirect_uri": {callback}, "state": {"a+b c/="}}
	return s.Endpoint(t, s.pool, "/passkeys/add") + "?" + v.Encode()
}

// typePassword signs in where users choose how.
func (v *visitor) typePassword(name string) *visitor {
	v.t.Helper()
	v.expect("sign-in").submit("username", name)
	if v.at() == "choose" {
		v.submit("answer", "PASSWORD")
	}
	return v.expect("password").submit("password", servertest.Password)
}

// script asks for the options of the passkey that the page is about to make, as its script does.
func (v *visitor) script() *visitor {
	v.t.Helper()
	form := url.Values{"start": {"yes"}}
	for _, input := range v.elements("input") {
		if input["type"] == "hidden" {
			form.Set(input["name"], input["value"])
		}
	}
	script := *v
	return script.send(http.MethodPost, v.address.String(), form)
}

// options are those of the passkey that the page is about to make.
func (v *visitor) options() []byte {
	v.t.Helper()
	script := v.script()
	if kind := script.header.Get("Content-Type"); script.status != http.StatusOK || kind != "application/json" {
		v.t.Fatalf("options: %d %s %s", script.status, kind, script.body)
	}
	return []byte(script.body)
}

// enrol makes a passkey at the page that is for that.
func (v *visitor) enrol(key *passkeytest.Authenticator) *visitor {
	v.t.Helper()
	v.expect("add-passkey")
	key.Origin = pagesOrigin
	return v.submit("credential", string(key.Register(v.t, v.options())))
}

// keyOf makes a passkey of a user at the pages.
func (s *shop) keyOf(t *testing.T, name string) *passkeytest.Authenticator {
	t.Helper()
	key := &passkeytest.Authenticator{Counter: 1}
	v := s.visitor(t).visit(s.adding(t)).typePassword(name).enrol(key)
	if got := v.address.String(); got != callback+"?state=a%2Bb%20c%2F%3D" {
		t.Fatalf("after a passkey was made the browser is at %s: %s", got, v.body)
	}
	key.Counter++
	return key
}

// offered are the options of the passkey that a page offers beside its fields; empty: it offers none.
func (v *visitor) offered() string {
	v.t.Helper()
	return v.elements("form")[0]["data-offer"]
}

// present answers the offer of the page with a passkey.
func (v *visitor) present(key *passkeytest.Authenticator) *visitor {
	v.t.Helper()
	if v.offered() == "" {
		v.t.Fatalf("%s offers no passkey", v.at())
	}
	return v.submit("credential", key.Assert(v.t, v.offered()))
}

func TestPasskeysAreMadeAtThePagesAndSignInThere(t *testing.T) {
	t.Parallel()
	eachKeyShop(t, func(t *testing.T, s *shop) {
		key := s.keyOf(t, "ana")
		v := s.visitor(t).visit(s.authorize(t)).expect("sign-in")
		for _, input := range v.elements("input") {
			if input["name"] == "username" && input["autocomplete"] != "username webauthn" {
				t.Errorf("the name's field: %v", input)
			}
		}
		var asked M
		if err := json.Unmarshal([]byte(v.offered()), &asked); err != nil || asked["rpId"] != "localhost" || len(asked["allowCredentials"].([]any)) != 0 {
			t.Errorf("offered: %v, %v", asked, err)
		}
		if policy := v.header.Get("Content-Security-Policy"); !strings.Contains(policy, "connect-src 'self'") {
			t.Errorf("the page cannot ask for another offer: %s", policy)
		}
		tokens := s.redeem(t, v.present(key).code())
		if tokens["id_token"] == nil {
			t.Errorf("no tokens: %v", tokens)
		}
		if again := v.visit(s.authorize(t)); again.page != nil {
			t.Errorf("no session was begun: %s", again.at())
		}
	})
}

// discover prepares an answer to the offer of the page, and gives the form that posts it.
func (v *visitor) discover(key *passkeytest.Authenticator) url.Values {
	v.t.Helper()
	form := url.Values{}
	for _, input := range v.elements("input") {
		if input["type"] == "hidden" {
			form.Set(input["name"], input["value"])
		}
	}
	form.Set("credential", key.Assert(v.t, v.offered()))
	return form
}

// attack makes of a page and of ana's passkey a form that must sign nobody in.
type attack func(v *visitor, key *passkeytest.Authenticator) url.Values

func said(member string, value any) attack {
	return func(v *visitor, key *passkeytest.Authenticator) url.Values {
		key.ClientData = func(data passkeytest.M) { data[member] = value }
		return v.discover(key)
	}
}

// with is an answer by another passkey.
func with(change func(key *passkeytest.Authenticator)) attack {
	return func(v *visitor, key *passkeytest.Authenticator) url.Values {
		change(key)
		return v.discover(key)
	}
}

// posting is a right answer in a form that is changed afterwards.
func posting(change func(form url.Values)) attack {
	return func(v *visitor, key *passkeytest.Authenticator) url.Values {
		form := v.discover(key)
		change(form)
		return form
	}
}

// of is an answer to the offer of another page.
func of(elsewhere *visitor) attack {
	return func(v *visitor, key *passkeytest.Authenticator) url.Values {
		form, own := elsewhere.discover(key), v.discover(key)
		form.Set("_csrf", own.Get("_csrf"))
		return form
	}
}

// refuse mounts attacks, each at a page of its own.
func (s *shop) refuse(t *testing.T, key *passkeytest.Authenticator, attacks map[string]attack) {
	t.Helper()
	for name, attack := range attacks {
		copied := *key
		v := s.visitor(t).visit(s.authorize(t))
		form := attack(v, &copied)
		if v.send(http.MethodPost, v.address.String(), form); v.page == nil || v.at() != "sign-in" || v.said() != notWorked && v.said() != startAgain {
			t.Errorf("%s: at %s, %q", name, v.address, v.said())
		}
		s.Advance(time.Hour) // failures are forgiven
	}
}

func TestOffersOfPasskeysTakeNoAnswerToAnotherCeremony(t *testing.T) {
	t.Parallel()
	eachKeyShop(t, func(t *testing.T, s *shop) {
		key := s.keyOf(t, "ana")
		other := newShop(t, s.World, byPasskey, byPasskeyClient)
		sibling := s.Client(t, s.pool, servertest.With(shopClient, byPasskeyClient))
		var registration struct{ Challenge string }
		if err := json.Unmarshal(s.visitor(t).visit(s.adding(t)).typePassword("ana").options(), &registration); err != nil {
			t.Fatal(err)
		}
		page := func(s *shop, more ...string) *visitor { return s.visitor(t).visit(s.authorize(t, more...)) }
		s.refuse(t, key, map[string]attack{
			"another browser's": func(v *visitor, key *passkeytest.Authenticator) url.Values { return of(page(s))(v, key) },
			"another pool's":    func(v *visitor, key *passkeytest.Authenticator) url.Values { return of(page(other))(v, key) },
			"another client's": func(v *visitor, key *passkeytest.Authenticator) url.Values {
				return of(page(s, "client_id", sibling))(v, key)
			},
			"a registration's":     said("challenge", registration.Challenge),
			"that of a nobody":     said("challenge", "AAAA"),
			"the type of another":  said("type", "webauthn.create"),
			"none":                 posting(func(form url.Values) { form.Del("ceremony") }),
			"one that is over":     posting(func(url.Values) { s.Advance(5 * time.Minute) }),
			"an answer to nothing": posting(func(form url.Values) { form.Set("credential", "{}") }),
		})

		v := page(s)
		own := *v // the same browser, with another request
		form := own.visit(s.authorize(t, "nonce", "n2")).discover(key)
		form.Set("_csrf", v.discover(key).Get("_csrf"))
		if v.send(http.MethodPost, v.address.String(), form); v.page == nil || v.said() != notWorked {
			t.Errorf("another request's: at %s", v.address)
		}

		v = page(s)
		form = v.discover(key)
		address := v.address.String()
		v.send(http.MethodPost, address, form).code()
		if v.send(http.MethodPost, address, form); v.page == nil || v.said() != startAgain && v.said() != notWorked {
			t.Errorf("an answer that was used is at %s", v.address)
		}
	})
}

func TestOffersOfPasskeysTakeNoOtherPasskeyUserOrOrigin(t *testing.T) {
	t.Parallel()
	eachKeyShop(t, func(t *testing.T, s *shop) {
		key := s.keyOf(t, "ana")
		s.User(t, s.pool, "bob")
		bobs := s.keyOf(t, "bob")
		other := newShop(t, s.World, byPasskey, byPasskeyClient)
		other.User(t, other.pool, "ana")
		other.manage(t)
		foreign := other.keyOf(t, "ana")
		s.refuse(t, key, map[string]attack{
			"the origin of a sibling's domain": said("origin", "http://other.auth.us-east-1.localhost:9229"),
			"the origin of another port":       said("origin", "http://localhost:9230"),
			"a page inside another's":          said("crossOrigin", true),
			"another relying party":            with(func(key *passkeytest.Authenticator) { key.RelyingParty = "example.com" }),
			"no user handle":                   with(func(key *passkeytest.Authenticator) { key.Handle = nil }),
			"the user handle of another":       with(func(key *passkeytest.Authenticator) { key.Handle = bobs.Handle }),
			"the id and handle of another's":   with(func(key *passkeytest.Authenticator) { key.ID, key.Handle = bobs.ID, bobs.Handle }),
			"one of another pool":              with(func(key *passkeytest.Authenticator) { *key = *foreign }),
			"one with an old counter":          with(func(key *passkeytest.Authenticator) { key.Counter = 1 }),
		})
		s.visitor(t).visit(s.authorize(t)).present(key).code()
	})
}

func TestOneOfManyAnswersToAnOfferSignsIn(t *testing.T) {
	t.Parallel()
	eachKeyShop(t, func(t *testing.T, s *shop) {
		key := &passkeytest.Authenticator{} // does not count, as most do not
		s.visitor(t).visit(s.adding(t)).typePassword("ana").enrol(key)
		v := s.visitor(t).visit(s.authorize(t))
		form, address := v.discover(key), v.address.String()
		var codes atomic.Int64
		var all sync.WaitGroup
		for range 100 {
			each := *v
			all.Go(func() {
				if each.send(http.MethodPost, address, form); each.page == nil && each.address.Query().Get("code") != "" {
					codes.Add(1)
				}
			})
		}
		all.Wait()
		if codes.Load() != 1 {
			t.Errorf("%d codes, want 1", codes.Load())
		}
	})
}

func TestAnOfferedPasskeyHasTheRulesOfASignIn(t *testing.T) {
	t.Parallel()
	eachKeyShop(t, func(t *testing.T, s *shop) {
		key := s.keyOf(t, "ana")
		present := func() *visitor {
			key.Counter++
			return s.visitor(t).visit(s.authorize(t)).present(key)
		}
		forger := *key
		forger.ClientData = func(data passkeytest.M) { data["crossOrigin"] = true }
		for range 5 {
			s.visitor(t).visit(s.authorize(t)).present(&forger)
		}
		if got := present().said(); got != "There were too many tries. Please wait a while and try again." {
			t.Errorf("after five wrong answers: %q", got)
		}
		s.Advance(time.Hour)
		present().code()

		s.Must(t, "AdminDisableUser", M{"UserPoolId": s.pool, "Username": "ana"})
		if got := present().said(); got != "This account cannot sign in. Ask whoever runs the app." {
			t.Errorf("disabled: %q", got)
		}
		s.Must(t, "AdminEnableUser", M{"UserPoolId": s.pool, "Username": "ana"})
		present().code()

		s.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": s.pool, "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": M{"Enabled": true}})
		present().code() // has no second factor
		access := s.SignIn(t, s.client, "ana")["AccessToken"]
		s.SoftwareToken(t, access)
		s.Must(t, "SetUserMFAPreference", M{"AccessToken": access, "SoftwareTokenMfaSettings": M{"Enabled": true, "PreferredMfa": true}})
		if got := present().said(); got != notWorked {
			t.Errorf("a passkey that would skip the second factor: %q", got)
		}
		s.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": s.pool, "MfaConfiguration": "OFF"})

		v := s.visitor(t).visit(s.authorize(t))
		s.Must(t, "UpdateUserPoolClient", servertest.With(shopClient, M{
			"UserPoolId": s.pool, "ClientId": s.client, "ExplicitAuthFlows": []string{"ALLOW_USER_PASSWORD_AUTH"},
		}))
		key.Counter++
		if v.present(key); v.page == nil || v.said() == "" {
			t.Errorf("signed in by a passkey, which the app does not allow any more")
		}
		if v := s.visitor(t).visit(s.authorize(t)).expect("sign-in"); v.offered() != "" {
			t.Errorf("offered where the app does not let users choose")
		}
	})
}

func TestPasskeysOfNobodyCountForTheirAddress(t *testing.T) {
	t.Parallel()
	eachKeyShop(t, func(t *testing.T, s *shop) {
		key := s.keyOf(t, "ana")
		stranger := *key
		stranger.Handle = nil
		v := s.visitor(t).visit(s.authorize(t))
		form, address := v.discover(&stranger), v.address.String()
		for range 500 {
			v.send(http.MethodPost, address, form)
		}
		const locked = "There were too many tries. Please wait a while and try again."
		if v.said() != notWorked {
			t.Errorf("the last of 500: %q", v.said())
		}
		if v.send(http.MethodPost, address, form); v.said() != locked {
			t.Errorf("one more: %q", v.said())
		}
		if got := s.visitor(t).visit(s.authorize(t)).present(key).said(); got != locked {
			t.Errorf("ana, from the same address: %q", got)
		}
		s.Advance(time.Hour)
		s.visitor(t).visit(s.authorize(t)).present(key).code() // is not locked out
	})
}

func TestTriggersHaveASayInSignInsByAnOfferedPasskey(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		s := newShop(t, w, servertest.With(byPasskey, servertest.Triggers("PreAuthentication", "PostAuthentication")), byPasskeyClient)
		s.User(t, s.pool, "ana")
		s.manage(t)
		key := s.keyOf(t, "ana")
		before := len(f.Calls())
		s.visitor(t).visit(s.authorize(t)).present(key).code()
		var told []string
		for _, call := range f.Calls()[before:] {
			told = append(told, call.Source()+" "+call.UserName())
		}
		if !slices.Equal(told, []string{"PreAuthentication_Authentication ana", "PostAuthentication_Authentication ana"}) {
			t.Errorf("told: %v", told)
		}

		before = len(f.Calls())
		stranger := *key
		stranger.Handle = nil
		s.visitor(t).visit(s.authorize(t)).present(&stranger)
		if n := len(f.Calls()) - before; n != 0 {
			t.Errorf("a passkey of nobody's was told of %d times", n)
		}

		before = len(f.Calls())
		s.Must(t, "AdminDisableUser", M{"UserPoolId": s.pool, "Username": "ana"})
		key.Counter++
		s.visitor(t).visit(s.authorize(t)).present(key)
		for _, call := range f.Calls()[before:] {
			if call.Source() != "PreAuthentication_Authentication" {
				t.Errorf("%s of a disabled user", call.Source())
			}
		}
	})
}
