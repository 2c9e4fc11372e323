package identitypool

import (
	"testing"

	"cardea/engine/federated"
	"cardea/record/identitypool"
	"cardea/spec/cognitoidentity"
)

const (
	poolName = "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC123xyz"
	key      = poolName + ":client1"
	roleARN  = "arn:aws:iam::123456789012:role/"
)

// rule is "claim match value → role".
func rule(claim, match, value, role string) cognitoidentity.MappingRule {
	return cognitoidentity.MappingRule{Claim: claim, MatchType: match, Value: value, RoleARN: roleARN + role}
}

func TestChoiceOfTheRole(t *testing.T) {
	t.Parallel()
	const (
		denied   = "NotAuthorizedException: The ambiguous role mapping rules for: " + key + " denied this request."
		nobodys  = "NotAuthorizedException: Access to Role '" + roleARN + "Other' is forbidden."
		noRoles  = "InvalidIdentityPoolConfigurationException: Invalid identity pool configuration. Check assigned IAM roles for this pool."
		token    = cognitoidentity.RoleMappingTypeToken
		ruled    = cognitoidentity.RoleMappingTypeRules
		fallBack = cognitoidentity.AmbiguousRoleResolutionTypeAuthenticatedRole
		deny     = cognitoidentity.AmbiguousRoleResolutionTypeDeny
	)
	a, b := roleARN+"A", roleARN+"B"
	tiers := []cognitoidentity.MappingRule{
		rule("custom:tier", "Equals", "gold", "Gold"), rule("custom:tier", "StartsWith", "g", "Any"), rule("cognito:groups", "Contains", "admin", "Admin"),
		rule("custom:tier", "NotEqual", "none", "Some"),
	}
	for name, c := range map[string]struct {
		mapping   *cognitoidentity.RoleMapping
		roles     []string
		preferred string
		claims    map[string][]string
		custom    string
		want      string
	}{
		"no mapping":                               {nil, []string{a}, a, nil, "", "Default"},
		"no mapping, the default asked for":        {nil, nil, "", nil, roleARN + "Default", "Default"},
		"no mapping, another asked for":            {nil, []string{roleARN + "Other"}, roleARN + "Other", nil, roleARN + "Other", nobodys},
		"token, preferred":                         {&cognitoidentity.RoleMapping{Type: token, AmbiguousRoleResolution: deny}, []string{a, b}, b, nil, "", "B"},
		"token, one role":                          {&cognitoidentity.RoleMapping{Type: token, AmbiguousRoleResolution: deny}, []string{a}, "", nil, "", "A"},
		"token, one role twice":                    {&cognitoidentity.RoleMapping{Type: token, AmbiguousRoleResolution: deny}, []string{a, a}, "", nil, "", "A"},
		"token, several roles":                     {&cognitoidentity.RoleMapping{Type: token, AmbiguousRoleResolution: deny}, []string{a, b}, "", nil, "", denied},
		"token, several roles, default":            {&cognitoidentity.RoleMapping{Type: token, AmbiguousRoleResolution: fallBack}, []string{a, b}, "", nil, "", "Default"},
		"token, no role":                           {&cognitoidentity.RoleMapping{Type: token, AmbiguousRoleResolution: deny}, nil, "", nil, "", denied},
		"token, no role, default":                  {&cognitoidentity.RoleMapping{Type: token, AmbiguousRoleResolution: fallBack}, nil, "", nil, "", "Default"},
		"token, chosen":                            {&cognitoidentity.RoleMapping{Type: token, AmbiguousRoleResolution: deny}, []string{a, b}, b, nil, a, "A"},
		"token, chosen another's":                  {&cognitoidentity.RoleMapping{Type: token, AmbiguousRoleResolution: fallBack}, []string{a, b}, b, nil, roleARN + "Other", nobodys},
		"token, the default is not offered":        {&cognitoidentity.RoleMapping{Type: token, AmbiguousRoleResolution: fallBack}, []string{roleARN + "Other"}, "", nil, roleARN + "Default", "NotAuthorizedException: Access to Role '" + roleARN + "Default' is forbidden."},
		"rules, the first":                         {&cognitoidentity.RoleMapping{Type: ruled, AmbiguousRoleResolution: deny}, nil, "", map[string][]string{"custom:tier": {"gold"}}, "", "Gold"},
		"rules, the second":                        {&cognitoidentity.RoleMapping{Type: ruled, AmbiguousRoleResolution: deny}, nil, "", map[string][]string{"custom:tier": {"green"}}, "", "Any"},
		"rules, one of a list":                     {&cognitoidentity.RoleMapping{Type: ruled, AmbiguousRoleResolution: deny}, nil, "", map[string][]string{"cognito:groups": {"users", "admin"}}, "", "Admin"},
		"rules, not across a list":                 {&cognitoidentity.RoleMapping{Type: ruled, AmbiguousRoleResolution: deny}, nil, "", map[string][]string{"cognito:groups": {"ad", "min"}}, "", denied},
		"rules, a list is not its element":         {&cognitoidentity.RoleMapping{Type: ruled, AmbiguousRoleResolution: deny}, nil, "", map[string][]string{"custom:tier": {"x", "gold"}}, "", "Some"},
		"rules, another value":                     {&cognitoidentity.RoleMapping{Type: ruled, AmbiguousRoleResolution: deny}, nil, "", map[string][]string{"custom:tier": {"tin"}}, "", "Some"},
		"rules, an absent claim is not unequal":    {&cognitoidentity.RoleMapping{Type: ruled, AmbiguousRoleResolution: deny}, nil, "", map[string][]string{"sub": {"x"}}, "", denied},
		"rules, none, default":                     {&cognitoidentity.RoleMapping{Type: ruled, AmbiguousRoleResolution: fallBack}, nil, "", map[string][]string{"custom:tier": {"none"}}, "", "Default"},
		"rules, chosen of those that match":        {&cognitoidentity.RoleMapping{Type: ruled, AmbiguousRoleResolution: deny}, nil, "", map[string][]string{"custom:tier": {"gold"}}, roleARN + "Some", "Some"},
		"rules, chosen of one that does not match": {&cognitoidentity.RoleMapping{Type: ruled, AmbiguousRoleResolution: fallBack}, nil, "", map[string][]string{"custom:tier": {"gold"}}, roleARN + "Admin", "NotAuthorizedException: Access to Role '" + roleARN + "Admin' is forbidden."},
		"rules, roles of the token do not count":   {&cognitoidentity.RoleMapping{Type: ruled, AmbiguousRoleResolution: deny}, []string{a}, a, nil, "", denied},
	} {
		r := roles{Roles: identitypool.Roles{Roles: map[string]string{"authenticated": roleARN + "Default"}}, canonical: func(name string) string { return name }}
		if c.mapping != nil {
			if c.mapping.Type == ruled {
				c.mapping.RulesConfiguration = &cognitoidentity.RulesConfigurationType{Rules: tiers}
			}
			r.RoleMappings = map[string]cognitoidentity.RoleMapping{key: *c.mapping}
		}
		login := &federated.Token{Provider: poolName, Audience: "client1", Roles: c.roles, Preferred: c.preferred, Claims: c.claims}
		got, _, err := r.authenticated([]*federated.Token{login}, c.custom)
		if err != nil {
			got = err.Error()
		}
		if got != c.want && got != roleARN+c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
	none := roles{canonical: func(name string) string { return name }}
	for _, choose := range []func() (string, error){
		func() (string, error) { return none.guest("") },
		func() (string, error) {
			role, _, err := none.authenticated([]*federated.Token{{}}, "")
			return role, err
		},
	} {
		if role, err := choose(); err == nil || err.Error() != noRoles {
			t.Errorf("without roles: %q, %v", role, err)
		}
	}
}

func TestMappingsNameUserPoolsByAnyName(t *testing.T) {
	t.Parallel()
	r := roles{
		Roles: identitypool.Roles{RoleMappings: map[string]cognitoidentity.RoleMapping{
			"localhost:9229/us-east-1_AbC123xyz:client1": {Type: cognitoidentity.RoleMappingTypeToken},
		}},
		canonical: func(name string) string {
			if name == "localhost:9229/us-east-1_AbC123xyz" {
				return poolName
			}
			return name
		},
	}
	first := &federated.Token{Provider: "accounts.google.com", Audience: "client1"}
	second := &federated.Token{Provider: poolName, Audience: "client1", Roles: []string{roleARN + "A"}}
	if got, by, err := r.authenticated([]*federated.Token{first, second}, ""); got != roleARN+"A" || by != second || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
	second.Audience = "client2"
	if got, _, err := r.authenticated([]*federated.Token{second}, ""); err == nil {
		t.Errorf("another client: got %s", got)
	}
}
