package authorization_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"cardea/engine/authorization"
	"cardea/engine/temporary"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/platform/seal"
	"cardea/record/datakey"
	"cardea/record/policy"
	"cardea/record/principal"
	"cardea/spec/arn"
	"cardea/spec/iampolicy"
)

var account = arn.Account{Partition: "aws", ID: "123456789012"}

// world is an authorizer on a database.
type world struct {
	*authorization.Authorizer
	t *testing.T
}

func each(t *testing.T, body func(t *testing.T, w *world)) {
	t.Helper()
	master, err := seal.NewMaster(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		body(t, &world{authorization.New(d, &datakey.Ring{Master: master}, account), t})
	})
}

func document(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

func allow(action, condition string) string {
	if condition != "" {
		condition = `,"Condition":{` + condition + `}`
	}
	return `{"Effect":"Allow","Action":"` + action + `","Resource":"*"` + condition + `}`
}

func (w *world) write(fn func(tx *db.Tx) error) {
	w.t.Helper()
	if err := w.DB.Write(w.t.Context(), fn); err != nil {
		w.t.Fatal(err)
	}
}

// user makes a user with a policy, and role a role with a trust policy.
func (w *world) user(name, statements string) *authorization.Principal {
	w.t.Helper()
	p := &principal.Principal{Kind: principal.User, Name: name, Path: "/"}
	w.write(func(tx *db.Tx) error {
		if err := principal.Insert(tx, p); err != nil {
			return err
		}
		return policy.PutInline(tx, p.ID, policy.Inline{Name: "p", Document: document(statements)})
	})
	return &authorization.Principal{Account: account.ID, ARN: p.ARN(account), UserID: p.ID, Entity: p}
}

func (w *world) role(name, path string, trust ...string) string {
	w.t.Helper()
	p := &principal.Principal{Kind: principal.Role, Name: name, Path: path, Doc: principal.Doc{Trust: document(trust...)}}
	w.write(func(tx *db.Tx) error { return principal.Insert(tx, p) })
	return p.ARN(account)
}

// A request gives no key that says who signed it or when, and, where the caller is known, none that says where it came from.
func TestRequestsDoNotSayWhoSignedThem(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for _, key := range []string{
			"aws:PrincipalArn", "aws:PrincipalTag/team", "aws:userid", "aws:username", "aws:TokenIssueTime", "aws:MultiFactorAuthPresent",
			"aws:FederatedProvider", "aws:SourceIdentity", "aws:CurrentTime", "cognito-identity.amazonaws.com:sub", "accounts.google.com:aud",
			"id.example.com/a:sub", "saml:sub", "aws:SourceIp", "aws:UserAgent", "aws:RequestedRegion",
		} {
			p := w.user("u"+strings.Map(letters, key), allow("*", `"StringLike":{"`+key+`":"claimed*"}`))
			request := &iampolicy.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/o", Keys: iampolicy.Keys{
				key: {"claimed"}, strings.ToLower(key): {"claimed"},
			}}
			ctx := caller.With(t.Context(), caller.Caller{IP: "192.0.2.1"})
			if d, err := w.Decide(ctx, p, request); d.Allowed || err != nil {
				t.Errorf("%s: got %+v, %v", key, d, err)
			}
		}
		tagged := w.user("tagged", allow("*", `"StringEquals":{"aws:ResourceTag/team":"claimed"}`))
		of := &iampolicy.Request{Action: "iam:GetUser", Resource: tagged.ARN, Keys: iampolicy.Keys{"aws:resourcetag/team": {"claimed"}}}
		if d, err := w.Decide(t.Context(), tagged, of); d.Allowed || err != nil {
			t.Errorf("tags of a resource: got %+v, %v", d, err)
		}
		p := w.user("else", allow("*", `"StringEquals":{"s3:prefix":"claimed","aws:SourceIp":"claimed"}`))
		request := &iampolicy.Request{Action: "s3:ListBucket", Resource: "arn:aws:s3:::b", Keys: iampolicy.Keys{"s3:prefix": {"claimed"}, "aws:sourceip": {"claimed"}}}
		if d, err := w.Decide(t.Context(), p, request); !d.Allowed || err != nil {
			t.Errorf("a gateway's keys: got %+v, %v", d, err)
		}
	})
}

func letters(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
		return r
	}
	return -1
}

func TestRolesAreAssumedAsTrustSays(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		able, unable := w.user("able", allow("sts:*", "")), w.user("unable", allow("s3:*", ""))
		denied := w.user("denied", `{"Effect":"Deny","Action":"sts:*","Resource":"*"}`)
		bounded := w.user("bounded", allow("s3:*", ""))
		w.write(func(tx *db.Tx) error {
			return policy.SetBoundary(tx, bounded.Entity.ID, "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
		})
		trusts := func(whom, actions string) string {
			return `{"Effect":"Allow","Principal":{"AWS":` + whom + `},"Action":[` + actions + `]}`
		}
		all := `"` + able.ARN + `","` + unable.ARN + `","` + denied.ARN + `","` + bounded.ARN + `"`
		open := w.role("open", "/", trusts(`"`+account.Root()+`"`, `"sts:AssumeRole"`))
		named := w.role("named", "/team/", trusts("["+all+"]", `"sts:AssumeRole"`))
		tagged := w.role("tagged", "/", trusts("["+all+"]", `"sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"`))
		narrowed := &authorization.Principal{
			Account: account.ID, ARN: able.ARN, UserID: able.UserID, Entity: able.Entity,
			Session: &temporary.Session{Kind: temporary.AssumedRole, Policy: document(allow("s3:*", ""))},
		}
		for name, c := range map[string]struct {
			by     *authorization.Principal
			role   string
			change func(s *authorization.Assumption)
			want   error
		}{
			"the account, with a policy":    {able, open, nil, nil},
			"the account, without":          {unable, open, nil, errDenial},
			"by name, without":              {unable, named, nil, nil},
			"by name, with a denial":        {denied, named, nil, errDenial},
			"by name, beyond the boundary":  {bounded, named, nil, errDenial},
			"by name, beyond the session":   {narrowed, named, nil, errDenial},
			"tags that trust does not know": {able, named, func(s *authorization.Assumption) { s.Tags = map[string]string{"a": "b"} }, authorization.ErrTrust},
			"transitive keys alone":         {able, named, func(s *authorization.Assumption) { s.Transitive = []string{"a"} }, authorization.ErrTrust},
			"a source identity":             {able, named, func(s *authorization.Assumption) { s.SourceIdentity = "me" }, authorization.ErrTrust},
			"what trust knows": {able, tagged, func(s *authorization.Assumption) {
				s.Tags, s.Transitive, s.SourceIdentity = map[string]string{"a": "b"}, []string{"a"}, "me"
			}, nil},
			"without its path":         {able, account.IAM("role/named"), nil, authorization.ErrNoRole},
			"under another path":       {able, account.IAM("role/other/named"), nil, authorization.ErrNoRole},
			"of another account":       {able, "arn:aws:iam::210987654321:role/open", nil, authorization.ErrNoRole},
			"of another partition":     {able, "arn:aws-cn:iam::123456789012:role/open", nil, authorization.ErrNoRole},
			"a user":                   {able, account.IAM("user/able"), nil, authorization.ErrNoRole},
			"nobody":                   {able, account.IAM("role/nobody"), nil, authorization.ErrNoRole},
			"a token, where users may": {nil, open, nil, authorization.ErrTrust},
		} {
			s := authorization.Assumption{RoleARN: c.role, Action: authorization.AssumeRole, Caller: c.by, SessionName: "shift"}
			if c.by == nil {
				s.Federated, s.Action = "accounts.google.com", authorization.AssumeRoleWithWebIdentity
			}
			if c.change != nil {
				c.change(&s)
			}
			role, err := w.Assume(t.Context(), s)
			refused, _ := errors.AsType[*authorization.DeniedError](err)
			switch {
			case c.want == nil && (err != nil || role.ARN(account) != c.role):
				t.Errorf("%s: got %v", name, err)
			case c.want == errDenial && (refused == nil || refused.Reason != nil || refused.Resource != c.role):
				t.Errorf("%s: got %v", name, err)
			case c.want != nil && c.want != errDenial && !errors.Is(err, c.want):
				t.Errorf("%s: got %v, want %v", name, err, c.want)
			}
		}
	})
}

// errDenial stands for policies of the caller that do not allow it.
var errDenial = errors.New("denied by policies of the caller")

// A boundary that is not there any more, and session policies that are not, allow nothing.
func TestPoliciesThatAreNoMoreNarrow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		request := &iampolicy.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/o"}
		p := w.user("u", allow("*", ""))
		gone := account.IAM("policy/gone")
		for name, s := range map[string]*temporary.Session{
			"policies": {Kind: temporary.SessionToken, PolicyARNs: []string{gone}, Issued: time.Now()},
			"none":     {Kind: temporary.FederatedToken, Issued: time.Now()},
		} {
			narrowed := *p
			narrowed.Session = s
			if d, err := w.Decide(t.Context(), &narrowed, request); d.Allowed || d.Layer != iampolicy.SessionLayer || err != nil {
				t.Errorf("%s: got %+v, %v", name, d, err)
			}
		}
		guest := *p
		guest.Session = &temporary.Session{Kind: temporary.SessionToken, Guest: true, Issued: time.Now()}
		if d, err := w.Decide(t.Context(), &guest, request); !d.Allowed || err != nil {
			t.Errorf("a guest's service: got %+v, %v", d, err)
		}
		if d, err := w.Decide(t.Context(), &guest, &iampolicy.Request{Action: "ec2:RunInstances", Resource: "*"}); d.Allowed || err != nil {
			t.Errorf("another service: got %+v, %v", d, err)
		}
		w.write(func(tx *db.Tx) error { return policy.SetBoundary(tx, p.Entity.ID, gone) })
		if d, err := w.Decide(t.Context(), p, request); d.Allowed || d.Layer != iampolicy.BoundaryLayer || err != nil {
			t.Errorf("a boundary: got %+v, %v", d, err)
		}
		if _, _, err := w.Policies(t.Context(), "AIDANOBODY"); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("policies of nobody: got %v", err)
		}
	})
}
