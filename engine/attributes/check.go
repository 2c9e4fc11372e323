package attributes

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"cardea/record/client"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// Writer is who writes attributes, and when.
type Writer int

const (
	// SignUp is a client registering a user.
	SignUp Writer = iota
	// Invite is an administrator creating a user.
	Invite
	// Self is a user changing their own.
	Self
	// Admin is an administrator changing a user's.
	Admin
	// Challenge is a user completing their attributes while answering NEW_PASSWORD_REQUIRED; see also CheckProvided.
	Challenge
)

func (w Writer) creates() bool { return w == SignUp || w == Invite }

func (w Writer) administers() bool { return w == Invite || w == Admin }

// maxLength is the most that any value may have, in characters.
const maxLength = 2048

// Check holds attributes against the pool's schema: they exist, fit their type and constraints, and this writer may set
// them. An empty value stands for removal and fits every type. All faults are InvalidParameterException, but for what no
// client may ever write.
func Check(p *pool.Pool, attrs map[string]string, w Writer) error {
	names := slices.Sorted(maps.Keys(attrs))
	if !w.administers() && slices.ContainsFunc(names, client.ServerKept) {
		return unauthorized()
	}
	if unknown := unknownNames(p, names, w); len(unknown) > 0 {
		return nonexistent(unknown, w)
	}
	for _, name := range names {
		if err := checkOne(p, name, attrs[name], w); err != nil {
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

// nonexistent words what Cognito says of unknown attributes, differently to those who create and who change (01-wire §6).
func nonexistent(names []string, w Writer) error {
	text, prefix := "Attributes did not conform to the schema: ", ""
	if !w.creates() {
		text, prefix = "Invalid user attributes: ", "user."
	}
	for _, name := range names {
		text += prefix + name + ": Attribute does not exist in the schema.\n"
	}
	return cognitoidp.InvalidParameter(text)
}

func checkOne(p *pool.Pool, name, value string, w Writer) error {
	attribute, _ := p.Attribute(name)
	mutable := attribute.Mutable == nil || *attribute.Mutable
	if name == "sub" || name == "identities" || (!mutable && (w == Self || w == Admin)) {
		return cognitoidp.InvalidParameter("user." + name + ": Attribute cannot be updated.\n")
	}
	if value == "" {
		return nil
	}
	switch name {
	case "email":
		if !IsEmail(value) {
			return cognitoidp.InvalidParameter("Invalid email address format.")
		}
	case "phone_number":
		if !IsPhone(value) {
			return cognitoidp.InvalidParameter("Invalid phone number format.")
		}
	}
	if problem := misfit(attribute, value); problem != "" {
		return cognitoidp.InvalidParameter("user." + name + ": " + problem)
	}
	return nil
}

// misfit tells what keeps a value from being an attribute's, or nothing.
func misfit(attribute cognitoidp.SchemaAttributeType, value string) string {
	switch attribute.AttributeDataType {
	case cognitoidp.AttributeDataTypeBoolean:
		if !strings.EqualFold(value, "true") && !strings.EqualFold(value, "false") {
			return "Attribute value must be true or false"
		}
	case cognitoidp.AttributeDataTypeNumber:
		return misfitNumber(attribute.NumberAttributeConstraints, value)
	case cognitoidp.AttributeDataTypeDateTime:
		if !isDateTime(value) {
			return "Attribute value must be a date and time"
		}
	}
	return misfitString(attribute.StringAttributeConstraints, value)
}

func misfitString(limits *cognitoidp.StringAttributeConstraintsType, value string) string {
	shortest, longest := 0, maxLength
	if limits != nil {
		if n, err := strconv.Atoi(limits.MinLength); err == nil {
			shortest = n
		}
		if n, err := strconv.Atoi(limits.MaxLength); err == nil {
			longest = min(n, maxLength)
		}
	}
	length := utf8.RuneCountInString(value)
	if length > longest {
		return fmt.Sprintf("String attributes cannot have a length of more than %d", longest)
	}
	if length < shortest {
		return fmt.Sprintf("String attributes cannot have a length of less than %d", shortest)
	}
	return ""
}

func misfitNumber(limits *cognitoidp.NumberAttributeConstraintsType, value string) string {
	n := parseNumber(value)
	if n == nil {
		return "Attribute value must be a number"
	}
	if limits == nil {
		return ""
	}
	if most := parseNumber(limits.MaxValue); most != nil && n.Cmp(most) > 0 {
		return "Number attributes cannot have a value of more than " + limits.MaxValue
	}
	if least := parseNumber(limits.MinValue); least != nil && n.Cmp(least) < 0 {
		return "Number attributes cannot have a value of less than " + limits.MinValue
	}
	return ""
}

// CheckRequired refuses a user who lacks an attribute that the pool requires.
func CheckRequired(p *pool.Pool, attrs map[string]string) error {
	text := ""
	for _, name := range Missing(p, attrs) {
		text += name + ": The attribute is required\n"
	}
	if text == "" {
		return nil
	}
	return cognitoidp.InvalidParameter("Attributes did not conform to the schema: " + text)
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

// CheckWritable refuses attributes that an app may not write.
func CheckWritable(c *client.Client, attrs map[string]string) error {
	for name := range attrs {
		if !c.CanWrite(name) {
			return unauthorized()
		}
	}
	return nil
}

func unauthorized() error {
	return cognitoidp.NotAuthorized("A client attempted to write unauthorized attribute")
}

// CheckProvided refuses what a NEW_PASSWORD_REQUIRED answer would change although it is there already: an immutable
// attribute, or the e-mail address or phone number that the invitation may have gone to.
func CheckProvided(p *pool.Pool, u *user.User, attrs map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		if u.Attributes[name] == "" || u.Attributes[name] == attrs[name] {
			continue
		}
		if name == "email" || name == "phone_number" {
			return cognitoidp.InvalidParameter("Cannot modify an already provided " + name)
		}
		if attribute, ok := p.Attribute(name); ok && attribute.Mutable != nil && !*attribute.Mutable {
			return cognitoidp.InvalidParameter("Cannot modify the non-mutable attribute " + name)
		}
	}
	return nil
}

// CheckRemovable refuses the removal of attributes that do not exist, cannot be changed, or are required.
func CheckRemovable(p *pool.Pool, names []string, w Writer) error {
	attrs := Cleared(names)
	if err := Check(p, attrs, w); err != nil {
		return err
	}
	return CheckCleared(p, attrs)
}

// Cleared is the update that removes the named attributes.
func Cleared(names []string) map[string]string {
	attrs := make(map[string]string, len(names))
	for _, name := range names {
		attrs[name] = ""
	}
	return attrs
}

// CheckCleared refuses an update that takes a required attribute's value away.
func CheckCleared(p *pool.Pool, attrs map[string]string) error {
	text := ""
	for _, name := range Missing(p, attrs) {
		if _, cleared := attrs[name]; cleared {
			text += name + ": The attribute is required\n"
		}
	}
	if text == "" {
		return nil
	}
	return cognitoidp.InvalidParameter("Attributes did not conform to the schema: " + text)
}
