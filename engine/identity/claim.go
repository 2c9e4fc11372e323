package identity

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// claimed is an identity as ID tokens have it: in strings (docs/cognito/tokens.md, "ID token").
type claimed struct {
	UserID       string  `json:"userId"`
	ProviderName string  `json:"providerName"`
	ProviderType string  `json:"providerType"`
	Issuer       *string `json:"issuer"`
	Primary      string  `json:"primary"`
	DateCreated  string  `json:"dateCreated"`
}

// Claim is the claim of ID tokens that says what a value of the attribute says.
func Claim(attribute string) (json.RawMessage, error) {
	var list []Shown
	if err := json.Unmarshal([]byte(attribute), &list); err != nil {
		return nil, fmt.Errorf("decode identities: %w", err)
	}
	claim := make([]claimed, len(list))
	for n, i := range list {
		claim[n] = claimed{
			UserID: i.UserID, ProviderName: i.ProviderName, ProviderType: i.ProviderType, Issuer: i.Issuer,
			Primary: strconv.FormatBool(i.Primary), DateCreated: strconv.FormatInt(i.DateCreated, 10),
		}
	}
	return json.Marshal(claim)
}
