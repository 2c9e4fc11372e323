package iampolicy_test

import (
	"errors"
	"strings"
	"testing"

	"cardea/spec/iampolicy"
)

// trust is a trust policy of one statement.
func trust(elements string) string {
	return `{"Version":"2012-10-17","Statement":{` + elements + `}}`
}

const (
	account = "123456789012"
	alice   = "arn:aws:iam::123456789012:user/alice"
	pools   = `"Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity"`
)

func TestTrustPoliciesAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, elements, want string }{
		{"resource", `"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"`, "Has prohibited field Resource"},
		{"NotPrincipal", `"Effect":"Deny","NotPrincipal":{"AWS":"` + account + `"},"Action":"sts:AssumeRole"`, "Has prohibited field NotPrincipal"},
		{"no principal", `"Effect":"Allow","Action":"sts:AssumeRole"`, "has no Principal"},
		{"empty principal", `"Effect":"Allow","Principal":{},"Action":"sts:AssumeRole"`, "Invalid principal in policy"},
		{"empty list", `"Effect":"Allow","Principal":{"AWS":[]},"Action":"sts:AssumeRole"`, "Invalid principal in policy"},
		{"principal of text", `"Effect":"Allow","Principal":"` + alice + `","Action":"sts:AssumeRole"`, "Invalid principal in policy"},
		{"unknown type", `"Effect":"Allow","Principal":{"Aws":"*"},"Action":"sts:AssumeRole"`, "Invalid principal in policy"},
		{"user by pattern", `"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/*"},"Action":"sts:AssumeRole"`, "Invalid principal in policy"},
		{"user by variable", `"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/${aws:username}"},"Action":"sts:AssumeRole"`, "Invalid principal in policy"},
		{"group", `"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:group/g"},"Action":"sts:AssumeRole"`, "Invalid principal in policy"},
		{"short account", `"Effect":"Allow","Principal":{"AWS":"12345"},"Action":"sts:AssumeRole"`, "Invalid principal in policy"},
		{"every provider", `"Effect":"Allow","Principal":{"Federated":"*"},"Action":"sts:AssumeRoleWithWebIdentity"`, "Invalid principal in policy"},
		{"every service", `"Effect":"Allow","Principal":{"Service":"*"},"Action":"sts:AssumeRole"`, "Invalid principal in policy"},
		{"canonical user", `"Effect":"Allow","Principal":{"CanonicalUser":"79a5"},"Action":"sts:AssumeRole"`, "Invalid principal in policy"},
		{"another service's action", `"Effect":"Allow","Principal":"*","Action":["sts:AssumeRole","s3:GetObject"]`, "may only specify STS AssumeRole actions"},
		{"every action", `"Effect":"Allow","Principal":"*","Action":"*"`, "may only specify STS AssumeRole actions"},
		{"NotAction", `"Effect":"Allow","Principal":"*","NotAction":"sts:AssumeRole"`, "may only specify STS AssumeRole actions"},
	} {
		_, err := iampolicy.Parse(trust(c.elements), iampolicy.Trust)
		var syntax *iampolicy.SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(syntax.Text, c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

// aud is the condition key of identity pools.
const aud = `"cognito-identity.amazonaws.com:aud"`

func TestTrustInIdentityPoolsMustNameThem(t *testing.T) {
	t.Parallel()
	who := &iampolicy.Who{Federated: "cognito-identity.amazonaws.com"}
	request := &iampolicy.Request{Action: "sts:AssumeRoleWithWebIdentity", Keys: iampolicy.Keys{
		"cognito-identity.amazonaws.com:aud": {"us-east-1:1"}, "cognito-identity.amazonaws.com:amr": {"authenticated"}}}
	for _, c := range []struct {
		condition string
		want      bool
	}{
		{``, false},
		{`,"Condition":{}`, false},
		{`,"Condition":{"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}}`, false},
		{`,"Condition":{"StringLike":{` + aud + `:"*"}}`, false},
		{`,"Condition":{"StringLike":{` + aud + `:["us-east-1:1","?*"]}}`, false},
		{`,"Condition":{"StringEquals":{` + aud + `:"${cognito-identity.amazonaws.com:aud}"}}`, false},
		{`,"Condition":{"StringNotEquals":{` + aud + `:"us-east-1:2"}}`, false},
		{`,"Condition":{"StringEqualsIfExists":{` + aud + `:"us-east-1:1"}}`, false},
		{`,"Condition":{"ForAllValues:StringEquals":{` + aud + `:"us-east-1:1"}}`, false},
		{`,"Condition":{"Null":{` + aud + `:"false"}}`, false},
		{`,"Condition":{"StringEquals":{` + aud + `:"us-east-1:1"}}`, true},
		{`,"Condition":{"StringEquals":{` + aud + `:["us-east-1:2","us-east-1:1"]}}`, true},
		{`,"Condition":{"StringLike":{"Cognito-Identity.amazonaws.com:AUD":"us-east-1:*"}}`, true},
		{`,"Condition":{"StringEqualsIgnoreCase":{` + aud + `:"US-EAST-1:1"}}`, true},
		{`,"Condition":{"ForAnyValue:StringEquals":{` + aud + `:"us-east-1:1"}}`, true},
	} {
		for _, action := range []string{"sts:AssumeRoleWithWebIdentity", "sts:*", "STS:Assume*"} {
			document := trust(`"Effect":"Allow",` + strings.Replace(pools, "sts:AssumeRoleWithWebIdentity", action, 1) + c.condition)
			if _, err := iampolicy.Parse(document, iampolicy.Trust); (err == nil) != c.want {
				t.Errorf("%s: written: %v, want %t", document, err, c.want)
			}
			p, err := iampolicy.Load(document, iampolicy.Trust)
			if err != nil {
				t.Fatalf("%s: %v", document, err)
			}
			if d, named := p.Admits(request, who); d.Allowed != c.want || named != c.want {
				t.Errorf("%s: admits %+v, %t, want %t", document, d, named, c.want)
			}
		}
	}
	for _, document := range []string{
		trust(`"Effect":"Deny",` + pools),
		trust(`"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:TagSession"`),
		trust(`"Effect":"Allow","Principal":{"Federated":"accounts.google.com"},"Action":"sts:AssumeRoleWithWebIdentity"`),
	} {
		parse(t, document, iampolicy.Trust)
	}
}

func TestTrustPoliciesAdmitThoseTheyName(t *testing.T) {
	t.Parallel()
	session := "arn:aws:sts::123456789012:assumed-role/deploy/s"
	callers := map[string]*iampolicy.Who{
		"alice":   {AWS: []string{alice, "AIDAALICEALICEALICE1", "arn:aws:iam::123456789012:root"}, Account: account},
		"session": {AWS: []string{session, "arn:aws:iam::123456789012:role/deploy", "AROADEPLOYDEPLOYDEP1"}, Account: account},
		"other":   {AWS: []string{"arn:aws:iam::999999999999:user/alice"}, Account: "999999999999"},
		"google":  {Federated: "accounts.google.com"},
		"saml":    {Federated: "arn:aws:iam::123456789012:saml-provider/idp"},
		"lambda":  {Service: "lambda.amazonaws.com"},
		"nobody":  {},
	}
	for _, c := range []struct {
		principal string
		admitted  string // callers, with a star if they are named alone
	}{
		{`"*"`, "alice other session"},
		{`{"AWS":"*"}`, "alice other session"},
		{`{"AWS":"` + account + `"}`, "alice session"},
		{`{"AWS":"arn:aws:iam::123456789012:root"}`, "alice session"},
		{`{"AWS":"` + alice + `"}`, "alice*"},
		{`{"AWS":["` + alice + `","123456789012"]}`, "alice* session"},
		{`{"AWS":["123456789012","` + alice + `"]}`, "alice* session"},
		{`{"AWS":"AIDAALICEALICEALICE1"}`, "alice*"},
		{`{"AWS":"arn:aws:iam::123456789012:role/deploy"}`, "session*"},
		{`{"AWS":"` + session + `"}`, "session*"},
		{`{"AWS":"arn:aws:iam::123456789012:user/Alice"}`, ""},
		{`{"Federated":"accounts.google.com"}`, "google*"},
		{`{"Federated":["accounts.google.com","arn:aws:iam::123456789012:saml-provider/idp"]}`, "google* saml*"},
		{`{"Federated":"google.com"}`, ""},
		{`{"Service":"lambda.amazonaws.com"}`, "lambda*"},
		{`{"Service":"lambda.amazonaws.com","AWS":"999999999999"}`, "lambda* other"},
	} {
		p := parse(t, trust(`"Effect":"Allow","Principal":`+c.principal+`,"Action":["sts:AssumeRole","sts:AssumeRoleWithWebIdentity"]`), iampolicy.Trust)
		for name, who := range callers {
			words := " " + c.admitted + " "
			alone := strings.Contains(words, " "+name+"* ")
			want := alone || strings.Contains(words, " "+name+" ")
			d, named := p.Admits(&iampolicy.Request{Action: "sts:AssumeRole"}, who)
			if d != (iampolicy.Decision{Allowed: want, Layer: iampolicy.TrustLayer}) || named != alone {
				t.Errorf("%s: %s: got %+v, named %t; want %t, %t", c.principal, name, d, named, want, alone)
			}
			if d, _ := p.Admits(&iampolicy.Request{Action: "sts:AssumeRoleWithSAML"}, who); d.Allowed {
				t.Errorf("%s: %s: another action is allowed", c.principal, name)
			}
		}
	}
}

func TestTrustPoliciesDenyFirst(t *testing.T) {
	t.Parallel()
	p := parse(t, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"AWS":"`+account+`","Federated":"accounts.google.com"},"Action":"sts:*"},
		{"Effect":"Deny","Principal":"*","Action":"sts:*","Condition":{"StringEquals":{"sts:RoleSessionName":"evil"}}},
		{"Effect":"Deny","Principal":{"AWS":"`+alice+`"},"Action":"sts:TagSession"}]}`, iampolicy.Trust)
	user := &iampolicy.Who{AWS: []string{alice}, Account: account}
	for _, c := range []struct {
		action, session string
		who             *iampolicy.Who
		want            iampolicy.Decision
	}{
		{"sts:AssumeRole", "good", user, iampolicy.Decision{Allowed: true, Layer: iampolicy.TrustLayer}},
		{"sts:AssumeRole", "evil", user, iampolicy.Decision{Explicit: true, Layer: iampolicy.TrustLayer}},
		{"sts:TagSession", "good", user, iampolicy.Decision{Explicit: true, Layer: iampolicy.TrustLayer}},
		{"sts:AssumeRoleWithWebIdentity", "good", &iampolicy.Who{Federated: "accounts.google.com"}, iampolicy.Decision{Allowed: true, Layer: iampolicy.TrustLayer}},
		{"sts:AssumeRoleWithWebIdentity", "evil", &iampolicy.Who{Federated: "accounts.google.com"}, iampolicy.Decision{Explicit: true, Layer: iampolicy.TrustLayer}},
	} {
		r := &iampolicy.Request{Action: c.action, Keys: iampolicy.Keys{"sts:rolesessionname": {c.session}}}
		if got, _ := p.Admits(r, c.who); got != c.want {
			t.Errorf("%s as %s: got %+v, want %+v", c.action, c.session, got, c.want)
		}
	}
}

func TestOneStatementThatNamesTheCallerIsEnough(t *testing.T) {
	t.Parallel()
	one := `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"` + alice + `"}}`
	all := `{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"` + account + `"}}`
	for _, document := range []string{one + "," + all, all + "," + one} {
		p := parse(t, `{"Version":"2012-10-17","Statement":[`+document+`]}`, iampolicy.Trust)
		d, named := p.Admits(&iampolicy.Request{Action: "sts:AssumeRole"}, &iampolicy.Who{AWS: []string{alice}, Account: account})
		if !d.Allowed || !named {
			t.Errorf("%s: got %+v, named %t", document, d, named)
		}
	}
}
