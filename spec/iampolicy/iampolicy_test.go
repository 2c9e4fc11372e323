package iampolicy_test

import (
	"testing"

	"cardea/spec/iampolicy"
)

func parse(t testing.TB, document string, kind iampolicy.Kind) *iampolicy.Policy {
	t.Helper()
	p, err := iampolicy.Parse(document, kind)
	if err != nil {
		t.Fatalf("%v in %s", err, document)
	}
	return p
}

const webTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},
	"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"],
	"Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"us-east-1:1234"},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}}}]}`

func TestTrustPolicyAdmitsUsersOfItsPool(t *testing.T) {
	t.Parallel()
	p := parse(t, webTrust, iampolicy.Trust)
	for _, c := range []struct {
		name   string
		action string
		aud    string
		amr    []string
		want   bool
	}{
		{"signed in", "sts:AssumeRoleWithWebIdentity", "us-east-1:1234", []string{"authenticated", "x"}, true},
		{"tags", "sts:TagSession", "us-east-1:1234", []string{"authenticated"}, true},
		{"guest", "sts:AssumeRoleWithWebIdentity", "us-east-1:1234", []string{"unauthenticated"}, false},
		{"another pool", "sts:AssumeRoleWithWebIdentity", "us-east-1:9999", []string{"authenticated"}, false},
		{"another action", "sts:AssumeRole", "us-east-1:1234", []string{"authenticated"}, false},
	} {
		r := &iampolicy.Request{Action: c.action, Keys: iampolicy.Keys{
			"cognito-identity.amazonaws.com:aud": {c.aud}, "cognito-identity.amazonaws.com:amr": c.amr}}
		d, named := p.Admits(r, &iampolicy.Who{Federated: "cognito-identity.amazonaws.com"})
		if d.Allowed != c.want || named != c.want {
			t.Errorf("%s: got %+v named %t, want %t", c.name, d, named, c.want)
		}
	}
}

func TestHomeFolderIsOpenToItsOwnerAlone(t *testing.T) {
	t.Parallel()
	set := &iampolicy.Set{Identity: []*iampolicy.Policy{parse(t, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b","Condition":{"StringLike":{"s3:prefix":["","home/${cognito-identity.amazonaws.com:sub}/*"]}}},
		{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::b/home/${cognito-identity.amazonaws.com:sub}/*"}]}`, iampolicy.InlineOfRole)}}
	for _, c := range []struct {
		action, resource, prefix, sub string
		want                          bool
	}{
		{"s3:GetObject", "arn:aws:s3:::b/home/me/a/b", "", "me", true},
		{"s3:getobject", "arn:aws:s3:::b/home/me/a/b", "", "me", true},
		{"s3:GetObject", "arn:aws:s3:::b/home/you/a", "", "me", false},
		{"s3:GetObject", "arn:aws:s3:::b/home/you/a", "", "*", false},
		{"s3:DeleteObject", "arn:aws:s3:::b/home/me/a", "", "me", false},
		{"s3:ListBucket", "arn:aws:s3:::b", "home/me/", "me", true},
		{"s3:ListBucket", "arn:aws:s3:::b", "home/you/", "me", false},
	} {
		keys := iampolicy.Keys{"cognito-identity.amazonaws.com:sub": {c.sub}, "s3:prefix": {c.prefix}}
		if d := set.Decide(&iampolicy.Request{Action: c.action, Resource: c.resource, Keys: keys}); d.Allowed != c.want {
			t.Errorf("%+v: got %+v", c, d)
		}
	}
}
