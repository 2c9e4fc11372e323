package iamentity

import (
	"fmt"

	"cardea/record/principal"
	"cardea/spec/iampolicy"
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
	PolicySize         = Quota{"PolicySize", iampolicy.Managed.Limit()}
	TrustPolicySize    = Quota{"ACLSizePerRole", iampolicy.Trust.Limit()}
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
	if iampolicy.Length(document) > q.Most {
		return &QuotaError{q}
	}
	return nil
}

// QuotaError says that there are as many of something as there may be.
type QuotaError struct{ Quota Quota }

// Error is for logs.
func (e *QuotaError) Error() string {
	return fmt.Sprintf("quota %s of %d is used up", e.Quota.Name, e.Quota.Most)
}

// inlineKinds are the kinds of inline policies by those of their owners.
var inlineKinds = map[principal.Kind]iampolicy.Kind{
	principal.Role: iampolicy.InlineOfRole, principal.User: iampolicy.InlineOfUser, principal.Group: iampolicy.InlineOfGroup,
}

// Inline is the kind of the inline policies of a role, user or group.
func Inline(kind principal.Kind) iampolicy.Kind { return inlineKinds[kind] }

// InlineSize is how long the inline policies of a role, user or group may be together.
func InlineSize(kind principal.Kind) int { return Inline(kind).Limit() }

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
