package attributes

import (
	"cmp"
	"slices"

	"cardea/record/client"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// standard is the order in which Cognito lists the attributes of a pool that has no others
// (docs/cognito/pools-and-clients.md, "Standard attributes").
var standard = []string{
	"sub", "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture",
	"website", "email", "email_verified", "gender", "birthdate", "zoneinfo", "locale", "phone_number",
	"phone_number_verified", "address", "updated_at", "identities",
}

// Readable gives those attributes of a user that an app may see.
func Readable(c *client.Client, u *user.User) map[string]string {
	readable := make(map[string]string, len(u.Attributes))
	for name, value := range u.Attributes {
		if c.CanRead(name) {
			readable[name] = value
		}
	}
	return readable
}

// List writes attributes as answers do: sub first, then the standard ones in the schema's order, then the others by name.
func List(u *user.User, attrs map[string]string) []cognitoidp.AttributeType {
	list := make([]cognitoidp.AttributeType, 0, len(attrs)+1)
	list = append(list, cognitoidp.AttributeType{Name: "sub", Value: string(u.Sub)})
	for name, value := range attrs {
		if name != "sub" {
			list = append(list, cognitoidp.AttributeType{Name: name, Value: value})
		}
	}
	slices.SortFunc(list, func(a, b cognitoidp.AttributeType) int {
		return cmp.Or(cmp.Compare(rank(a.Name), rank(b.Name)), cmp.Compare(a.Name, b.Name))
	})
	return list
}

func rank(name string) int {
	if i := slices.Index(standard, name); i >= 0 {
		return i
	}
	return len(standard)
}

// isFlag tells whether an attribute says that a contact is verified.
func isFlag(name string) bool { return name == "email_verified" || name == "phone_number_verified" }
