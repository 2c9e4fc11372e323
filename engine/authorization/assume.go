package authorization

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cardea/engine/temporary"
	"cardea/platform/db"
	"cardea/record/principal"
	"cardea/spec/arn"
	"cardea/spec/iampolicy"
)

// Why a role is not assumed, as a DeniedError wraps it. AWS answers all of them alike, so that strangers do not learn which roles
// there are.
var (
	// ErrNoRole says that this account has no such role.
	ErrNoRole = errors.New("authorization: no such role")
	// ErrTrust says that the trust policy of the role does not admit the caller, or not with what the session is to have.
	ErrTrust = errors.New("authorization: the trust policy does not admit the caller")
)

// What assumes roles.
const (
	AssumeRole                = "sts:AssumeRole"
	AssumeRoleWithWebIdentity = "sts:AssumeRoleWithWebIdentity"
	AssumeRoleWithSAML        = "sts:AssumeRoleWithSAML"
)

// Assumption is a request for a session of a role.
type Assumption struct {
	RoleARN string
	Action  string // AssumeRole, AssumeRoleWithWebIdentity or AssumeRoleWithSAML
	// Caller is who signed the request; nil for those who come with a token of an identity provider, which Federated names as trust
	// policies do.
	Caller    *Principal
	Federated string
	// Keys are what the token or the request gives: "<provider>:aud", "sts:externalid". Their names are in lower case.
	Keys           iampolicy.Keys
	SessionName    string
	Tags           map[string]string
	Transitive     []string
	SourceIdentity string
}

// trusting is a role with its trust policy.
type trusting struct {
	role  *principal.Principal // nil: there is none
	trust *iampolicy.Policy
}

// Assume finds the role and makes sure that it may be assumed: its trust policy admits the caller, and policies of the caller,
// unless the trust policy names them alone, allow it, too. Errors are *DeniedError.
func (a *Authorizer) Assume(ctx context.Context, s Assumption) (*principal.Principal, error) {
	found, err := a.trusting(ctx, s.RoleARN)
	if err != nil {
		return nil, err
	}
	if found.role == nil || found.role.ARN(a.Account) != s.RoleARN {
		return nil, s.refused(s.Action, ErrNoRole)
	}
	keys := a.keys(ctx, s.Caller, s.requested())
	maps.Copy(keys, s.Keys)
	who := a.who(&s)
	for _, action := range s.actions() {
		decision, named := found.trust.Admits(&iampolicy.Request{Action: action, Resource: s.RoleARN, Keys: keys}, who)
		if !decision.Allowed {
			return nil, s.refused(action, ErrTrust)
		}
		if s.Caller == nil {
			continue
		}
		if err := a.mayAssume(ctx, &s, action, named); err != nil {
			return nil, err
		}
	}
	return found.role, nil
}

// refused says that the role is not assumed. Those who come with a token are told what they tried only.
func (s *Assumption) refused(action string, reason error) error {
	text := "Not authorized to perform " + action
	if s.Caller != nil {
		text = refusal(s.Caller, action, s.RoleARN)
	}
	return &DeniedError{Action: action, Resource: s.RoleARN, Text: text, Reason: reason}
}

// trusting finds a role by its ARN.
func (a *Authorizer) trusting(ctx context.Context, roleARN string) (*trusting, error) {
	parsed, ok := arn.Parse(roleARN)
	path, isRole := strings.CutPrefix(parsed.Resource, "role/")
	if !ok || !isRole || parsed.Service != "iam" || parsed.Account != a.Account.ID || parsed.Partition != a.Account.Partition {
		return &trusting{}, nil
	}
	name := path[strings.LastIndexByte(path, '/')+1:]
	return a.roles.Get(ctx, name, func(tx *db.Tx) (*trusting, error) {
		role, err := principal.Get(tx, principal.Role, name)
		if errors.Is(err, db.ErrNotFound) {
			return &trusting{}, nil
		}
		if err != nil {
			return nil, err
		}
		trust, err := iampolicy.Load(role.Doc.Trust, iampolicy.Trust)
		if err != nil {
			return nil, fmt.Errorf("trust policy of %s: %w", role.Name, err)
		}
		return &trusting{role, trust}, nil
	})
}

// actions are what the trust policy must allow.
func (s *Assumption) actions() []string {
	actions := []string{s.Action}
	if len(s.Tags) > 0 || len(s.Transitive) > 0 {
		actions = append(actions, "sts:TagSession")
	}
	if s.SourceIdentity != "" {
		actions = append(actions, "sts:SetSourceIdentity")
	}
	return actions
}

// requested are the keys of what the session is to have.
func (s *Assumption) requested() iampolicy.Keys {
	keys := RequestTags(s.Tags)
	if s.SessionName != "" {
		keys["sts:rolesessionname"] = []string{s.SessionName}
	}
	if len(s.Transitive) > 0 {
		keys["sts:transitivetagkeys"] = s.Transitive
	}
	if s.SourceIdentity != "" {
		keys["sts:sourceidentity"] = []string{s.SourceIdentity}
	}
	return keys
}

// RequestTags are the keys of tags that a request gives.
func RequestTags(tags map[string]string) iampolicy.Keys {
	keys := iampolicy.Keys{}
	if len(tags) == 0 {
		return keys
	}
	keys["aws:tagkeys"] = slices.Sorted(maps.Keys(tags))
	for name, value := range tags {
		keys["aws:requesttag/"+strings.ToLower(name)] = []string{value}
	}
	return keys
}

// who is the caller as trust policies name them.
func (a *Authorizer) who(s *Assumption) *iampolicy.Who {
	p := s.Caller
	if p == nil {
		return &iampolicy.Who{Federated: s.Federated}
	}
	who := &iampolicy.Who{Account: p.Account, AWS: []string{p.ARN}}
	if p.Entity != nil && (p.Session == nil || p.Session.Kind != temporary.FederatedToken) {
		who.AWS = append(who.AWS, p.Entity.ARN(a.Account), p.Entity.ID)
	}
	return who
}

// mayAssume makes sure that nothing forbids the caller to do what the trust policy admits them to, and that their own policies
// allow it unless it names them alone. Boundaries and session policies must allow it in any case.
func (a *Authorizer) mayAssume(ctx context.Context, s *Assumption, action string, named bool) error {
	request := &iampolicy.Request{Action: action, Resource: s.RoleARN, Keys: s.requested()}
	decision, err := a.Decide(ctx, s.Caller, request)
	if err != nil || decision.Allowed {
		return err
	}
	if named && !decision.Explicit {
		if decision, err = a.decideNamed(ctx, s.Caller, request); err != nil || decision.Allowed {
			return err
		}
	}
	return &DeniedError{Action: action, Resource: s.RoleARN, Text: Denied(s.Caller, action, s.RoleARN, decision)}
}

// decideNamed is Decide as if the principal's own policies allowed everything.
func (a *Authorizer) decideNamed(ctx context.Context, p *Principal, r *iampolicy.Request) (iampolicy.Decision, error) {
	set, err := a.policies(ctx, p)
	if err != nil {
		return iampolicy.Decision{}, err
	}
	all, err := a.passed(ctx, everything, nil)
	if err != nil {
		return iampolicy.Decision{}, err
	}
	return a.decide(ctx, p, &iampolicy.Set{Identity: all, Boundary: set.Boundary, Session: set.Session}, r)
}
