package authorization_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/authorization"
	"cardea/engine/temporary"
	"cardea/record/principal"
	"cardea/spec/iam"
)

func TestTagsOfPrincipals(t *testing.T) {
	t.Parallel()
	entity := &principal.Principal{Kind: principal.Role, Name: "worker", Path: "/jobs/", Doc: principal.Doc{
		Tags: []iam.Tag{{Key: "Team", Value: "role"}, {Key: "stage", Value: "live"}},
	}}
	session := map[string]string{"team": "session", "Job": "7"}
	const role = "arn:aws:iam::123456789012:role/jobs/worker"
	for name, c := range map[string]struct {
		p    authorization.Principal
		arn  string
		tags map[string]string
	}{
		"root":             {authorization.Principal{ARN: "r"}, "r", map[string]string{}},
		"without session":  {authorization.Principal{ARN: "r", Entity: entity}, role, map[string]string{"Team": "role", "stage": "live"}},
		"a role's session": {authorization.Principal{ARN: "s", Entity: entity, Session: &temporary.Session{Kind: temporary.AssumedRole, Tags: session}}, role, map[string]string{"team": "session", "Job": "7", "stage": "live"}},
		"a federated user": {authorization.Principal{ARN: "f", Entity: entity, Session: &temporary.Session{Kind: temporary.FederatedToken, Tags: session}}, "f", session},
	} {
		if diff := cmp.Diff(c.tags, c.p.Tags()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if got := c.p.Lasting(account); got != c.arn {
			t.Errorf("%s: got %s, want %s", name, got, c.arn)
		}
	}
}
