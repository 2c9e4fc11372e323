package identitypool

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cardea/engine/federated"
	"cardea/platform/db"
	"cardea/record/identity"
	"cardea/record/identitypool"
	"cardea/spec/cognitoidentity"
	"cardea/spec/id"
)

// maxLogins is how many logins an identity has at most.
const maxLogins = 20

// Faults of the operations that take logins.
var (
	errNoMatch    = cognitoidentity.NotAuthorized("Logins don't match. Please include at least one valid login for this identity or identity pool.")
	errConflict   = cognitoidentity.ResourceConflict("The logins belong to different identities, or the identity has another login of the same provider.")
	errManyLogins = cognitoidentity.ResourceConflict("An identity can have at most 20 logins.")
	errRegistered = cognitoidentity.DeveloperUserAlreadyRegistered("The developer user identifier is already registered with a different identity.")
)

// proof is what a request has shown of its sender: at least one login.
type proof struct {
	pool      id.IdentityPool
	named     id.Identity        // that the request names; empty: none
	tokens    []*federated.Token // verified, of providers that the pool has
	developer string             // the user at the pool's developer provider; empty: none
}

// link answers which identity somebody is who has shown logins, and links with it those that are not linked yet: with the one that
// has another of the logins, or else with the one that the request names, or else with a new one. A guest whom the request names,
// and who turns out to be somebody known, becomes disabled. If nothing changes, link only reads.
//
// It never makes one of two identities that have logins: that is a conflict.
func (s *Service) link(ctx context.Context, shown proof) (id.Identity, error) {
	var decided plan
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		decided, err = s.plan(tx, shown)
		return err
	})
	if err != nil || !decided.changes() {
		return decided.target, err
	}

	err = s.DB.Write(ctx, func(tx *db.Tx) (err error) {
		if decided, err = s.plan(tx, shown); err != nil {
			return err
		}
		return decided.carryOut(tx)
	})
	return decided.target, err
}

// plan is what is to become of somebody who has shown logins.
type plan struct {
	pool    id.IdentityPool
	target  id.Identity // who they are
	missing []*identity.Login
	dead    *identity.Identity // the guest who turned out to be the target; nil: none
}

func (p *plan) changes() bool { return len(p.missing) > 0 || p.dead != nil }

// plan decides as a transaction sees things.
func (s *Service) plan(tx *db.Tx, shown proof) (plan, error) {
	pool, err := getPool(tx, string(shown.pool))
	if err != nil {
		return plan{}, err
	}
	named, err := s.named(tx, shown)
	if err != nil {
		return plan{}, err
	}
	known, missing, err := shown.logins(tx, pool)
	if err != nil {
		return plan{}, err
	}

	decided, err := choose(named, known)
	if err != nil {
		return plan{}, err
	}
	decided.pool, decided.missing = pool.ID, missing
	if decided.target == "" {
		box, err := s.Ring.ServerBox(tx)
		if err != nil {
			return plan{}, fmt.Errorf("open the server's box: %w", err)
		}
		decided.target = memberID.newID(box, pool)
	}
	return decided, decided.check(tx)
}

// named is the identity that the request names, or nil.
func (s *Service) named(tx *db.Tx, shown proof) (*identity.Identity, error) {
	if shown.named == "" {
		return nil, nil
	}
	f, err := s.located(tx, string(shown.named))
	if err != nil {
		return nil, err
	}
	if f.pool.ID != shown.pool {
		return nil, noIdentity(string(shown.named))
	}
	return f.Identity, nil
}

func noIdentity(name string) error {
	return cognitoidentity.ResourceNotFound("Identity '" + name + "' not found.")
}

// logins are the logins of the proof: those that some identity has, and those that none has.
func (shown proof) logins(tx *db.Tx, pool *identitypool.Pool) (known, missing []*identity.Login, err error) {
	all := make([]*identity.Login, 0, len(shown.tokens)+1)
	for _, t := range shown.tokens {
		all = append(all, &identity.Login{Pool: pool.ID, Provider: t.Provider, Subject: t.Subject})
	}
	if shown.developer != "" {
		all = append(all, &identity.Login{Pool: pool.ID, Provider: pool.Doc.DeveloperProviderName, Subject: shown.developer, Developer: true})
	}
	for _, l := range all {
		found, err := identity.Find(tx, pool.ID, l.Provider, l.Subject)
		switch {
		case err == nil && found.Developer != l.Developer:
			return nil, nil, errConflict // of a provider that has the developer provider's name
		case err == nil:
			known = append(known, found)
		case !errors.Is(err, db.ErrNotFound):
			return nil, nil, fmt.Errorf("find login: %w", err)
		case !slices.ContainsFunc(missing, func(m *identity.Login) bool { return *m == *l }):
			missing = append(missing, l)
		}
	}
	return known, missing, nil
}

// choose decides who somebody is, from the identity that the request names, if it does, and the logins that are known. The target
// is empty for a new identity.
func choose(named *identity.Identity, known []*identity.Login) (plan, error) {
	owner := id.Identity("")
	several := false
	for _, l := range known {
		several = several || owner != "" && l.Identity != owner
		owner = l.Identity
	}
	if named == nil || named.Disabled {
		if several {
			return plan{}, errConflict
		}
		if named != nil && owner == "" {
			return plan{}, errNoMatch // nothing is linked with an id that is dead
		}
		return plan{target: owner}, nil
	}

	if i := slices.IndexFunc(known, func(l *identity.Login) bool { return l.Developer }); i >= 0 && known[i].Identity != named.ID {
		return plan{}, errRegistered
	}
	isNamed := func(l *identity.Login) bool { return l.Identity == named.ID }
	switch {
	case !named.Guest && !slices.ContainsFunc(known, isNamed):
		return plan{}, errNoMatch
	case several:
		return plan{}, errConflict
	case owner == "":
		return plan{target: named.ID}, nil
	case owner == named.ID:
		return plan{target: owner}, nil
	}
	return plan{target: owner, dead: named}, nil
}

// check answers the conflict of a login that the target cannot have besides those that it has.
func (p *plan) check(tx *db.Tx) error {
	if len(p.missing) == 0 {
		return nil
	}
	all, err := identity.Logins(tx, p.pool, p.target, p.target)
	if err != nil {
		return fmt.Errorf("list logins: %w", err)
	}
	for _, l := range p.missing {
		if slices.ContainsFunc(all, func(other *identity.Login) bool {
			return !l.Developer && other.Provider == l.Provider && !other.Developer
		}) {
			return errConflict
		}
		all = append(all, l)
	}
	if len(all) > maxLogins {
		return errManyLogins
	}
	return nil
}

func (p *plan) carryOut(tx *db.Tx) error {
	if p.dead != nil {
		p.dead.Disabled, p.dead.MergedInto = true, p.target
		if err := identity.Put(tx, p.dead); err != nil {
			return err
		}
	}
	if len(p.missing) == 0 {
		return nil
	}
	if err := identity.Put(tx, &identity.Identity{Pool: p.pool, ID: p.target}); err != nil {
		return err
	}
	for _, l := range p.missing {
		l.Identity = p.target
		err := identity.Link(tx, l)
		if errors.Is(err, db.ErrExists) {
			return errConflict
		}
		if err != nil {
			return err
		}
	}
	return nil
}
