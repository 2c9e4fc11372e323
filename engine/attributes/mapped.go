package attributes

import (
	"strings"

	"cardea/record/client"
	"cardea/record/pool"
)

// CheckMapped checks what an identity provider says of a user, by the attributes that it is mapped to: the app may write them, they fit
// the schema, and none would change that cannot. current are the user's attributes so far; nil: the user is new. Whether an address is
// verified may be written with the address. It answers the conditions of Check, of which *ImmutableError is also for attributes that
// the app may not write.
func CheckMapped(p *pool.Pool, c *client.Client, mapped, current map[string]string) error {
	given := Unordered(mapped)
	if unknown := unknownNames(p, given.Names, Provider); len(unknown) > 0 {
		return &UnknownError{Names: unknown, Writer: Provider}
	}
	for _, name := range given.Names {
		value := mapped[name]
		attribute, _ := p.Attribute(name)
		immutable := attribute.Mutable != nil && !*attribute.Mutable
		if !c.CanWrite(addressOf(name)) || immutable && current != nil && current[name] != value {
			return &ImmutableError{Name: name, Writer: Provider}
		}
		if err := checkOne(p, name, value, Provider); err != nil {
			return err
		}
	}
	return nil
}

// addressOf is the attribute that decides whether one may be written.
func addressOf(name string) string {
	if isFlag(name) {
		return strings.TrimSuffix(name, "_verified")
	}
	return name
}
