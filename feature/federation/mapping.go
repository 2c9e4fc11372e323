package federation

import (
	"maps"
	"slices"

	"cardea/engine/attributes"
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
)

// username is mapped to the provider's subject, which names the users.
const username = "username"

// mapping checks which attributes of the pool come from which claims, and adds the one that cannot be chosen.
func mapping(p *pool.Pool, kindName string, given map[string]string) (map[string]string, error) {
	subject := kinds[kindName].subject
	for _, name := range slices.Sorted(maps.Keys(given)) {
		_, known := p.Attribute(name)
		switch {
		case given[name] == "":
			return nil, cognitoidp.InvalidParameter("Attribute " + name + " cannot be mapped to an empty claim.")
		case name == username && subject != "" && given[name] != subject:
			return nil, cognitoidp.InvalidParameter("Attribute username can only be mapped to " + subject + ".")
		case name == username:
		case attributes.Assigned(name):
			return nil, cognitoidp.InvalidParameter("Attribute " + name + " cannot be mapped.")
		case !known:
			return nil, cognitoidp.InvalidParameter("Invalid attribute mapping: " + name + ": Attribute does not exist in the schema.")
		}
	}
	all := map[string]string{}
	maps.Copy(all, given)
	if subject != "" {
		all[username] = subject
	}
	return all, nil
}

// checkIdentifiers refuses an identifier that is there twice.
func checkIdentifiers(identifiers []string) error {
	seen := map[string]bool{}
	for _, identifier := range identifiers {
		if seen[identifier] {
			return cognitoidp.InvalidParameter("IdpIdentifiers has " + identifier + " more than once.")
		}
		seen[identifier] = true
	}
	return nil
}

// checkLevels refuses levels of authentication where the provider cannot be asked for any.
func checkLevels(kindName string, levels map[string]string) error {
	if len(levels) > 0 && kindName != cognitoidp.IdentityProviderTypeTypeOidc {
		return cognitoidp.InvalidParameter("AcrMapping is for providers of type OIDC.")
	}
	for _, level := range slices.Sorted(maps.Keys(levels)) {
		if levels[level] == "" {
			return cognitoidp.InvalidParameter("AcrMapping has no value for " + level + ".")
		}
	}
	return nil
}
