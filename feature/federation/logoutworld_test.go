package federation_test

import (
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"cardea/engine/account"
	"cardea/engine/factor"
	"cardea/engine/hosted"
	"cardea/engine/identity"
	"cardea/feature/federation"
	"cardea/platform/db"
	"cardea/record/linkedidentity"
	"cardea/record/ssosession"
	"cardea/server/servertest"
	"cardea/spec/saml/samltest"
)

const goodbye = "https://app.example.com/bye?x=1"

// office is a pool with a SAML provider, whose sessions end with ours, and a user who comes from there.
type office struct {
	*servertest.World
	pool, app string
	idp       *samltest.IdP
}

func eachOffice(t *testing.T, body func(t *testing.T, c *office)) {
	t.Helper()
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) { body(t, newOffice(t, w)) })
}

func newOffice(t *testing.T, w *servertest.World) *office {
	t.Helper()
	c := &office{World: w, idp: samltest.New("https://idp.example")}
	c.pool = w.Pool(t, M{"UserPoolTags": M{"cardea:standards": "backchannel-logout"}})
	c.provider(t, "Corp", c.idp, nil)
	c.app = c.web(t, nil)
	c.person(t, "jane", "Corp", "jane@example.com")
	return c
}

// web makes an app whose users come from the pool and from Corp.
func (c *office) web(t *testing.T, changes M) string {
	t.Helper()
	return c.Client(t, c.pool, servertest.With(M{
		"AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": []string{"code"}, "CallbackURLs": []string{callback},
		"LogoutURLs": []string{goodbye}, "AllowedOAuthScopes": []string{"openid"}, "SupportedIdentityProviders": []string{"COGNITO", "Corp"},
	}, changes))
}

// provider configures a SAML provider; changes go over its details.
func (c *office) provider(t *testing.T, name string, idp *samltest.IdP, changes M) {
	t.Helper()
	c.Must(t, "CreateIdentityProvider", M{
		"UserPoolId": c.pool, "ProviderName": name, "ProviderType": "SAML",
		"ProviderDetails": servertest.With(M{"MetadataFile": string(idp.Metadata()), "IDPSignout": "true"}, changes),
	})
}

// person makes a user whom a provider knows by a name.
func (c *office) person(t *testing.T, username, provider, nameID string) {
	t.Helper()
	c.User(t, c.pool, username)
	c.identity(t, username, provider, nameID)
}

// identity links a user with a name that a provider knows them by, too.
func (c *office) identity(t *testing.T, username, provider, nameID string) {
	t.Helper()
	c.write(t, func(tx *db.Tx) error {
		_, u, err := account.Admin(tx, c.pool, username)
		if err != nil {
			return err
		}
		return identity.Link(tx, u, linkedidentity.Identity{
			Key: linkedidentity.Key{Provider: provider, Attribute: linkedidentity.Subject, Value: nameID}, Doc: linkedidentity.Doc{Type: "SAML"},
		})
	})
}

func (c *office) write(t *testing.T, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := c.DB.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// jar is a browser: the cookies that it has.
type jar map[string]string

// signIn signs a user in at the pages, in a new browser.
func (c *office) signIn(t *testing.T, username string, from ssosession.Upstream) jar {
	t.Helper()
	domain := strings.TrimPrefix(c.Endpoint(t, c.pool, ""), c.URL+"/_domains/")
	b := jar{"cardea-browser-_domains-" + domain: "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
	c.write(t, func(tx *db.Tx) error {
		_, u, err := account.Admin(tx, c.pool, username)
		if err != nil {
			return err
		}
		proofs := []factor.Proof{factor.Federated}
		if from.Provider == "" {
			proofs = []factor.Proof{factor.Password}
		}
		out, err := c.Server.OAuth.Hosted.Finish(tx, poolID(c.pool), valuesOf(t, c.asked()), hosted.SignIn{
			User: u, Proofs: proofs, Browser: hosted.Browser{Domain: domain}, Upstream: from,
		})
		if err == nil {
			b["cardea-sso-_domains-"+domain] = out.SSO
		}
		return err
	})
	return b
}

// janes is jane's session at Corp.
func janes() ssosession.Upstream {
	return ssosession.Upstream{Provider: "Corp", NameID: "jane@example.com", Format: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress", Index: "_s1"}
}

func (c *office) asked() url.Values {
	return url.Values{"client_id": {c.app}, "response_type": {"code"}, "redirect_uri": {callback}, "scope": {"openid"}, "state": {"st"}}
}

// signedIn tells whether a browser is given a code at once.
func (c *office) signedIn(t *testing.T, b jar) bool {
	t.Helper()
	return strings.HasPrefix(c.get(t, b, "/oauth2/authorize?"+c.asked().Encode()).Header.Get("Location"), callback+"?code=")
}

// get opens an address of the domain in a browser.
func (c *office) get(t *testing.T, b jar, path string) servertest.Answer {
	t.Helper()
	return c.in(t, b, httptest.NewRequest(http.MethodGet, c.Endpoint(t, c.pool, path), nil))
}

// post has a page of the domain, or with no cookies one of another site, post a form.
func (c *office) post(t *testing.T, b jar, path string, pairs ...string) servertest.Answer {
	t.Helper()
	r := servertest.Form(c.Endpoint(t, c.pool, path), pairs...)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if b == nil {
		r.Header.Set("Sec-Fetch-Site", "cross-site")
	}
	return c.in(t, b, r)
}

func (c *office) in(t *testing.T, b jar, r *http.Request) servertest.Answer {
	t.Helper()
	for name, value := range b {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	a := c.Do(t, r)
	for _, set := range (&http.Response{Header: a.Header}).Cookies() {
		if set.MaxAge < 0 {
			delete(b, set.Name)
		} else if b != nil {
			b[set.Name] = set.Value
		}
	}
	return a
}

// leave signs out in a browser, and gives the message with which the provider is asked to.
func (c *office) leave(t *testing.T, b jar, pairs ...string) *samltest.Message {
	t.Helper()
	a := c.get(t, b, c.logout(pairs...))
	if a.Status != http.StatusFound {
		t.Fatalf("got %d %s", a.Status, a.Text)
	}
	m, err := samltest.ReadRedirect(a.Header.Get("Location"), c.certificate(t))
	if err != nil {
		t.Fatalf("%s: %v", a.Header.Get("Location"), err)
	}
	return m
}

// logout is the path of a request to sign out.
func (c *office) logout(pairs ...string) string {
	q := url.Values{"client_id": {c.app}, "logout_uri": {goodbye}}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		}
	}
	return "/logout?" + q.Encode()
}

// certificate is the pool's.
func (c *office) certificate(t *testing.T) *x509.Certificate {
	t.Helper()
	text := servertest.Text(c.Must(t, "GetSigningCertificate", M{"UserPoolId": c.pool}), "Certificate")
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

// slo is where the pool's domain takes messages about logouts.
func (c *office) slo(t *testing.T) string { return c.Endpoint(t, c.pool, federation.SAMLLogout) }

// answered is how the provider answers a request.
func (c *office) answered(t *testing.T, m *samltest.Message) *samltest.Logout {
	t.Helper()
	return c.idp.LogoutResponse(c.Now(), c.slo(t), m.ID)
}

// asks is how the provider asks to end jane's session.
func (c *office) asks(t *testing.T) *samltest.Logout { return c.idp.Logout(c.Now(), c.slo(t)) }

var formField = regexp.MustCompile(`name="([^"]*)" value="([^"]*)"`)

// field is a field of the form in a page.
func field(page, name string) string {
	for _, m := range formField.FindAllStringSubmatch(page, -1) {
		if m[1] == name {
			return strings.NewReplacer("&#43;", "+", "&#39;", "'", "&#34;", `"`, "&amp;", "&").Replace(m[2])
		}
	}
	return ""
}

// rows is how many rows a table has.
func (c *office) rows(t *testing.T, table string) (n int) {
	t.Helper()
	err := c.DB.Read(t.Context(), func(tx *db.Tx) (err error) {
		n, err = db.One(tx, func(row db.Scanner) (n int, err error) { return n, row.Scan(&n) }, fmt.Sprintf("SELECT count(*) FROM %s", table))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
