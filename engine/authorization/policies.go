package authorization

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cardea/engine/temporary"
	"cardea/platform/db"
	"cardea/record/policy"
	"cardea/record/principal"
	"cardea/spec/iampolicy"
	"cardea/spec/iampolicy/awsmanaged"
)

// entity is a role, a user or a group with the policies that it has, compiled.
type entity struct {
	*principal.Principal // nil: there is none
	set                  iampolicy.Set
	sources              []Source
}

// Source says where a policy comes from that somebody has.
type Source struct {
	Policy   *iampolicy.Policy
	Holder   *principal.Principal // who has it: the role or user, or a group of the user
	Inline   string               // the name of an inline policy
	ARN      string               // of a managed one
	Boundary bool                 // it is the permissions boundary
}

// nothing is a policy that allows nothing, in the place of a boundary that cannot be found.
var nothing = new(iampolicy.Policy)

// everything is what the root user may do.
const everything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

// Policies are the compiled policies of a role, a user (with those of their groups) or a group, with its boundary, and where each
// comes from, or db.ErrNotFound. They are shared and must not be changed.
func (a *Authorizer) Policies(ctx context.Context, principalID string) (*iampolicy.Set, []Source, error) {
	e, err := a.entity(ctx, principalID)
	if err != nil {
		return nil, nil, err
	}
	if e.Principal == nil {
		return nil, nil, db.ErrNotFound
	}
	return &e.set, e.sources, nil
}

// entity finds a role, user or group with its policies. One that there is not has no Principal.
func (a *Authorizer) entity(ctx context.Context, principalID string) (*entity, error) {
	return a.entities.Get(ctx, principalID, func(tx *db.Tx) (*entity, error) {
		found, err := principal.ByID(tx, principalID)
		if errors.Is(err, db.ErrNotFound) {
			return &entity{}, nil
		}
		if err != nil {
			return nil, err
		}
		e := &entity{Principal: found}
		if err := e.load(tx); err != nil {
			return nil, fmt.Errorf("policies of %s %s: %w", found.Kind, found.Name, err)
		}
		return e, nil
	})
}

func (e *entity) load(tx *db.Tx) error {
	holders := []*principal.Principal{e.Principal}
	if e.Kind == principal.User {
		groups, err := principal.GroupsOf(tx, e.ID)
		if err != nil {
			return err
		}
		holders = append(holders, groups...)
	}
	for _, holder := range holders {
		sources, err := sourcesOf(tx, holder)
		if err != nil {
			return err
		}
		for _, one := range sources {
			e.set.Identity = append(e.set.Identity, one.Policy)
		}
		e.sources = append(e.sources, sources...)
	}
	boundary, err := policy.BoundaryOf(tx, e.ID)
	if err != nil || boundary == "" {
		return err
	}
	if e.set.Boundary, err = managed(tx, boundary); e.set.Boundary == nil && err == nil {
		e.set.Boundary = nothing
	}
	e.sources = append(e.sources, Source{Policy: e.set.Boundary, Holder: e.Principal, ARN: boundary, Boundary: true})
	return err
}

var inlineKinds = map[principal.Kind]iampolicy.Kind{
	principal.Role: iampolicy.InlineOfRole, principal.User: iampolicy.InlineOfUser, principal.Group: iampolicy.InlineOfGroup,
}

// sourcesOf compiles the inline and the attached policies of one role, user or group.
func sourcesOf(tx *db.Tx, p *principal.Principal) ([]Source, error) {
	var all []Source
	inline, err := policy.InlineOf(tx, p.ID)
	if err != nil {
		return nil, err
	}
	for _, i := range inline {
		compiled, err := iampolicy.Load(i.Document, inlineKinds[p.Kind])
		if err != nil {
			return nil, fmt.Errorf("inline policy %s: %w", i.Name, err)
		}
		all = append(all, Source{Policy: compiled, Holder: p, Inline: i.Name})
	}
	attached, err := policy.AttachedTo(tx, p.ID)
	if err != nil {
		return nil, err
	}
	for _, arn := range attached {
		compiled, err := managed(tx, arn)
		if err != nil {
			return nil, err
		}
		if compiled != nil {
			all = append(all, Source{Policy: compiled, Holder: p, ARN: arn})
		}
	}
	return all, nil
}

// managed compiles the version in force of a managed policy; nil if there is no such policy.
func managed(tx *db.Tx, arn string) (*iampolicy.Policy, error) {
	if known, ok := awsmanaged.Get(arn); ok {
		return known.Compiled, nil
	}
	found, err := policy.Get(tx, arn)
	if errors.Is(err, db.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("policy %s: %w", arn, err)
	}
	version, err := policy.GetVersion(tx, found.ID, found.Default)
	if err != nil {
		return nil, fmt.Errorf("policy %s: %w", arn, err)
	}
	return db.Memo(tx, fmt.Sprintf("policy %s %d", found.ID, version.Number), 1, func() (*iampolicy.Policy, error) {
		compiled, err := iampolicy.Load(version.Document, iampolicy.Managed)
		if err != nil {
			return nil, fmt.Errorf("policy %s: %w", arn, err)
		}
		return compiled, nil
	})
}

// policies is what holds for a principal that is not unlimited.
func (a *Authorizer) policies(ctx context.Context, p *Principal) (*iampolicy.Set, error) {
	set := iampolicy.Set{}
	if p.Entity == nil { // a federated user of the root user
		all, err := a.passed(ctx, everything, nil)
		if err != nil {
			return nil, err
		}
		set.Identity = all
	} else {
		e, err := a.entity(ctx, p.Entity.ID)
		if err != nil {
			return nil, err
		}
		set = e.set // empty if it was deleted meanwhile
	}
	if p.Session == nil {
		return &set, nil
	}
	var err error
	set.Session, err = a.narrowed(ctx, p.Session)
	return &set, err
}

// narrowed is what a session was narrowed by. A federated user without policies may do nothing.
func (a *Authorizer) narrowed(ctx context.Context, s *temporary.Session) ([][]*iampolicy.Policy, error) {
	var groups [][]*iampolicy.Policy
	if s.Policy != "" || len(s.PolicyARNs) > 0 || s.Kind == temporary.FederatedToken {
		passed, err := a.passed(ctx, s.Policy, s.PolicyARNs)
		if err != nil {
			return nil, err
		}
		groups = append(groups, passed)
	}
	if s.Guest {
		groups = append(groups, awsmanaged.Guests())
	}
	return groups, nil
}

// passed compiles session policies. One that is no more allows nothing.
func (a *Authorizer) passed(ctx context.Context, document string, arns []string) ([]*iampolicy.Policy, error) {
	key := strings.Join(append([]string{document}, arns...), "\n")
	return a.sessions.Get(ctx, key, func(tx *db.Tx) ([]*iampolicy.Policy, error) {
		var all []*iampolicy.Policy
		if document != "" {
			compiled, err := iampolicy.Load(document, iampolicy.SessionPolicy)
			if err != nil {
				return nil, fmt.Errorf("session policy: %w", err)
			}
			all = append(all, compiled)
		}
		for _, arn := range arns {
			compiled, err := managed(tx, arn)
			if err != nil {
				return nil, err
			}
			if compiled != nil {
				all = append(all, compiled)
			}
		}
		return all, nil
	})
}
