package attributes

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/record/client"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
)

// world is a pool with some of every kind of attribute.
func world(change ...func(*cognitoidp.UserPoolType)) *pool.Pool {
	text := func(name string) cognitoidp.SchemaAttributeType {
		return cognitoidp.SchemaAttributeType{
			Name: name, AttributeDataType: cognitoidp.AttributeDataTypeString, Mutable: new(true), Required: new(false),
			StringAttributeConstraints: &cognitoidp.StringAttributeConstraintsType{MinLength: "0", MaxLength: "2048"},
		}
	}
	p := &pool.Pool{ID: "us-east-1_AbCdEf123"}
	for _, name := range []string{"sub", "name", "preferred_username", "email", "email_verified", "birthdate", "phone_number", "phone_number_verified",
		"custom:short", "custom:fixed", "custom:score", "custom:flag", "custom:when", "dev:custom:inner"} {
		a := text(name)
		switch name {
		case "sub":
			a.Mutable, a.Required = new(false), new(true)
		case "email_verified", "phone_number_verified", "custom:flag":
			a.AttributeDataType, a.StringAttributeConstraints = cognitoidp.AttributeDataTypeBoolean, nil
		case "birthdate":
			a.StringAttributeConstraints = &cognitoidp.StringAttributeConstraintsType{MinLength: "10", MaxLength: "10"}
		case "custom:short":
			a.StringAttributeConstraints = &cognitoidp.StringAttributeConstraintsType{MaxLength: "5"}
		case "custom:fixed":
			a.Mutable, a.StringAttributeConstraints = new(false), &cognitoidp.StringAttributeConstraintsType{}
		case "custom:score":
			a.AttributeDataType, a.StringAttributeConstraints = cognitoidp.AttributeDataTypeNumber, nil
			a.NumberAttributeConstraints = &cognitoidp.NumberAttributeConstraintsType{MinValue: "-5", MaxValue: "9007199254740993"}
		case "custom:when":
			a.AttributeDataType, a.StringAttributeConstraints = cognitoidp.AttributeDataTypeDateTime, nil
		}
		p.Doc.SchemaAttributes = append(p.Doc.SchemaAttributes, a)
	}
	for _, fn := range change {
		fn(&p.Doc)
	}
	return p
}

func TestCheckWordsWhatIsWrong(t *testing.T) {
	t.Parallel()
	const (
		invalid      = "InvalidParameterException"
		denied       = "NotAuthorizedException"
		unauthorized = "A client attempted to write unauthorized attribute"
	)
	for _, c := range []struct {
		writer        Writer
		name, value   string
		code, message string // empty: fine
	}{
		{SignUp, "email", "a@b.example", "", ""},
		{SignUp, "email", "a.b.example", invalid, "Invalid email address format."},
		{Self, "phone_number", "5550100", invalid, "Invalid phone number format."},
		{Self, "phone_number", "+15550100", "", ""},
		{Self, "phone_number", "", "", ""},
		{SignUp, "custom:none", "x", invalid, "Attributes did not conform to the schema: custom:none: Attribute does not exist in the schema.\n"},
		{Invite, "none", "x", invalid, "Attributes did not conform to the schema: none: Attribute does not exist in the schema.\n"},
		{Admin, "custom:none", "x", invalid, "Invalid user attributes: user.custom:none: Attribute does not exist in the schema.\n"},
		{Self, "short", "x", invalid, "Invalid user attributes: user.short: Attribute does not exist in the schema.\n"},
		{SignUp, "sub", "x", denied, unauthorized},
		{Admin, "sub", "x", invalid, "user.sub: Attribute cannot be updated.\n"},
		{SignUp, "email_verified", "true", denied, unauthorized},
		{Self, "phone_number_verified", "true", denied, unauthorized},
		{Admin, "email_verified", "true", "", ""},
		{Invite, "email_verified", "perhaps", invalid, "user.email_verified: Attribute value must be true or false"},
		{SignUp, "custom:fixed", "x", "", ""},
		{Invite, "custom:fixed", "x", "", ""},
		{Self, "custom:fixed", "x", invalid, "user.custom:fixed: Attribute cannot be updated.\n"},
		{Admin, "custom:fixed", "", invalid, "user.custom:fixed: Attribute cannot be updated.\n"},
		{Admin, "dev:custom:inner", "x", "", ""},
		{Self, "dev:custom:inner", "x", invalid, "Invalid user attributes: user.dev:custom:inner: Attribute does not exist in the schema.\n"},
		{Self, "custom:short", "éééééé", invalid, "user.custom:short: String attributes cannot have a length of more than 5"},
		{Self, "custom:short", "ééééé", "", ""},
		{Self, "name", strings.Repeat("x", 2049), invalid, "user.name: String attributes cannot have a length of more than 2048"},
		{Self, "custom:flag", strings.Repeat("x", 2049), invalid, "user.custom:flag: Attribute value must be true or false"},
		{Self, "birthdate", "1.1.2000", invalid, "user.birthdate: String attributes cannot have a length of less than 10"},
		{Self, "custom:score", "-5", "", ""},
		{Self, "custom:score", "-5.1", invalid, "user.custom:score: Number attributes cannot have a value of less than -5"},
		{Self, "custom:score", "9007199254740993", "", ""},
		{Self, "custom:score", "9007199254740994", invalid, "user.custom:score: Number attributes cannot have a value of more than 9007199254740993"},
		{Self, "custom:score", "1e9", invalid, "user.custom:score: Attribute value must be a number"},
		{Self, "custom:when", "2026-11-20T12:00:00Z", "", ""},
		{Self, "custom:when", "tomorrow", invalid, "user.custom:when: Attribute value must be a date and time"},
	} {
		err := Check(world(), map[string]string{c.name: c.value}, c.writer)
		expect(t, err, c.code, c.message)
		if t.Failed() {
			t.Fatalf("at %d writing %s = %.20q", c.writer, c.name, c.value)
		}
	}
}

func expect(t *testing.T, err error, code, message string) {
	t.Helper()
	if code == "" {
		if err != nil {
			t.Errorf("got %v, want no error", err)
		}
		return
	}
	fault, ok := errors.AsType[*awsjson.Fault](err)
	if !ok {
		t.Errorf("got %v, want %s", err, code)
		return
	}
	if diff := cmp.Diff([]string{code, message}, []string{fault.Code, fault.Message}); diff != "" {
		t.Errorf("fault (-want +got):\n%s", diff)
	}
}

func TestRequiredAttributesAreNamed(t *testing.T) {
	t.Parallel()
	p := world(func(doc *cognitoidp.UserPoolType) {
		doc.SchemaAttributes[1].Required = new(true) // name
		doc.SchemaAttributes[3].Required = new(true) // email
	})
	expect(t, CheckRequired(p, map[string]string{"name": "x", "email": "a@b.example"}), "", "")
	expect(t, CheckRequired(p, map[string]string{"email": ""}), "InvalidParameterException",
		"Attributes did not conform to the schema: name: The attribute is required\nemail: The attribute is required\n")
	expect(t, CheckCleared(p, map[string]string{"custom:short": ""}), "", "")
	expect(t, CheckRemovable(p, []string{"email"}, Self), "InvalidParameterException",
		"Attributes did not conform to the schema: email: The attribute is required\n")
}

func TestClientReadsAndWritesOnlyItsAttributes(t *testing.T) {
	t.Parallel()
	c := &client.Client{}
	c.Doc.ReadAttributes, c.Doc.WriteAttributes = []string{"email"}, []string{"name"}
	u := &user.User{Sub: "s", Attributes: map[string]string{"email": "a@b.example", "name": "A", "custom:short": "x"}}

	if diff := cmp.Diff(map[string]string{"email": "a@b.example"}, Readable(c, u)); diff != "" {
		t.Errorf("readable (-want +got):\n%s", diff)
	}
	expect(t, CheckWritable(c, map[string]string{"name": "x"}), "", "")
	expect(t, CheckWritable(c, map[string]string{"name": "x", "email": "x"}), "NotAuthorizedException",
		"A client attempted to write unauthorized attribute")
	expect(t, CheckWritable(&client.Client{}, map[string]string{"email_verified": "true"}), "NotAuthorizedException",
		"A client attempted to write unauthorized attribute")
}

func TestListPutsSubFirstAndKeepsTheSchemasOrder(t *testing.T) {
	t.Parallel()
	u := &user.User{Sub: "the-sub"}
	got := List(u, map[string]string{"custom:b": "1", "phone_number": "2", "custom:a": "3", "email_verified": "true", "email": "4", "name": "5"})
	var names []string
	for _, attribute := range got {
		names = append(names, attribute.Name)
	}
	if diff := cmp.Diff([]string{"sub", "name", "email", "email_verified", "phone_number", "custom:a", "custom:b"}, names); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestUsernameMustFitThePool(t *testing.T) {
	t.Parallel()
	names := func(attrs ...string) *pool.Pool {
		return world(func(doc *cognitoidp.UserPoolType) { doc.UsernameAttributes = attrs })
	}
	aliases := world(func(doc *cognitoidp.UserPoolType) { doc.AliasAttributes = []string{"email", "phone_number"} })
	const invalid = "InvalidParameterException"
	for _, c := range []struct {
		pool                         *pool.Pool
		username, attribute, message string
	}{
		{names(), "a@b.example", "", ""},
		{names("email"), "a@b.example", "email", ""},
		{names("email"), "alice", "", "Username should be an email."},
		{names("phone_number"), "+15550100", "phone_number", ""},
		{names("phone_number"), "a@b.example", "", "Username should be a phone number."},
		{names("phone_number", "email"), "a@b.example", "email", ""},
		{names("phone_number", "email"), "alice", "", "Username should be either an email or a phone number."},
		{aliases, "alice", "", ""},
		{aliases, "a@b.example", "", "Username cannot be of email format, since user pool is configured for email alias."},
		{aliases, "a@b", "", "Username cannot be of email format, since user pool is configured for email alias."},
		{aliases, "+15550100", "", "Username cannot be of phone number format, since user pool is configured for phone number alias."},
	} {
		attribute, err := CheckUsername(c.pool, c.username)
		code := ""
		if c.message != "" {
			code = invalid
		}
		expect(t, err, code, c.message)
		if attribute != c.attribute {
			t.Errorf("%s is a value of %q, want %q", c.username, attribute, c.attribute)
		}
	}
}

func TestEmailAddresses(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"a@b.example", "first.last+tag@sub.b-c.example", "ü@bücher.example", "o'neil@b.example", "a_b%c@1.2.example"} {
		if !IsEmail(good) {
			t.Errorf("%q should be an address", good)
		}
	}
	for _, bad := range []string{"", "a", "@", "a@", "@b.example", "a@b", "a@b..example", "a@.example", "a@b.example.", "a b@c.example",
		"a@b@c.example", "a@b.example\r\nBcc: x@y.example", "<a@b.example>", "a@b.example,c@d.example", "a@-b.example", "a\x00@b.example",
		"a@" + strings.Repeat("b", 320) + ".example", "\"a\"@b.example"} {
		if IsEmail(bad) {
			t.Errorf("%q should be no address", bad)
		}
	}
}

func TestProvidedAttributesStayInAChallenge(t *testing.T) {
	t.Parallel()
	u := &user.User{Attributes: map[string]string{"email": "a@b.example", "custom:fixed": "x", "name": "old"}}
	expect(t, CheckProvided(world(), u, map[string]string{"name": "new", "email": "a@b.example"}), "", "")
	expect(t, CheckProvided(world(), u, map[string]string{"email": "c@d.example"}), "InvalidParameterException", "Cannot modify an already provided email")
	expect(t, CheckProvided(world(), u, map[string]string{"custom:fixed": "y"}), "InvalidParameterException", "Cannot modify the non-mutable attribute custom:fixed")
	expect(t, CheckProvided(world(), &user.User{}, map[string]string{"custom:fixed": "y"}), "", "")
}
