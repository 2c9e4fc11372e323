package attributes

import (
	"slices"
	"strings"

	"cardea/record/client"
	"cardea/record/pool"
	"cardea/record/user"
)

// Writer says who writes attributes, and in which kind of operation.
type Writer int

const (
	// SignUp is a client registering a user.
	SignUp Writer = iota
	// Invite is an administrator creating a user.
	Invite
	// Self is a user changing their own attributes.
	Self
	// Admin is an administrator changing a user's attributes.
	Admin
	// Provider is an identity provider whose user signs in; see CheckMapped.
	Provider
	// Challenge is a user completing their attributes during a sign-in; see also CheckAnswer.
	Challenge
)

// Creates tells whether the attributes are a new user's.
func (w Writer) Creates() bool { return w == SignUp || w == Invite }

func (w Writer) administers() bool { return w == Invite || w == Admin || w == Provider }

// Check checks attributes against the pool's schema: they exist, may be set by this writer, and fit their type and
// constraints. It answers ErrUnwritable, *UnknownError, *ImmutableError, *UsernameError or *ValueError.
func Check(p *pool.Pool, given Given, w Writer) error {
	if !w.administers() && slices.ContainsFunc(given.Names, client.ServerKept) {
		return ErrUnwritable
	}
	if unknown := unknownNames(p, given.Names, w); len(unknown) > 0 {
		return &UnknownError{Names: unknown, Writer: w}
	}
	for _, name := range given.Names {
		if err := checkOne(p, name, given.Values[name], w); err != nil {
			return err
		}
	}
	return nil
}

func unknownNames(p *pool.Pool, names []string, w Writer) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		_, known := p.Attribute(name)
		return known && (w.administers() || !strings.HasPrefix(name, "dev:"))
	})
}

func checkOne(p *pool.Pool, name, value string, w Writer) error {
	attribute, _ := p.Attribute(name)
	mutable := attribute.Mutable == nil || *attribute.Mutable
	if Assigned(name) || (!mutable && (w == Self || w == Admin)) {
		return &ImmutableError{Name: name, Writer: w}
	}
	if value == "" {
		return nil
	}
	if name == user.NamePreferredUsername && p.AliasIs(name) {
		if err := checkChosen(p, value); err != nil {
			return err
		}
	}
	if rule, bound := broken(attribute, value); rule != "" {
		return &ValueError{Name: name, Rule: rule, Bound: bound, Writer: w}
	}
	return nil
}

// Assigned tells whether an attribute's value comes from the pool itself and never changes.
func Assigned(name string) bool { return name == "sub" || name == "identities" }

// CheckRequired refuses a user who lacks attributes that the pool requires, by a *RequiredError.
func CheckRequired(p *pool.Pool, attrs map[string]string) error {
	if missing := Missing(p, attrs); len(missing) > 0 {
		return &RequiredError{Names: missing}
	}
	return nil
}

// Missing lists the attributes that the pool requires and that have no value, in the schema's order.
func Missing(p *pool.Pool, attrs map[string]string) []string {
	var missing []string
	for _, attribute := range p.Doc.SchemaAttributes {
		required := attribute.Required != nil && *attribute.Required && attribute.Name != "sub"
		if required && attrs[attribute.Name] == "" {
			missing = append(missing, attribute.Name)
		}
	}
	return missing
}

// CheckWritable refuses attributes that an app may not write, by ErrUnwritable. To Self and Challenge it names those that can
// never be written, by *ImmutableError.
func CheckWritable(c *client.Client, given Given, w Writer) error {
	for _, name := range given.Names {
		switch {
		case w == Self && Assigned(name), w == Challenge && client.ServerKept(name):
			return &ImmutableError{Name: name, Writer: w}
		case !c.CanWrite(name):
			return ErrUnwritable
		}
	}
	return nil
}

// CheckAnswer checks the attributes of a NEW_PASSWORD_REQUIRED answer: the app may write them, they fit the schema, and the
// user does not have them already, if they are an e-mail address, a phone number or immutable. It answers the conditions of
// CheckWritable and Check, and *ProvidedError.
func CheckAnswer(p *pool.Pool, c *client.Client, u *user.User, values map[string]string) error {
	given := Unordered(values)
	if err := CheckWritable(c, given, Challenge); err != nil {
		return err
	}
	if err := Check(p, given, Challenge); err != nil {
		return err
	}
	for _, name := range given.Names {
		if u.Attributes[name] == "" {
			continue
		}
		if name == user.NameEmail || name == user.NamePhoneNumber {
			return &ProvidedError{Name: name}
		}
		if attribute, ok := p.Attribute(name); ok && attribute.Mutable != nil && !*attribute.Mutable {
			return &ImmutableError{Name: name, Writer: Challenge}
		}
	}
	return nil
}

// CheckRemovable refuses the removal of attributes that do not exist, cannot be changed, or are required.
func CheckRemovable(p *pool.Pool, given Given, w Writer) error {
	if err := Check(p, given, w); err != nil {
		return err
	}
	return CheckCleared(p, given)
}

// CheckCleared refuses an update that takes a required attribute's value away, by a *RequiredError.
func CheckCleared(p *pool.Pool, given Given) error {
	missing := slices.DeleteFunc(Missing(p, given.Values), func(name string) bool {
		_, cleared := given.Values[name]
		return !cleared
	})
	if len(missing) > 0 {
		return &RequiredError{Names: missing}
	}
	return nil
}
