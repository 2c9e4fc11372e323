package attributes

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/record/client"
	"cardea/record/pool"
	"cardea/record/user"
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

func TestCheckNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		writer      Writer
		name, value string
		want        error // nil: fine
	}{
		{SignUp, "email", "a@b.example", nil},
		{SignUp, "email", "a.b.example", &ValueError{Rule: NotEmail}},
		{Self, "phone_number", "5550100", &ValueError{Rule: NotPhone}},
		{Self, "phone_number", "+15550100", nil},
		{Self, "phone_number", "", nil},
		{SignUp, "custom:none", "x", &UnknownError{Names: []string{"custom:none"}}},
		{Admin, "custom:none", "x", &UnknownError{Names: []string{"custom:none"}}},
		{Self, "short", "x", &UnknownError{Names: []string{"short"}}},
		{SignUp, "sub", "x", ErrUnwritable},
		{Invite, "sub", "x", &ImmutableError{}},
		{Admin, "sub", "x", &ImmutableError{}},
		{SignUp, "email_verified", "true", ErrUnwritable},
		{Self, "phone_number_verified", "true", ErrUnwritable},
		{Admin, "email_verified", "true", nil},
		{Invite, "email_verified", "perhaps", &ValueError{Rule: NotBoolean}},
		{SignUp, "custom:fixed", "x", nil},
		{Invite, "custom:fixed", "x", nil},
		{Self, "custom:fixed", "x", &ImmutableError{}},
		{Admin, "custom:fixed", "", &ImmutableError{}},
		{Admin, "dev:custom:inner", "x", nil},
		{Self, "dev:custom:inner", "x", &UnknownError{Names: []string{"dev:custom:inner"}}},
		{Self, "custom:short", "éééééé", &ValueError{Rule: TooLong, Bound: "5"}},
		{Self, "custom:short", "ééééé", nil},
		{Self, "name", strings.Repeat("x", 2049), &ValueError{Rule: TooLong, Bound: "2048"}},
		{Self, "custom:flag", strings.Repeat("x", 2049), &ValueError{Rule: NotBoolean}},
		{Self, "birthdate", "1.1.2000", &ValueError{Rule: TooShort, Bound: "10"}},
		{Self, "custom:score", "-5", nil},
		{Self, "custom:score", "-5.1", &ValueError{Rule: TooSmall, Bound: "-5"}},
		{Self, "custom:score", "9007199254740993", nil},
		{Self, "custom:score", "9007199254740994", &ValueError{Rule: TooGreat, Bound: "9007199254740993"}},
		{Self, "custom:score", "1e9", &ValueError{Rule: NotNumber}},
		{Self, "custom:when", "2026-11-20T12:00:00Z", nil},
		{Self, "custom:when", "tomorrow", &ValueError{Rule: NotDateTime}},
	} {
		switch want := c.want.(type) {
		case *ValueError:
			want.Name, want.Writer = c.name, c.writer
		case *ImmutableError:
			want.Name, want.Writer = c.name, c.writer
		case *UnknownError:
			want.Writer = c.writer
		}
		expect(t, Check(world(), Unordered(map[string]string{c.name: c.value}), c.writer), c.want)
		if t.Failed() {
			t.Fatalf("at %d writing %s = %.20q", c.writer, c.name, c.value)
		}
	}
}

// expect compares conditions by type and content.
func expect(t *testing.T, got, want error) {
	t.Helper()
	if diff := cmp.Diff(fmt.Sprintf("%T %+v", want, want), fmt.Sprintf("%T %+v", got, got)); diff != "" {
		t.Errorf("condition (-want +got):\n%s", diff)
	}
}

func TestUnknownAttributesAreListedInTheRequestsOrder(t *testing.T) {
	t.Parallel()
	given := Parse([]cognitoidp.AttributeType{{Name: "zeta", Value: "1"}, {Name: "name", Value: "2"}, {Name: "alpha", Value: "3"}, {Name: "zeta", Value: "4"}})
	expect(t, Check(world(), given, Invite), &UnknownError{Names: []string{"zeta", "alpha"}, Writer: Invite})
	expect(t, Check(world(), Cleared([]string{"zeta", "alpha"}), Self), &UnknownError{Names: []string{"zeta", "alpha"}, Writer: Self})
	if given.Values["zeta"] != "4" {
		t.Errorf("the first value of a name given twice counts: %v", given)
	}
}

func TestRequiredAttributesAreNamed(t *testing.T) {
	t.Parallel()
	p := world(func(doc *cognitoidp.UserPoolType) {
		doc.SchemaAttributes[1].Required = new(true) // name
		doc.SchemaAttributes[3].Required = new(true) // email
	})
	expect(t, CheckRequired(p, map[string]string{"name": "x", "email": "a@b.example"}), nil)
	expect(t, CheckRequired(p, map[string]string{"email": ""}), &RequiredError{Names: []string{"name", "email"}})
	expect(t, CheckCleared(p, Cleared([]string{"custom:short"})), nil)
	expect(t, CheckRemovable(p, Cleared([]string{"email"}), Self), &RequiredError{Names: []string{"email"}})
}

func TestClientReadsAndWritesOnlyItsAttributes(t *testing.T) {
	t.Parallel()
	c := &client.Client{}
	c.Doc.ReadAttributes, c.Doc.WriteAttributes = []string{"email"}, []string{"name"}
	u := &user.User{Sub: "s", Attributes: map[string]string{"email": "a@b.example", "name": "A", "custom:short": "x"}}

	if diff := cmp.Diff(map[string]string{"email": "a@b.example"}, Readable(c, u)); diff != "" {
		t.Errorf("readable (-want +got):\n%s", diff)
	}
	given := func(names ...string) Given { return Cleared(names) }
	expect(t, CheckWritable(c, given("name"), Self), nil)
	expect(t, CheckWritable(c, given("name", "email"), Self), ErrUnwritable)
	expect(t, CheckWritable(&client.Client{}, given("email_verified"), Self), ErrUnwritable)
	expect(t, CheckWritable(c, given("sub"), SignUp), ErrUnwritable)
	expect(t, CheckWritable(c, given("sub"), Self), &ImmutableError{Name: "sub", Writer: Self})
	expect(t, CheckWritable(c, given("email_verified"), Challenge), &ImmutableError{Name: "email_verified", Writer: Challenge})
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
	wanted := func(attrs ...string) error { return &UsernameError{Wanted: attrs} }
	for _, c := range []struct {
		pool                *pool.Pool
		username, attribute string
		want                error
	}{
		{names(), "a@b.example", "", nil},
		{names("email"), "a@b.example", "email", nil},
		{names("email"), "alice", "", wanted("email")},
		{names("phone_number"), "+15550100", "phone_number", nil},
		{names("phone_number"), "a@b.example", "", wanted("phone_number")},
		{names("phone_number", "email"), "a@b.example", "email", nil},
		{names("phone_number", "email"), "alice", "", wanted("phone_number", "email")},
		{aliases, "alice", "", nil},
		{aliases, "a@b.example", "", &UsernameError{Alias: "email"}},
		{aliases, "a@b", "", &UsernameError{Alias: "email"}},
		{aliases, "+15550100", "", &UsernameError{Alias: "phone_number"}},
	} {
		attribute, err := CheckUsername(c.pool, c.username)
		expect(t, err, c.want)
		if attribute != c.attribute {
			t.Errorf("%s is a value of %q, want %q", c.username, attribute, c.attribute)
		}
	}
}

func TestAPreferredUsernameCannotBeMistakenForAnAlias(t *testing.T) {
	t.Parallel()
	aliases := func(attrs ...string) *pool.Pool {
		return world(func(doc *cognitoidp.UserPoolType) { doc.AliasAttributes = attrs })
	}
	for _, c := range []struct {
		pool  *pool.Pool
		value string
		want  error
	}{
		{aliases("email", "preferred_username"), "ally", nil},
		{aliases("email", "preferred_username"), "+15550100", nil},
		{aliases("email", "preferred_username"), "a@b.example", &UsernameError{Alias: "email"}},
		{aliases("phone_number", "preferred_username"), "+15550100", &UsernameError{Alias: "phone_number"}},
		{aliases("preferred_username"), "a@b.example", nil},
		{aliases("email"), "a@b.example", nil},
	} {
		for _, w := range []Writer{Invite, Self, Admin, Challenge} {
			expect(t, Check(c.pool, Unordered(map[string]string{"preferred_username": c.value}), w), c.want)
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

func TestAnAnswerGivesNothingThatTheUserHas(t *testing.T) {
	t.Parallel()
	u := &user.User{Attributes: map[string]string{"email": "a@b.example", "custom:fixed": "x", "name": "old"}}
	for _, c := range []struct {
		user        *user.User
		name, value string
		want        error
	}{
		{u, "name", "new", nil},
		{u, "phone_number", "+15550100", nil},
		{u, "email", "c@d.example", &ProvidedError{Name: "email"}},
		{u, "email", "a@b.example", &ProvidedError{Name: "email"}},
		{u, "custom:fixed", "x", &ImmutableError{Name: "custom:fixed", Writer: Challenge}},
		{u, "email_verified", "true", &ImmutableError{Name: "email_verified", Writer: Challenge}},
		{u, "sub", "x", &ImmutableError{Name: "sub", Writer: Challenge}},
		{u, "none", "x", &UnknownError{Names: []string{"none"}, Writer: Challenge}},
		{&user.User{}, "custom:fixed", "y", nil},
		{&user.User{}, "email", "a@b.example", nil},
	} {
		expect(t, CheckAnswer(world(), &client.Client{}, c.user, map[string]string{c.name: c.value}), c.want)
	}
	locked := &client.Client{}
	locked.Doc.WriteAttributes = []string{"email"}
	expect(t, CheckAnswer(world(), locked, u, map[string]string{"name": "new"}), ErrUnwritable)
}
