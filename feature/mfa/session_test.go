package mfa_test

import (
	"strings"
	"testing"
	"time"

	"cardea/server/servertest"
)

const (
	noSession   = "Invalid session for the user."
	usedSession = "Invalid session for the user, session can only be used once."
	oldSession  = "Invalid session for the user, session is expired."
)

func TestSoftwareTokenIsSetUpInTheMiddleOfASignIn(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := newPool(t, w)
		p.mode(t, "ON", nil)
		w.User(t, p.id, "bob")
		first := p.session(t, p.client, "bob")

		set := w.Must(t, "AssociateSoftwareToken", M{"Session": first})
		w.Fails(t, "AssociateSoftwareToken", M{"Session": first}, refused, usedSession)
		set = w.Must(t, "AssociateSoftwareToken", M{"Session": set["Session"]}) // begin again
		code := w.SoftwareCode(t, text(set, "SecretCode"))
		guess := M{"Session": set["Session"], "UserCode": wrong(code)}
		w.Fails(t, "VerifySoftwareToken", guess, mismatch, "Code mismatch")
		done := w.Must(t, "VerifySoftwareToken", with(guess, M{"UserCode": code}))
		if text(done, "Status") != "SUCCESS" || text(done, "Session") == "" || done["Session"] == set["Session"] {
			t.Errorf("verified: %v", done)
		}
		if got := p.challenge(t, "bob"); got != "SOFTWARE_TOKEN_MFA" {
			t.Errorf("challenge %q, want SOFTWARE_TOKEN_MFA", got)
		}

		w.Fails(t, "VerifySoftwareToken", with(guess, M{"UserCode": code}), refused, usedSession)
		// The Session of a token just verified can only answer MFA_SETUP: it replaces no token.
		w.Fails(t, "AssociateSoftwareToken", M{"Session": done["Session"]}, refused, noSession)
		w.Fails(t, "VerifySoftwareToken", M{"Session": done["Session"], "UserCode": code}, refused, noSession)
	})
}

func TestSessionSetsUpNothingForAnother(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := newPool(t, w)
		bearer := p.bearer(t)
		p.mode(t, "ON", nil)
		w.User(t, p.id, "bob")
		w.User(t, p.id, "carol")
		bob := w.Must(t, "AssociateSoftwareToken", M{"Session": p.session(t, p.client, "bob")})
		carol := w.Must(t, "AssociateSoftwareToken", M{"Session": p.session(t, p.client, "carol")})
		alice := w.Must(t, "AssociateSoftwareToken", bearer)

		code := M{"UserCode": w.SoftwareCode(t, text(bob, "SecretCode"))}
		w.Fails(t, "VerifySoftwareToken", with(code, M{"Session": carol["Session"]}), mismatch, "")
		w.Fails(t, "VerifySoftwareToken", with(code, bearer), mismatch, "")
		w.Must(t, "VerifySoftwareToken", with(code, M{"Session": bob["Session"]}))
		for name, want := range map[string]string{"alice": "SELECT_MFA_TYPE", "bob": "SOFTWARE_TOKEN_MFA", "carol": "MFA_SETUP"} {
			if got := p.challenge(t, name); got != want {
				t.Errorf("%s: challenge %q, want %s", name, got, want)
			}
		}
		w.Must(t, "VerifySoftwareToken", with(bearer, M{"UserCode": w.SoftwareCode(t, text(alice, "SecretCode"))}))
	})
}

func TestSessionMustStillRequireAFactorToBeSetUp(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := newPool(t, w)
		p.mode(t, "ON", nil)
		for name, c := range map[string]struct {
			step, want string
			spoil      func(username string)
		}{
			"another step": {"NEW_PASSWORD_REQUIRED", noSession, func(string) {}},
			"expired":      {"MFA_SETUP", oldSession, func(string) { w.Advance(3*time.Minute + time.Second) }},
			"disabled":     {"MFA_SETUP", "User is disabled.", func(username string) { w.Must(t, "AdminDisableUser", p.user(username)) }},
			"deleted":      {"MFA_SETUP", noSession, func(username string) { w.Must(t, "AdminDeleteUser", p.user(username)) }},
			"other password": {"MFA_SETUP", noSession, func(username string) {
				w.Advance(time.Second)
				w.Must(t, "AdminSetUserPassword", with(p.user(username), M{"Password": "Another-horse-1", "Permanent": true}))
			}},
			"a phone number meanwhile": {"MFA_SETUP", noSession, func(username string) {
				w.Must(t, "AdminUpdateUserAttributes", with(p.user(username), M{"UserAttributes": servertest.Attributes("phone_number", "+15550100999")}))
			}},
			"a software token meanwhile": {"MFA_SETUP", noSession, func(username string) {
				set := w.Must(t, "AssociateSoftwareToken", M{"Session": p.session(t, p.client, username)})
				w.Must(t, "VerifySoftwareToken", M{"Session": set["Session"], "UserCode": w.SoftwareCode(t, text(set, "SecretCode"))})
			}},
			"no second factor is due": {"MFA_SETUP", noSession, func(string) { p.mode(t, "OPTIONAL", nil) }},
		} {
			p.mode(t, "ON", nil)
			username := strings.ReplaceAll(name, " ", "-")
			w.User(t, p.id, username)
			session := p.seal(t, p.client, username, c.step)
			c.spoil(username)
			w.Fails(t, "AssociateSoftwareToken", M{"Session": session}, refused, c.want)
			w.Fails(t, "VerifySoftwareToken", M{"Session": session, "UserCode": "123456"}, refused, c.want)
		}
	})
}

func TestSessionLastsAsLongAsTheClientSays(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := newPool(t, w)
		p.mode(t, "ON", nil)
		w.User(t, p.id, "bob")
		client := w.Client(t, p.id, M{"AuthSessionValidity": 15})
		in := func() M { return M{"Session": p.session(t, client, "bob")} }
		early, late := in(), in()
		w.Advance(15*time.Minute - time.Second)
		w.Must(t, "AssociateSoftwareToken", early)
		w.Advance(2 * time.Second)
		w.Fails(t, "AssociateSoftwareToken", late, refused, oldSession)
	})
}

func TestSettingUpDoesNotProlongASignIn(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := newPool(t, w)
		p.mode(t, "ON", nil)
		w.User(t, p.id, "bob")
		session := M{"Session": p.session(t, p.client, "bob")}
		for range 2 {
			w.Advance(time.Minute)
			session = M{"Session": w.Must(t, "AssociateSoftwareToken", session)["Session"]}
		}
		w.Advance(time.Minute + time.Second)
		w.Fails(t, "AssociateSoftwareToken", session, refused, oldSession)
	})
}
