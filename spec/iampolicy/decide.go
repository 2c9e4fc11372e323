package iampolicy

import (
	"slices"
	"strings"
)

// Decide answers a request by all policies of the principal. A statement that denies decides, wherever it stands; otherwise the
// policies of every layer that there is must allow the request.
func (s *Set) Decide(r *Request) Decision {
	q := newQuery(r)
	if layer, denied := s.denies(q); denied {
		return Decision{Explicit: true, Layer: layer}
	}

	if !allows(s.Identity, q) {
		return Decision{Layer: IdentityLayer}
	}
	if s.Boundary != nil && s.Boundary.allow.first(q) == nil {
		return Decision{Layer: BoundaryLayer}
	}
	for _, group := range s.Session {
		if !allows(group, q) {
			return Decision{Layer: SessionLayer}
		}
	}
	return Decision{Allowed: true}
}

// denies finds the first layer with a statement that denies the request.
func (s *Set) denies(q query) (Layer, bool) {
	if denies(s.Identity, q) {
		return IdentityLayer, true
	}
	if s.Boundary != nil && s.Boundary.deny.first(q) != nil {
		return BoundaryLayer, true
	}
	for _, group := range s.Session {
		if denies(group, q) {
			return SessionLayer, true
		}
	}
	return 0, false
}

func denies(policies []*Policy, q query) bool {
	for _, p := range policies {
		if p.deny.first(q) != nil {
			return true
		}
	}
	return false
}

func allows(policies []*Policy, q query) bool {
	for _, p := range policies {
		if p.allow.first(q) != nil {
			return true
		}
	}
	return false
}

// Policies are all policies of the set, each as often as it stands there.
func (s *Set) Policies() []*Policy {
	all := slices.Clone(s.Identity)
	if s.Boundary != nil {
		all = append(all, s.Boundary)
	}
	return append(all, slices.Concat(s.Session...)...)
}

// Explain decides as Decide does, and says by which statements and without which keys.
func (s *Set) Explain(r *Request) Explanation {
	q := newQuery(r)
	e := Explanation{Decision: s.Decide(r)}
	e.Boundary = s.Boundary != nil && s.Boundary.allow.first(q) != nil && s.Boundary.deny.first(q) == nil
	for _, p := range s.Policies() {
		e.explain(p, q)
	}
	return e
}

// explain adds what a policy has to do with the decision.
func (e *Explanation) explain(p *Policy, q query) {
	for _, s := range p.statements {
		if !s.names(q.Action) {
			continue
		}
		e.miss(q, s.variables)
		if !s.concernsResource(q) {
			continue
		}
		for i := range s.conditions {
			e.miss(q, []string{s.conditions[i].name})
			e.miss(q, s.conditions[i].variables)
		}
		if (e.Allowed && s.allow || e.Explicit && !s.allow) && s.concerns(q) {
			e.Matched = append(e.Matched, Match{Policy: p, Statement: s.number})
		}
	}
}

// miss notes those of the keys that the request does not have.
func (e *Explanation) miss(q query, names []string) {
	for _, name := range names {
		known := slices.ContainsFunc(e.Missing, func(one string) bool { return strings.EqualFold(one, name) })
		if len(q.Keys[strings.ToLower(name)]) == 0 && !known {
			e.Missing = append(e.Missing, name)
		}
	}
}

// Admits answers whether a trust policy lets somebody do r.Action, such as "sts:AssumeRoleWithWebIdentity"; r.Resource does not
// matter. named reports whether a statement that allows it names the caller alone, so that no policy of theirs must allow it,
// too.
func (p *Policy) Admits(r *Request, who *Who) (d Decision, named bool) {
	q := newQuery(r)
	d = Decision{Layer: TrustLayer}
	for _, s := range p.statements {
		admitted, alone := s.principal.admits(who, s.allow)
		if !admitted || s.opensPools && who.Federated == identityPools || !s.names(q.Action) || !s.concerns(q) {
			continue
		}
		if !s.allow {
			return Decision{Explicit: true, Layer: TrustLayer}, false
		}
		d.Allowed, named = true, named || alone
	}
	return d, named
}
