package identitypool

import (
	"maps"
	"slices"
	"strings"

	"cardea/engine/federated"
	"cardea/record/identitypool"
	"cardea/spec/cognitoidentity"
)

// errRoles says that the pool's roles do not let anybody in.
var errRoles = cognitoidentity.InvalidIdentityPoolConfiguration("Invalid identity pool configuration. Check assigned IAM roles for this pool.")

// ambiguous is the fault where the rules of a provider do not say which role somebody gets, and the pool wants them refused then.
func ambiguous(provider string) error {
	return cognitoidentity.NotAuthorized("The ambiguous role mapping rules for: " + provider + " denied this request.")
}

// forbiddenRole is the fault for a role that somebody asks for and may not choose.
func forbiddenRole(role string) error {
	return cognitoidentity.NotAuthorized("Access to Role '" + role + "' is forbidden.")
}

// roles chooses the role of a session (docs/cognito/credentials.md, "Choice of the role"). Whether the role exists, and lets the
// identity in, is for its trust policy.
type roles struct {
	identitypool.Roles
	canonical func(provider string) string
}

// guest is the role of guests. They cannot choose.
func (r roles) guest(custom string) (string, error) {
	return r.fixed("unauthenticated", custom)
}

// authenticated is the role of somebody with these logins, and the login that it came from. Of several logins the first counts whose
// provider has a mapping.
func (r roles) authenticated(logins []*federated.Token, custom string) (role string, by *federated.Token, err error) {
	for _, t := range logins {
		if m, found := r.mapping(t); found {
			role, err = r.mapped(t, m, custom)
			return role, t, err
		}
	}
	role, err = r.fixed("authenticated", custom)
	return role, logins[0], err
}

// fixed is a role of Roles, which is the only one that can be asked for.
func (r roles) fixed(kind, custom string) (string, error) {
	role := r.Roles.Roles[kind]
	switch {
	case role == "":
		return "", errRoles
	case custom != "" && custom != role:
		return "", forbiddenRole(custom)
	}
	return role, nil
}

// mapping finds the mapping for a login. Its key may name a user pool by any of its names.
func (r roles) mapping(t *federated.Token) (cognitoidentity.RoleMapping, bool) {
	wanted := t.Mapping()
	if m, found := r.RoleMappings[wanted]; found {
		return m, true
	}
	for _, key := range slices.Sorted(maps.Keys(r.RoleMappings)) {
		if i := strings.LastIndexByte(key, ':'); i >= 0 && r.canonical(key[:i])+key[i:] == wanted {
			return r.RoleMappings[key], true
		}
	}
	return cognitoidentity.RoleMapping{}, false
}

// mapped is the role that a mapping gives.
func (r roles) mapped(t *federated.Token, m cognitoidentity.RoleMapping, custom string) (string, error) {
	offered, chosen := t.Roles, t.Preferred
	if m.Type == cognitoidentity.RoleMappingTypeRules {
		offered, chosen = matching(m.RulesConfiguration, t.Claims), ""
		if len(offered) > 0 {
			chosen = offered[0]
		}
	}
	switch {
	case custom != "" && !slices.Contains(offered, custom):
		return "", forbiddenRole(custom)
	case custom != "":
		return custom, nil
	case chosen != "":
		return chosen, nil
	}
	if distinct := slices.Compact(slices.Sorted(slices.Values(offered))); len(distinct) == 1 {
		return distinct[0], nil
	}
	if m.AmbiguousRoleResolution == cognitoidentity.AmbiguousRoleResolutionTypeAuthenticatedRole {
		return r.fixed("authenticated", "")
	}
	return "", ambiguous(t.Mapping())
}

// matching are the roles of the rules that claims match, in the order of the rules.
func matching(rules *cognitoidentity.RulesConfigurationType, claims map[string][]string) (list []string) {
	if rules == nil {
		return nil
	}
	for _, rule := range rules.Rules {
		if values := claims[rule.Claim]; len(values) > 0 && matches(rule, values) {
			list = append(list, rule.RoleARN)
		}
	}
	return list
}

// matches decides whether a claim that is there matches a rule. A claim of several values contains what one of them contains; to the
// other kinds of rules it is their list.
func matches(rule cognitoidentity.MappingRule, values []string) bool {
	whole := strings.Join(values, ",")
	switch rule.MatchType {
	case cognitoidentity.MappingRuleMatchTypeEquals:
		return whole == rule.Value
	case cognitoidentity.MappingRuleMatchTypeNotEqual:
		return whole != rule.Value
	case cognitoidentity.MappingRuleMatchTypeStartsWith:
		return strings.HasPrefix(whole, rule.Value)
	case cognitoidentity.MappingRuleMatchTypeContains:
		return slices.ContainsFunc(values, func(value string) bool { return strings.Contains(value, rule.Value) })
	}
	return false
}
