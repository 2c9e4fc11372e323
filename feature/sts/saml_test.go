package sts_test

import (
	"crypto/sha1"
	"encoding/base64"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/temporary"
	"cardea/record/trustprovider"
	"cardea/server/servertest"
	"cardea/spec/saml/samltest"
)

const (
	samlProvider = iamARN + "saml-provider/corp"
	attribute    = "https://aws.amazon.com/SAML/Attributes/"
	signIn       = "https://signin.aws.amazon.com/saml"
)

// corp is a SAML provider of IAM, and a role that trusts it.
type corp struct {
	*servertest.World
	idp  *samltest.IdP
	role string
}

func newCorp(t testing.TB, w *servertest.World) *corp {
	c := &corp{World: w.On("sts"), idp: samltest.New("https://idp.example")}
	register(t, w, trustprovider.Provider{ARN: samlProvider, Kind: trustprovider.SAML, Doc: trustprovider.Doc{Metadata: string(c.idp.Metadata())}})
	trust := trusting(`"Federated": "`+samlProvider+`"`, `"sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"`, `"StringEquals": {"SAML:aud": "`+signIn+`"}`)
	c.role = role(t, w, "Employee", trust, 7200)
	return c
}

// response is one about jane, with attributes in the place of those given.
func (c *corp) response(attributes map[string][]string, change func(*samltest.Response)) M {
	r := c.idp.Response(c.Now(), "urn:amazon:webservices", signIn, "")
	r.Format, r.NameID = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent", "jane"
	all := map[string][]string{"Role": {c.role + "," + samlProvider}, "RoleSessionName": {"jane@example.com"}}
	for name, values := range attributes {
		all[name] = values
	}
	r.Attributes = nil
	for name, values := range all {
		if len(values) > 0 {
			r.Attributes = append(r.Attributes, samltest.Attribute{Name: attribute + name, Values: values})
		}
	}
	if change != nil {
		change(r)
	}
	return M{"RoleArn": c.role, "PrincipalArn": samlProvider, "SAMLAssertion": r.Encoded()}
}

func TestAssertionsOpenSessions(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		c := newCorp(t, w)
		out := c.Must(t, "AssumeRoleWithSAML", c.response(map[string][]string{
			"PrincipalTag:Team": {"x"}, "TransitiveTagKeys": {"Team"}, "SourceIdentity": {"jane"}, "SessionDuration": {"5400"},
		}, nil))
		sum := sha1.Sum([]byte("https://idp.example/metadata" + servertest.Account + "/corp"))
		qualifier := base64.StdEncoding.EncodeToString(sum[:])
		got := session(t, w, out)
		want := &temporary.Session{
			Kind: temporary.AssumedRole, Account: servertest.Account, PrincipalID: got.PrincipalID, Name: "jane@example.com",
			Issued: w.Now().Truncate(time.Second), Expires: w.Now().Truncate(time.Second).Add(90 * time.Minute),
			Keys: map[string][]string{
				"aws:federatedprovider": {samlProvider}, "saml:aud": {signIn}, "saml:iss": {"https://idp.example/metadata"}, "saml:sub": {"jane"},
				"saml:sub_type": {"persistent"}, "saml:namequalifier": {qualifier}, "saml:doc": {servertest.Account + "/corp"},
			},
			Tags: map[string]string{"Team": "x"}, Transitive: []string{"Team"}, SourceIdentity: "jane",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		for member, want := range map[string]string{
			"AssumedRoleUser.Arn": stsARN + "assumed-role/Employee/jane@example.com", "Subject": "jane", "SubjectType": "persistent",
			"Issuer": "https://idp.example/metadata", "Audience": signIn, "NameQualifier": qualifier, "SourceIdentity": "jane",
		} {
			if got := servertest.Text(out, member); got != want {
				t.Errorf("%s: got %s, want %s", member, got, want)
			}
		}
	})
}

func TestAssertionsBoundSessions(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		c := newCorp(t, w)
		for _, v := range []struct {
			attribute, member int
			ends              time.Duration
			want              time.Duration
		}{
			{0, 0, 0, time.Hour},
			{5400, 0, 0, 90 * time.Minute},
			{5400, 900, 0, 15 * time.Minute},
			{0, 7200, 10 * time.Minute, 10 * time.Minute},
			{0, 7200, 3 * time.Hour, 2 * time.Hour},
		} {
			attributes := map[string][]string{}
			if v.attribute > 0 {
				attributes["SessionDuration"] = []string{strconv.Itoa(v.attribute)}
			}
			in := c.response(attributes, func(r *samltest.Response) {
				if v.ends > 0 {
					r.SessionNotOnOrAfter = w.Now().Add(v.ends)
				}
			})
			if v.member > 0 {
				in["DurationSeconds"] = v.member
			}
			got := session(t, w, c.Must(t, "AssumeRoleWithSAML", in))
			if life := got.Expires.Sub(got.Issued); life.Round(time.Second) != v.want {
				t.Errorf("%+v: got %v", v, life)
			}
		}
		const beyond = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
		c.Fails(t, "AssumeRoleWithSAML", c.response(map[string][]string{"SessionDuration": {"7201"}}, nil), "ValidationError", beyond)
	})
}

func TestAssertionsAreJudged(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		c := newCorp(t, w)
		other := role(t, w, "Other", trusting(`"Federated": "`+iamARN+`saml-provider/other"`, `"sts:AssumeRoleWithSAML"`, ""), 0)
		const denied = "Not authorized to perform sts:AssumeRoleWithSAML"
		with := func(in, changes M) M { return servertest.With(in, changes) }
		for name, v := range map[string]struct {
			in            M
			code, message string // empty: none
		}{
			"the pair turned":     {c.response(map[string][]string{"Role": {samlProvider + ", " + c.role}}, nil), "", ""},
			"one of two roles":    {c.response(map[string][]string{"Role": {other + "," + samlProvider, c.role + "," + samlProvider}}, nil), "", ""},
			"another role":        {with(c.response(nil, nil), M{"RoleArn": other}), "AccessDenied", denied},
			"a role, not trusted": {with(c.response(map[string][]string{"Role": {other + "," + samlProvider}}, nil), M{"RoleArn": other}), "AccessDenied", denied},
			"another provider's":  {c.response(map[string][]string{"Role": {c.role + "," + iamARN + "saml-provider/other"}}, nil), "AccessDenied", denied},
			"no role":             {c.response(map[string][]string{"Role": nil}, nil), "AccessDenied", denied},
			"no name":             {c.response(map[string][]string{"RoleSessionName": nil}, nil), "InvalidIdentityToken", "RoleSessionName is required in AuthnResponse"},
			"a strange name":      {c.response(map[string][]string{"RoleSessionName": {"jane doe"}}, nil), "InvalidIdentityToken", "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"},
			"two names":           {c.response(map[string][]string{"RoleSessionName": {"jane", "joe"}}, nil), "InvalidIdentityToken", ""},
			"a strange source":    {c.response(map[string][]string{"SourceIdentity": {"jane doe"}}, nil), "InvalidIdentityToken", ""},
			"a wild tag":          {c.response(map[string][]string{"PrincipalTag:Team": {"*"}}, nil), "InvalidIdentityToken", ""},
			"a strange duration":  {c.response(map[string][]string{"SessionDuration": {"1"}}, nil), "InvalidIdentityToken", ""},
			"another audience":    {c.response(nil, func(r *samltest.Response) { r.Audience = "urn:example" }), "InvalidIdentityToken", ""},
			"another recipient":   {c.response(nil, func(r *samltest.Response) { r.Recipient = "https://evil.example/saml" }), "InvalidIdentityToken", ""},
			"no signature":        {c.response(nil, func(r *samltest.Response) { r.SignAssertion = false }), "InvalidIdentityToken", ""},
			"another key":         {c.response(nil, func(r *samltest.Response) { r.Signing.Key = samltest.Key("https://evil.example") }), "InvalidIdentityToken", ""},
			"tampered": {c.response(nil, func(r *samltest.Response) {
				r.Tamper = func(x string) string { return strings.Replace(x, ">jane<", ">joe<", 1) }
			}), "InvalidIdentityToken", ""},
			"expired":          {c.response(nil, func(r *samltest.Response) { r.NotOnOrAfter = w.Now().Add(-time.Hour) }), "InvalidIdentityToken", ""},
			"no such provider": {with(c.response(nil, nil), M{"PrincipalArn": iamARN + "saml-provider/none"}), "InvalidIdentityToken", "Specified provider doesn't exist."},
			"garbage":          {with(c.response(nil, nil), M{"SAMLAssertion": "garbage"}), "InvalidIdentityToken", ""},
		} {
			t.Run(name, func(t *testing.T) {
				if v.code == "" {
					c.Must(t, "AssumeRoleWithSAML", v.in)
					return
				}
				c.Fails(t, "AssumeRoleWithSAML", v.in, v.code, v.message)
			})
		}
	})
}

func TestAssertionsWorkOnce(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		c := newCorp(t, w)
		in := c.response(nil, nil)
		c.Fails(t, "AssumeRoleWithSAML", servertest.With(in, M{"Policy": "{}"}), "MalformedPolicyDocument", "") // does not use it up
		var won atomic.Int32
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if _, err := c.Call("AssumeRoleWithSAML", in); err == nil {
					won.Add(1)
				} else if !strings.HasPrefix(err.Error(), "InvalidIdentityToken: The SAML assertion was used") {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Errorf("%d of 100 got credentials", won.Load())
		}
		c.Must(t, "AssumeRoleWithSAML", c.response(nil, nil))
	})
}
