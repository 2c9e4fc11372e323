package iam

import (
	"context"
	"errors"

	"cardea/engine/authorization"
	"cardea/engine/iamentity"
	"cardea/engine/temporary"
	"cardea/platform/db"
	"cardea/platform/page"
	"cardea/record/datakey"
	"cardea/record/principal"
	"cardea/spec/arn"
	"cardea/spec/awsjson"
	"cardea/spec/iam"
)

// Service answers the operations.
type Service struct {
	DB      *db.DB
	Ring    *datakey.Ring
	Pages   *page.Codec
	Account arn.Account
	// PlainHTTP lets OIDC providers have addresses that begin with http.
	PlainHTTP bool
}

var _ iam.Iam = (*Service)(nil)

// insert adds a role, user or group, as long as its quota has room.
func insert(tx *db.Tx, p *principal.Principal, quota iamentity.Quota) error {
	have, err := principal.Count(tx, p.Kind)
	if err != nil {
		return err
	}
	if err := quota.Check(have); err != nil {
		return err
	}
	return exists(principal.Insert(tx, p), p)
}

// rename gives a user or group another name, path or both; an empty one stays as it is.
func rename(tx *db.Tx, p *principal.Principal, name, path string) error {
	if name != "" {
		p.Name = name
	}
	if path != "" {
		p.Path = path
	}
	return exists(principal.Update(tx, p), p)
}

// exists makes db.ErrExists the condition for a principal whose name is taken.
func exists(err error, p *principal.Principal) error {
	if errors.Is(err, db.ErrExists) {
		return &iamentity.ExistsError{Kind: string(p.Kind), Name: p.Name}
	}
	return err
}

// change reads a role, user or group, lets do change it, and writes it.
func (s *Service) change(ctx context.Context, kind principal.Kind, name string, do func(p *principal.Principal) error) (p *principal.Principal, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) (err error) {
		if p, err = iamentity.Find(tx, kind, name); err != nil {
			return err
		}
		if err := do(p); err != nil {
			return err
		}
		return principal.Update(tx, p)
	})
	return p, err
}

// pageOf reads a page of the roles, users or groups under a path.
func (s *Service) pageOf(ctx context.Context, kind principal.Kind, prefix string, q iamentity.Query) (list []*principal.Principal, next string, err error) {
	q.Binding += "/" + prefix
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		read := func(after string, limit int) ([]*principal.Principal, error) {
			return principal.List(tx, kind, prefix, after, limit)
		}
		list, next, err = iamentity.Page(s.Pages, q, read, nameOf)
		return err
	})
	return list, next, err
}

// nameOf is a principal's place in lists.
func nameOf(p *principal.Principal) string { return p.Name }

// describe makes what answers say of each entry of a list.
func describe[T, D any](list []T, one func(T) D) []D {
	out := make([]D, len(list))
	for i, entry := range list {
		out[i] = one(entry)
	}
	return out
}

// boundaryOf is how answers show a permissions boundary; nil for none.
func boundaryOf(policyARN string) *iam.AttachedPermissionsBoundary {
	if policyARN == "" {
		return nil
	}
	return &iam.AttachedPermissionsBoundary{PermissionsBoundaryType: "Policy", PermissionsBoundaryArn: policyARN}
}

// owner is whose a request is about that may leave out the user's name: a user, or the root user, who has no name.
type owner struct {
	id, name string // of the user; empty for the root user
}

// ownerOf finds the user that a request names, or else the one who signed it.
func ownerOf(ctx context.Context, tx *db.Tx, name string) (owner, *principal.Principal, error) {
	if name != "" {
		user, err := iamentity.Find(tx, principal.User, name)
		if err != nil {
			return owner{}, nil, err
		}
		return owner{user.ID, user.Name}, user, nil
	}
	caller := authorization.From(ctx)
	if root(caller) {
		return owner{}, nil, nil
	}
	if caller.Session != nil && caller.Session.Kind != temporary.SessionToken {
		return owner{}, nil, &awsjson.Problem{
			Kind: awsjson.ErrConstraint, Text: "Must specify userName when calling with non-User credentials",
		}
	}
	user, err := principal.ByID(tx, caller.Entity.ID)
	if errors.Is(err, db.ErrNotFound) {
		return owner{}, nil, &iamentity.UnknownError{Kind: "user", Name: caller.Entity.Name}
	}
	if err != nil {
		return owner{}, nil, err
	}
	return owner{user.ID, user.Name}, user, nil
}

// root reports whether the root user has signed a request, with a root key or with credentials from GetSessionToken. A request of
// which nothing is known comes to a server that checks no signatures.
func root(caller *authorization.Principal) bool {
	return caller == nil || caller.Root() || caller.Entity == nil && caller.Session.Kind == temporary.SessionToken
}
