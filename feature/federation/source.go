package federation

import (
	"fmt"
	"slices"

	"cardea/engine/account"
	"cardea/engine/identity"
	"cardea/platform/db"
	"cardea/record/linkedidentity"
	"cardea/record/pool"
	"cardea/record/provider"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/userfilter"
)

// readSource gives the identity that is to be linked.
func readSource(tx *db.Tx, p *pool.Pool, named *cognitoidp.ProviderUserIdentifierType) (i linkedidentity.Identity, err error) {
	if named.ProviderName == "" || named.ProviderAttributeName == "" || named.ProviderAttributeValue == "" {
		return i, cognitoidp.InvalidParameter("Invalid SourceUser: ProviderName, ProviderAttributeName and ProviderAttributeValue are required")
	}
	if named.ProviderName == own {
		return i, cognitoidp.InvalidParameter("Invalid SourceUser: Cognito users with a username/password may not be passed in as a SourceUser, only as a DestinationUser")
	}
	idp, err := provider.Get(tx, p.ID, named.ProviderName)
	if err != nil {
		return i, found(err, named.ProviderName)
	}
	if err := checkAttribute(p, idp, named.ProviderAttributeName); err != nil {
		return i, err
	}
	i.Key = identity.KeyOf(p, idp.Name, named.ProviderAttributeName, named.ProviderAttributeValue)
	i.Type = idp.Doc.ProviderType
	return i, nil
}

// checkAttribute refuses attributes that do not name an identity at a provider.
func checkAttribute(p *pool.Pool, idp *provider.Provider, name string) error {
	if name == linkedidentity.Subject {
		return nil
	}
	if t := idp.Doc.ProviderType; t != cognitoidp.IdentityProviderTypeTypeOidc && t != cognitoidp.IdentityProviderTypeTypeSaml {
		return cognitoidp.InvalidParameter("Invalid SourceUser: ProviderAttributeName must be " + linkedidentity.Subject + " for " + t)
	}
	_, known := p.Attribute(name)
	if !known || idp.Doc.AttributeMapping[name] == "" || !identity.Links(name) {
		return cognitoidp.InvalidParameter("Invalid SourceUser: ProviderAttributeName must be " + linkedidentity.Subject +
			" or an attribute that the identity provider's attribute mapping has")
	}
	return nil
}

// searched bounds how many users with the value of an attribute are looked at.
const searched = 60

// checkSource refuses to link somebody by an attribute who has signed in already: they are known by their subject.
func checkSource(tx *db.Tx, p *pool.Pool, u *user.User, k linkedidentity.Key) error {
	if k.Attribute == linkedidentity.Subject {
		return nil
	}
	page, _, err := account.Search(tx, p, userfilter.Filter{Attribute: k.Attribute, Value: k.Value}, "", searched)
	if err != nil {
		return fmt.Errorf("search users: %w", err)
	}
	for _, other := range page {
		if identity.KeyOf(p, k.Provider, k.Attribute, other.Attributes[k.Attribute]) != k {
			continue
		}
		owned, err := linkedidentity.OfUser(tx, p.ID, other.Sub)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(owned, func(i *linkedidentity.Identity) bool {
			return i.Provider == k.Provider && i.Attribute == linkedidentity.Subject
		})
		if at >= 0 {
			return merging(u, &identity.LinkedError{Sub: other.Sub, Primary: owned[at].Primary})
		}
	}
	return nil
}
