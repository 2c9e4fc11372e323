package authorization

import (
	"context"
	"strings"
	"time"

	"cardea/engine/temporary"
	"cardea/platform/db"
	"cardea/record/accesskey"
	"cardea/record/cutoff"
	"cardea/record/datakey"
	"cardea/record/principal"
	"cardea/spec/arn"
	"cardea/spec/iampolicy"
)

// fresh is how long a node relies on what it has read of IAM. Its own changes hold at once.
const fresh = time.Second

// Bounds of the caches, in entries.
const (
	maxEntities = 10_000
	maxSessions = 2_000
	maxKeys     = 10_000
)

// Authorizer knows who signs requests and what policies let them do. Make one with New.
type Authorizer struct {
	DB      *db.DB
	Ring    *datakey.Ring
	Account arn.Account
	// Temporary opens session tokens.
	Temporary *temporary.Issuer

	entities db.Cache[*entity]             // roles, users and groups by id
	roles    db.Cache[*trusting]           // roles by name
	sessions db.Cache[[]*iampolicy.Policy] // the policies that sessions were narrowed by, by what they are

	longTermKeys db.Cache[*longTermKey] // by id
	cutoffs      db.Cache[time.Time]    // since when temporary credentials are good
}

// New makes an Authorizer of an account.
func New(store *db.DB, ring *datakey.Ring, account arn.Account) *Authorizer {
	return &Authorizer{
		DB: store, Ring: ring, Account: account, Temporary: &temporary.Issuer{DB: store, Ring: ring},
		entities: db.Cache[*entity]{DB: store, Table: principal.Table, Age: fresh, Max: maxEntities},
		roles:    db.Cache[*trusting]{DB: store, Table: principal.Table, Age: fresh, Max: maxEntities},
		sessions: db.Cache[[]*iampolicy.Policy]{DB: store, Table: principal.Table, Age: fresh, Max: maxSessions},

		longTermKeys: db.Cache[*longTermKey]{DB: store, Table: accesskey.Table, Age: fresh, Max: maxKeys},
		cutoffs:      db.Cache[time.Time]{DB: store, Table: cutoff.Table, Age: fresh, Max: 1},
	}
}

// Decide answers whether a principal may do what the request says. The request has the keys of the action and its resource;
// Decide adds those of the principal, the caller and the time, and drops any that the request claims of them.
func (a *Authorizer) Decide(ctx context.Context, p *Principal, r *iampolicy.Request) (iampolicy.Decision, error) {
	if p.unlimited() {
		return iampolicy.Decision{Allowed: true}, nil
	}
	set, err := a.policies(ctx, p)
	if err != nil {
		return iampolicy.Decision{}, err
	}
	return a.decide(ctx, p, set, r)
}

// decide answers a request by the policies given, with all keys.
func (a *Authorizer) decide(ctx context.Context, p *Principal, set *iampolicy.Set, r *iampolicy.Request) (iampolicy.Decision, error) {
	keys := a.keys(ctx, p, r.Keys)
	if set.UsesKey(tagKeys[0]) || set.UsesKey(tagKeys[1]) {
		if err := a.addResourceTags(ctx, r.Resource, keys); err != nil {
			return iampolicy.Decision{}, err
		}
	}
	return set.Decide(&iampolicy.Request{Action: r.Action, Resource: r.Resource, Keys: keys}), nil
}

// Weigh is Decide, and answers besides which condition keys policies ask for about this action and resource that the request does not
// have, in lower case: an operator such as ForAllValues:StringEquals holds without them.
func (a *Authorizer) Weigh(ctx context.Context, p *Principal, r *iampolicy.Request) (d iampolicy.Decision, missing []string, err error) {
	if p.unlimited() {
		return iampolicy.Decision{Allowed: true}, nil, nil
	}
	set, err := a.policies(ctx, p)
	if err != nil {
		return iampolicy.Decision{}, nil, err
	}
	e := set.Explain(&iampolicy.Request{Action: r.Action, Resource: r.Resource, Keys: a.keys(ctx, p, r.Keys)})
	for _, name := range e.Missing {
		missing = append(missing, strings.ToLower(name))
	}
	return e.Decision, missing, nil
}

// Authorize is Decide for those who refuse what is not allowed. Errors are *DeniedError.
func (a *Authorizer) Authorize(ctx context.Context, p *Principal, r *iampolicy.Request) error {
	decision, err := a.Decide(ctx, p, r)
	if err != nil || decision.Allowed {
		return err
	}
	return &DeniedError{Action: r.Action, Resource: r.Resource, Text: Denied(p, r.Action, r.Resource, decision)}
}
