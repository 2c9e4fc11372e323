package identitypool

import (
	"context"
	"slices"
	"strings"

	"cardea/record/identitypool"
	"cardea/spec/cognitoidentity"
)

// maxRules is how many rules a role mapping has at most.
const maxRules = 25

// SetIdentityPoolRoles replaces the roles and the role mappings of a pool. Roles need not exist: whoever would get one that does
// not is refused then.
func (s *Service) SetIdentityPoolRoles(ctx context.Context, in *cognitoidentity.SetIdentityPoolRolesInput) error {
	roles := identitypool.Roles{Roles: in.Roles, RoleMappings: in.RoleMappings}
	for _, name := range rolesOf(roles) {
		if err := s.checkRole(name); err != nil {
			return err
		}
	}
	_, err := s.change(ctx, in.IdentityPoolId, func(pool *identitypool.Pool) error {
		for provider, mapping := range in.RoleMappings {
			if !s.configured(&pool.Doc, provider) {
				return cognitoidentity.InvalidParameter(
					"(" + provider + ") is not a valid RoleMapping ProviderName or is not a configured provider.")
			}
			if err := checkMapping(provider, mapping); err != nil {
				return err
			}
		}
		pool.Roles = roles
		return nil
	})
	return err
}

// GetIdentityPoolRoles shows the roles and the role mappings of a pool.
func (s *Service) GetIdentityPoolRoles(ctx context.Context, in *cognitoidentity.GetIdentityPoolRolesInput) (*cognitoidentity.GetIdentityPoolRolesResponse, error) {
	pool, err := s.readPool(ctx, in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	return &cognitoidentity.GetIdentityPoolRolesResponse{
		IdentityPoolId: in.IdentityPoolId, Roles: pool.Roles.Roles, RoleMappings: pool.Roles.RoleMappings,
	}, nil
}

// rolesOf are the ARNs of all roles that settings name.
func rolesOf(r identitypool.Roles) (list []string) {
	for _, role := range r.Roles {
		list = append(list, role)
	}
	for _, mapping := range r.RoleMappings {
		if mapping.RulesConfiguration == nil {
			continue
		}
		for _, rule := range mapping.RulesConfiguration.Rules {
			list = append(list, rule.RoleARN)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// checkRole checks that a text is the ARN of a role that the pool may be given: of this account, unless ForeignRoles says
// otherwise.
func (s *Service) checkRole(role string) error {
	account, ok := iamResource(role, "role/")
	if !ok {
		return cognitoidentity.InvalidParameter("Invalid role ARN: " + role)
	}
	if account != s.Account && !s.ForeignRoles {
		return cognitoidentity.NotAuthorized("Access to Role '" + role + "' is forbidden.")
	}
	return nil
}

// configured tells whether a key of RoleMappings names a provider of the pool: a user pool with one of its clients, a provider that
// users sign in with by its name, or a provider of IAM by its ARN.
func (s *Service) configured(d *cognitoidentity.IdentityPool, key string) bool {
	if slices.Contains(d.OpenIdConnectProviderARNs, key) || slices.Contains(d.SamlProviderARNs, key) {
		return true
	}
	if _, found := d.SupportedLoginProviders[key]; found {
		return true
	}
	i := strings.LastIndexByte(key, ':')
	if i < 0 || strings.Contains(key, "://") {
		return false
	}
	name, client := s.Logins.Canonical(key[:i]), key[i+1:]
	return slices.ContainsFunc(d.CognitoIdentityProviders, func(p cognitoidentity.CognitoIdentityProvider) bool {
		return p.ClientId == client && s.Logins.Canonical(p.ProviderName) == name
	})
}

// checkMapping checks the role mapping of a provider.
func checkMapping(provider string, m cognitoidentity.RoleMapping) error {
	rules := m.RulesConfiguration
	switch {
	case m.AmbiguousRoleResolution == "":
		return cognitoidentity.InvalidParameter("AmbiguousRoleResolution is required for the RoleMapping of " + provider + ".")
	case m.Type == cognitoidentity.RoleMappingTypeRules && rules == nil:
		return cognitoidentity.InvalidParameter("RulesConfiguration is required for the RoleMapping of " + provider + ".")
	case m.Type == cognitoidentity.RoleMappingTypeToken && rules != nil:
		return cognitoidentity.InvalidParameter("RulesConfiguration cannot be given for the RoleMapping of " + provider + ", whose Type is Token.")
	case rules != nil && len(rules.Rules) > maxRules:
		return cognitoidentity.InvalidParameter("The number of rules in the request exceeded 25.")
	}
	return nil
}
