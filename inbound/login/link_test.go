package login_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"cardea/outbound/upstream"
	"cardea/record/pool"
	"cardea/server/servertest"
)

// linkedMall runs body with a mall whose pool links by verified addresses, and whose user ana has the provider's address.
func linkedMall(t *testing.T, changes M, body func(t *testing.T, m *mall)) {
	t.Helper()
	t.Parallel()
	tagged := servertest.With(M{"UserPoolTags": M{pool.LinkTag: pool.LinkVerifiedEmail}}, changes)
	eachMallOf(t, upstream.OIDC, tagged, nil, func(t *testing.T, m *mall) {
		m.Must(t, "AdminUpdateUserAttributes", M{"UserPoolId": m.pool, "Username": "ana", "UserAttributes": servertest.Attributes(
			"email", "jane@example.com", "email_verified", "true")})
		body(t, m)
	})
}

// proposed is a visitor to whom a link is proposed.
func (m *mall) proposed(t testing.TB) *visitor {
	t.Helper()
	return m.visitor(t).visit(m.authorize(t, "identity_provider", "Corp")).approve(m.idp).expect("link")
}

// identities is what ana's attribute says.
func (m *mall) identities(t testing.TB) string {
	t.Helper()
	out := m.Must(t, "AdminGetUser", M{"UserPoolId": m.pool, "Username": "ana"})
	for _, one := range out["UserAttributes"].([]any) {
		if one.(M)["Name"] == "identities" {
			return servertest.Text(one.(M), "Value")
		}
	}
	return ""
}

// signsInAs is the user as whom the provider signs its person in.
func (m *mall) signsInAs(t testing.TB) any {
	t.Helper()
	v := m.visitor(t).visit(m.authorize(t, "identity_provider", "Corp")).approve(m.idp)
	return payload(t, servertest.Text(m.redeem(t, v.code()), "id_token"))["cognito:username"]
}

func TestALinkNeedsASignInToTheAccount(t *testing.T) {
	linkedMall(t, M{"AliasAttributes": []string{"email"}}, func(t *testing.T, m *mall) {
		v := m.proposed(t)
		if !strings.Contains(v.body, "jane@example.com") || !strings.Contains(v.body, "Corp") || strings.Contains(v.body, ">ana<") {
			t.Errorf("the page says %s", v.body)
		}
		for _, typed := range [][]string{{}, {"password", ""}, {"password", "wrong"}, {"password", "wrong", "username", "bob"}} {
			if v.submit(typed...).expect("link").said() == "" || m.identities(t) != "" {
				t.Fatalf("%v: %q, identities %s", typed, v.said(), m.identities(t))
			}
		}
		tokens := m.redeem(t, v.submit("password", servertest.Password).code())
		if got := payload(t, servertest.Text(tokens, "id_token")); got["cognito:username"] != "ana" || got["identities"] == nil {
			t.Errorf("signed in as %v", got)
		}
		if got := m.signsInAs(t); got != "ana" {
			t.Errorf("the provider signs %v in", got)
		}
		m.Fails(t, "AdminGetUser", M{"UserPoolId": m.pool, "Username": "Corp_1234567890"}, "UserNotFoundException", "")
	})
}

func TestALinkWaitsForEveryFactor(t *testing.T) {
	linkedMall(t, M{"AliasAttributes": []string{"email"}}, func(t *testing.T, m *mall) {
		m.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": m.pool, "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": M{"Enabled": true}})
		v := m.proposed(t).submit("password", servertest.Password).expect("set-up")
		v.submit("answer", "SOFTWARE_TOKEN_MFA").expect("authenticator")
		secret := strings.ReplaceAll(v.elements("code")[0][""], " ", "")
		if v.submit("code", "000000").expect("authenticator"); m.identities(t) != "" {
			t.Fatal("linked without the second factor")
		}
		if m.redeem(t, v.submit("code", m.SoftwareCode(t, secret)).code()); !strings.Contains(m.identities(t), `"userId":"1234567890"`) {
			t.Errorf("identities %s", m.identities(t))
		}
	})
}

func TestALinkByTheUsersChoiceOfFactors(t *testing.T) {
	linkedMall(t, servertest.With(choosing, M{"AliasAttributes": []string{"email"}}), func(t *testing.T, m *mall) {
		m.settle(t, servertest.With(choosingClient, M{"SupportedIdentityProviders": []string{"COGNITO", "Corp"}}))
		v := m.proposed(t).submit().expect("choose")
		v.submit("answer", "EMAIL_OTP").expect("code")
		if m.redeem(t, v.submit("code", m.Code(t, "jane@example.com")).code()); m.identities(t) == "" {
			t.Error("not linked")
		}
	})
}

// Where users do not sign in by their addresses, the page does not tell what the account is called.
func TestTheNameOfAnAccountIsAskedFor(t *testing.T) {
	linkedMall(t, nil, func(t *testing.T, m *mall) {
		m.User(t, m.pool, "bob")
		v := m.proposed(t)
		if strings.Contains(v.body, `"ana"`) || strings.Contains(v.body, ">ana<") {
			t.Errorf("the page says %s", v.body)
		}
		v.submit("username", " ", "password", servertest.Password).expect("link")
		m.redeem(t, v.submit("username", "bob", "password", servertest.Password).code()) // another account, with which nothing is linked
		if m.identities(t) != "" {
			t.Errorf("identities %s", m.identities(t))
		}
		if m.redeem(t, m.proposed(t).submit("username", "ana", "password", servertest.Password).code()); m.identities(t) == "" {
			t.Error("not linked")
		}
	})
}

// Whoever opens a visitor's address elsewhere, or has another request open, finishes nothing of theirs.
func TestALinkBelongsToItsBrowserAndRequest(t *testing.T) {
	linkedMall(t, M{"AliasAttributes": []string{"email"}}, func(t *testing.T, m *mall) {
		began := m.proposed(t)
		link := began.address.String()
		other := m.visitor(t).visit(link)
		if other.page != nil && other.at() == "link" {
			t.Errorf("another browser is shown the page")
		}
		if other = m.visitor(t).visit(m.page(t, "/login")).expect("sign-in"); m.redeem(t, other.submit("username", "ana", "password", servertest.Password).code()) == nil || m.identities(t) != "" {
			t.Errorf("another browser has linked %s", m.identities(t))
		}

		// The same browser with another request.
		began.visit(m.page(t, "/login")+"&nonce=1").expect("sign-in").submit("username", "ana", "password", servertest.Password).code()
		if m.identities(t) != "" {
			t.Errorf("another request has linked %s", m.identities(t))
		}

		// A form of the page that was sent from elsewhere.
		a, err := url.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		v := m.visitor(t)
		v.visit(m.page(t, "/login"))
		v.send(http.MethodPost, a.String(), url.Values{"password": {servertest.Password}})
		if m.identities(t) != "" {
			t.Errorf("a forged form has linked %s", m.identities(t))
		}
	})
}

func TestALinkIsLeftInAnotherWay(t *testing.T) {
	linkedMall(t, M{"AliasAttributes": []string{"email"}}, func(t *testing.T, m *mall) {
		v := m.proposed(t).submit("skip", "yes").expect("sign-in")
		if m.redeem(t, v.submit("username", "ana", "password", servertest.Password).code()); m.identities(t) != "" {
			t.Errorf("identities %s", m.identities(t))
		}
		late := m.proposed(t)
		m.Advance(16 * time.Minute)
		late.submit("password", servertest.Password)
		if m.identities(t) != "" {
			t.Errorf("linked after its time: %s", m.identities(t))
		}
	})
}

func TestAnAddressThatHasMovedIsNotLinked(t *testing.T) {
	linkedMall(t, nil, func(t *testing.T, m *mall) {
		v := m.proposed(t)
		m.Must(t, "AdminUpdateUserAttributes", M{"UserPoolId": m.pool, "Username": "ana", "UserAttributes": servertest.Attributes(
			"email", "ana@example.com", "email_verified", "true")})
		if m.redeem(t, v.submit("username", "ana", "password", servertest.Password).code()); m.identities(t) != "" {
			t.Errorf("identities %s", m.identities(t))
		}
	})
}
