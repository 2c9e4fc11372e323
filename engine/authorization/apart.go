package authorization

import (
	"context"

	"cardea/spec/iampolicy"
)

// Apart is what holds for a principal in two parts, for those who put them together with policies of resources: such a policy may allow
// what no policy of the principal does, but nothing that a session was narrowed by forbids.
type Apart struct {
	// Narrowed reports whether the principal is a session that policies were passed to.
	Narrowed bool

	unlimited    bool
	own, session iampolicy.Set
	keys         iampolicy.Keys
}

// Apart is what holds for a principal in requests with these keys; see Decide.
func (a *Authorizer) Apart(ctx context.Context, p *Principal, given iampolicy.Keys) (*Apart, error) {
	if p.unlimited() {
		return &Apart{unlimited: true}, nil
	}
	set, err := a.policies(ctx, p)
	if err != nil {
		return nil, err
	}
	all, err := a.passed(ctx, everything, nil)
	if err != nil {
		return nil, err
	}
	return &Apart{
		Narrowed: len(set.Session) > 0,
		own:      iampolicy.Set{Identity: set.Identity, Boundary: set.Boundary},
		session:  iampolicy.Set{Identity: all, Session: set.Session},
		keys:     a.keys(ctx, p, given),
	}, nil
}

// Decide answers one action on one resource by the principal's policies with their boundary, and by those that the session was narrowed
// by. An object is decided under all its names, see Objects.
func (a *Apart) Decide(action, resource string) (own, session iampolicy.Decision) {
	own.Allowed, session.Allowed = true, true
	if a.unlimited {
		return own, session
	}
	for _, name := range Objects(resource) {
		r := &iampolicy.Request{Action: action, Resource: name, Keys: a.keys}
		own, session = stricter(own, a.own.Decide(r)), stricter(session, a.session.Decide(r))
	}
	return own, session
}

// stricter is the one of two decisions that allows less.
func stricter(a, b iampolicy.Decision) iampolicy.Decision {
	if a.Allowed || !b.Allowed && b.Explicit {
		return b
	}
	return a
}
