package identity

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"cardea/platform/db"
	"cardea/record/linkedidentity"
	"cardea/record/user"
)

// Attribute is the attribute that says who a user is at which provider.
const Attribute = "identities"

// Shown is an identity as the attribute has it, in a list in JSON.
type Shown struct {
	UserID       string  `json:"userId"`
	ProviderName string  `json:"providerName"`
	ProviderType string  `json:"providerType"`
	Issuer       *string `json:"issuer"` // nil: the provider has none
	Primary      bool    `json:"primary"`
	DateCreated  int64   `json:"dateCreated"` // in Unix milliseconds
}

// show writes the attribute of a user who has these identities: first the one that they have come with, then the oldest.
func show(u *user.User, own []*linkedidentity.Identity) error {
	if len(own) == 0 {
		delete(u.Attributes, Attribute)
		return nil
	}
	slices.SortStableFunc(own, func(a, b *linkedidentity.Identity) int {
		if a.Primary != b.Primary {
			return map[bool]int{true: -1, false: 1}[a.Primary]
		}
		return cmp.Compare(db.Millis(a.Created), db.Millis(b.Created))
	})
	list := make([]Shown, len(own))
	for n, i := range own {
		list[n] = Shown{
			UserID: i.Value, ProviderName: i.Provider, ProviderType: i.Type, Primary: i.Primary, DateCreated: db.Millis(i.Created),
		}
		if i.Issuer != "" {
			list[n].Issuer = &own[n].Issuer
		}
	}
	text, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("encode identities: %w", err)
	}
	u.Attributes[Attribute] = string(text)
	return nil
}
