package federation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cardea/engine/hosted"
	"cardea/platform/db"
	"cardea/record/provider"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// Bounds of what a node remembers of pools' providers.
const (
	remembered = 5 * time.Second // how long it relies on what another node may have changed
	maxPools   = 1_000
	maxOffers  = 1_000 // of a pool
)

// Offer is an identity provider that the users of an app may sign in with.
type Offer struct {
	Name    string
	Type    string   // an IdentityProviderTypeType
	Domains []string // of e-mail addresses whose owners sign in there: its identifiers that have the form of one, in lower case
}

// Offers are the identity providers of pools, as the sign-in page offers them. What a node has read of a pool it remembers, so that a
// page costs no query.
type Offers struct {
	known *db.Cache[[]Offer] // by pool
}

// NewOffers makes the Offers of a database.
func NewOffers(d *db.DB) *Offers {
	return &Offers{&db.Cache[[]Offer]{DB: d, Table: provider.Table, Age: remembered, Max: maxPools}}
}

// Of are the providers that a request leaves to its user, in the order in which the app client lists them.
func (o *Offers) Of(ctx context.Context, r *hosted.Request) (list []Offer, err error) {
	if !r.Federated() {
		return nil, nil
	}
	all, err := o.known.Get(ctx, string(r.Pool.ID), func(tx *db.Tx) ([]Offer, error) { return read(tx, r.Pool.ID) })
	if err != nil {
		return nil, fmt.Errorf("list identity providers: %w", err)
	}
	for _, name := range r.Client.Doc.SupportedIdentityProviders {
		i := slices.IndexFunc(all, func(one Offer) bool { return one.Name == name })
		if i >= 0 && r.Serves(name) {
			list = append(list, all[i])
		}
	}
	return list, nil
}

func read(tx *db.Tx, pool id.Pool) ([]Offer, error) {
	all, err := provider.List(tx, pool, "", maxOffers)
	if err != nil {
		return nil, err
	}
	list := make([]Offer, 0, len(all))
	for _, p := range all {
		one := Offer{Name: p.Name, Type: p.Doc.ProviderType}
		for _, identifier := range p.Doc.IdpIdentifiers {
			if isDomain(identifier) {
				one.Domains = append(one.Domains, strings.ToLower(identifier))
			}
		}
		list = append(list, one)
	}
	return list, nil
}

// isDomain tells whether an identifier has the form of a domain name.
func isDomain(identifier string) bool {
	return !strings.ContainsAny(identifier, "@ +=_\t\n") && strings.Contains(strings.Trim(identifier, "."), ".")
}

// ByDomain finds the provider at which the owner of an e-mail address signs in; empty: there is none. It looks at nothing of the
// address but its domain.
func ByDomain(list []Offer, address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return ""
	}
	domain := strings.ToLower(strings.TrimSpace(address[at+1:]))
	for _, one := range list {
		if slices.Contains(one.Domains, domain) {
			return one.Name
		}
	}
	return ""
}

// Searched tells whether the providers of a type are found by the domain of an e-mail address alone: all of SAML, where each has one
// (docs/cognito/federation.md, "Sign-in").
func Searched(list []Offer, kind string) bool {
	const saml = cognitoidp.IdentityProviderTypeTypeSaml
	return kind == saml && !slices.ContainsFunc(list, func(one Offer) bool { return one.Type == saml && len(one.Domains) == 0 })
}
