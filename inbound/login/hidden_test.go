package login_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
)

// varying is what two pages differ in whoever they are for: the nonce, and the token of the form, which is the browser's.
var varying = regexp.MustCompile(`(nonce="|nonce-|name="_csrf" value=")[^"' ;]*`)

// answer is all that a visitor can tell of an answer: but for what is random, and for the name that they have typed.
func (v *visitor) answer(name string) string {
	v.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s\n", v.status, v.address)
	for _, header := range slices.Sorted(maps.Keys(v.header)) {
		for _, value := range v.header[header] {
			if header != "Set-Cookie" {
				fmt.Fprintf(&b, "%s: %s\n", header, value)
			}
		}
	}
	for _, c := range v.set {
		fmt.Fprintf(&b, "%s=%d characters for %d seconds\n", c.Name, len(c.Value), c.MaxAge)
	}
	v.set = nil
	b.WriteString(v.body)
	return strings.ReplaceAll(varying.ReplaceAllString(b.String(), "$1"), name, "NAME")
}

// The names of users of all kinds, and one that nobody has. They have the same length, and begin alike, since what is shown of a
// made-up address is that of the name.
var kinds = map[string]string{
	"known": "ana1@example.org", "unknown": "ana2@example.org", "disabled": "ana3@example.org", "unconfirmed": "ana4@example.org",
	"with a temporary password": "ana5@example.org", "that must reset": "ana6@example.org", "without a verified address": "ana7@example.org",
}

// compared are the kinds that a walk must not tell from a known user. Cognito itself tells disabled and unconfirmed users so when
// they sign in, before their password is judged, and invited ones when they have forgotten it; those who choose are offered what
// they have.
func compared(walk string) []string {
	switch {
	case strings.HasSuffix(walk, "of choice"):
		return []string{"unknown"}
	case walk == "a forgotten password":
		return []string{"unknown", "disabled", "unconfirmed", "that must reset", "without a verified address"}
	}
	return []string{"unknown", "with a temporary password", "that must reset", "without a verified address"}
}

// people makes users of all kinds.
func (s *shop) people(t *testing.T) {
	t.Helper()
	for kind, name := range kinds {
		of := M{"UserPoolId": s.pool, "Username": name}
		switch kind {
		case "unknown":
		case "unconfirmed":
			s.Must(t, "SignUp", M{"ClientId": s.client, "Username": name, "Password": servertest.Password})
		case "with a temporary password":
			s.Must(t, "AdminCreateUser", servertest.With(of, M{
				"MessageAction": "SUPPRESS", "UserAttributes": servertest.Attributes("email", name, "email_verified", "true"),
			}))
		case "without a verified address":
			s.User(t, s.pool, name)
		default:
			s.User(t, s.pool, name, "email", name, "email_verified", "true")
		}
		if kind == "disabled" {
			s.Must(t, "AdminDisableUser", of)
		}
		if kind == "that must reset" {
			s.Must(t, "AdminResetUserPassword", of)
		}
	}
}

// walks are what somebody does at the pages who does not have what the user has.
var walks = map[string]func(v *visitor, name string, look func()){
	"a password at once": func(v *visitor, name string, look func()) {
		v.visit(v.s.authorize(v.t))
		for range 3 {
			v.submit("username", name, "password", "wrong").expect("sign-in")
			look()
		}
		v.submit("username", name, "password", strings.Repeat("x", 300)).expect("sign-in")
		look()
	},
	"a password of choice": func(v *visitor, name string, look func()) {
		v.visit(v.s.authorize(v.t)).submit("username", name).expect("choose")
		look()
		v.submit("answer", "PASSWORD").expect("password")
		look()
		v.submit("password", "wrong").expect("password")
		look()
	},
	"a code of choice": func(v *visitor, name string, look func()) {
		v.visit(v.s.authorize(v.t)).submit("username", name).submit("answer", "EMAIL_OTP").expect("code")
		look()
		v.submit("code", "00000000").expect("code")
		look()
		v.submit("resend", "yes").expect("code")
		look()
		v.visit(v.s.page(v.t, "/login/choose")).submit("answer", "WEB_AUTHN")
		look()
	},
	"a forgotten password": func(v *visitor, name string, look func()) {
		v.visit(v.s.page(v.t, "/forgotPassword")).submit("username", name).expect("reset")
		look()
		v.submit("code", "000000", "password", fresh).expect("reset")
		look()
		v.submit("resend", "yes").expect("reset")
		look()
	},
	"a page ahead": func(v *visitor, name string, look func()) {
		v.visit(v.s.authorize(v.t)).submit("username", name, "password", "wrong")
		for _, path := range []string{"/confirm", "/resendcode", "/mfa", "/confirmforgotPassword", "/changePassword", "/login/password"} {
			v.visit(v.s.page(v.t, path))
			look()
		}
	},
}

func TestPagesDoNotTellWhoExists(t *testing.T) {
	t.Parallel()
	pool := M{"UsernameAttributes": []string{"email"}, "AutoVerifiedAttributes": []string{"email"}}
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		for name, walk := range walks {
			s := newShop(t, w, pool, nil)
			if strings.HasSuffix(name, "of choice") {
				s = newShop(t, w, servertest.With(pool, choosing), choosingClient)
			}
			s.people(t)
			seen := func(kind string) (all []string) {
				v := s.visitor(t)
				walk(v, kinds[kind], func() { all = append(all, v.answer(kinds[kind])) })
				return all
			}
			known := seen("known")
			for _, kind := range compared(name) {
				if diff := cmp.Diff(known, seen(kind)); diff != "" {
					t.Errorf("%s: a user %s is told from a known one:\n%s", name, kind, diff)
				}
			}
		}
	})
}
