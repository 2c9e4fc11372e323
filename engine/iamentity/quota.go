package iamentity

import (
	"fmt"
	"unicode"

	"cardea/record/principal"
)

// Quota is a bound on how many there may be of something, under IAM's name for it.
type Quota struct {
	Name string
	Most int
}

// The quotas. Sizes are in characters, white space not counted.
var (
	Roles              = Quota{"RolesPerAccount", 1000}
	Users              = Quota{"UsersPerAccount", 5000}
	Groups             = Quota{"GroupsPerAccount", 300}
	Policies           = Quota{"PoliciesPerAccount", 1500}
	OIDCProviders      = Quota{"OpenIdConnectProvidersPerAccount", 100}
	SAMLProviders      = Quota{"SAMLProvidersPerAccount", 100}
	GroupsPerUser      = Quota{"GroupsPerUser", 10}
	AccessKeysPerUser  = Quota{"AccessKeysPerUser", 2}
	VersionsPerPolicy  = Quota{"VersionsPerPolicy", 5}
	PolicySize         = Quota{"PolicySize", 6144}
	TrustPolicySize    = Quota{"ACLSizePerRole", 2048}
	attachedToAnEntity = map[principal.Kind]Quota{
		principal.Role:  {"PoliciesPerRole", 10},
		principal.User:  {"PoliciesPerUser", 10},
		principal.Group: {"PoliciesPerGroup", 10},
	}
)

// Attached is how many managed policies a role, user or group may have.
func Attached(kind principal.Kind) Quota { return attachedToAnEntity[kind] }

// Check answers a *QuotaError if one more would be too many.
func (q Quota) Check(have int) error {
	if have >= q.Most {
		return &QuotaError{q}
	}
	return nil
}

// CheckSize answers a *QuotaError if a policy is too long.
func (q Quota) CheckSize(document string) error {
	if Size(document) > q.Most {
		return &QuotaError{q}
	}
	return nil
}

// Size is how long a policy is as quotas count it: white space does not count.
func Size(document string) (size int) {
	for _, r := range document {
		if !unicode.IsSpace(r) {
			size++
		}
	}
	return size
}

// QuotaError says that there are as many of something as there may be.
type QuotaError struct{ Quota Quota }

// Error is for logs.
func (e *QuotaError) Error() string {
	return fmt.Sprintf("quota %s of %d is used up", e.Quota.Name, e.Quota.Most)
}

// InlineSize is how long the inline policies of a role, user or group may be together.
func InlineSize(kind principal.Kind) int { return inlineSizes[kind] }

var inlineSizes = map[principal.Kind]int{principal.User: 2048, principal.Group: 5120, principal.Role: 10240}

// InlineSizeError says that the inline policies of an entity would be too long.
type InlineSizeError struct {
	Kind string // "role", "user" or "group"
	Name string
	Most int
}

// Error is for logs.
func (e *InlineSizeError) Error() string {
	return fmt.Sprintf("inline policies of %s %s would be longer than %d", e.Kind, e.Name, e.Most)
}
