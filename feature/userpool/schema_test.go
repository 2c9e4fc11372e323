package userpool_test

import (
	"strings"
	"testing"

	"cardea/server/servertest"
)

func TestCreateUserPoolRefusesSchemasThatCognitoRefuses(t *testing.T) {
	t.Parallel()

	attribute := func(changes M) M {
		return member("Schema", []M{servertest.With(M{"Name": "team", "AttributeDataType": "String"}, changes)})
	}
	lengths := func(least, most string) M {
		return M{"StringAttributeConstraints": M{"MinLength": least, "MaxLength": most}}
	}
	values := func(least, most string) M {
		return M{"AttributeDataType": "Number", "NumberAttributeConstraints": M{"MinValue": least, "MaxValue": most}}
	}
	cases := []struct {
		given M
		want  string
	}{
		{attribute(M{"Required": true}), "Required custom attributes are not supported currently."},
		{attribute(M{"AttributeDataType": nil}), "Invalid AttributeDataType input, consider using the provided AttributeDataType enum."},
		{attribute(lengths("5", "4")), "Attribute custom:team cannot have a max length shorter than it's min length"},
		{attribute(lengths("-1", "4")), "Invalid MinLength for schema attribute custom:team"},
		{attribute(lengths("1", "many")), "Invalid StringAttributeConstraints for schema attribute custom:team"},
		{attribute(servertest.With(lengths("many", ""), M{"Name": "email"})), "Invalid StringAttributeConstraints for schema attribute email"},
		{attribute(servertest.With(lengths("1", "4"), M{"AttributeDataType": "Number"})), "Invalid StringAttributeConstraints for schema attribute custom:team"},
		{attribute(servertest.With(values("1", "4"), M{"AttributeDataType": "String"})), "Invalid NumberAttributeConstraints for schema attribute custom:team"},
		{attribute(servertest.With(values("1", "4"), M{"AttributeDataType": nil, "Name": "birthdate"})), "Invalid NumberAttributeConstraints for schema attribute birthdate"},
		{attribute(servertest.With(values("5", "4"), M{"Name": "updated_at"})), "user.updated_at: Max value cannot be less than min value."},
		{attribute(lengths("1", "2049")), "user.custom:team: String attributes cannot have a length of more than 2048"},
		{attribute(values("5", "4")), "Attribute custom:team cannot have a max value smaller than it's min value"},
		{attribute(values("", "1.5")), "Invalid NumberAttributeConstraints for schema attribute custom:team"},
		{attribute(values(strings.Repeat("9", 65), "")), "Invalid NumberAttributeConstraints for schema attribute custom:team"},
		{attribute(M{"Name": "custom:"}), ""},
		{attribute(M{"Name": "email", "AttributeDataType": "Number"}), "You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute email"},
		{attribute(M{"Name": "email", "DeveloperOnlyAttribute": true}), "You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute email"},
		{attribute(servertest.With(lengths("5", "4"), M{"Name": "email"})), "user.email: Max length cannot be less than min length."},
		{member("Schema", []M{{"Name": "email", "Required": true}, {"Name": "email", "Mutable": true}}), "Duplicate attribute names email are not allowed in a user pool schema."},
		{member("Schema", []M{{"Name": "team", "AttributeDataType": "String"}, {"Name": "dev:custom:team", "AttributeDataType": "String"}}), "Duplicate custom attribute names dev:custom:team are not allowed in a user pool schema."},
		{member("Schema", []M{{"Name": "team", "AttributeDataType": "String"}, {"Name": "custom:team", "AttributeDataType": "Number"}}), "Duplicate custom attribute names custom:team are not allowed in a user pool schema."},
	}
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		for _, c := range cases {
			w.Fails(t, "CreateUserPool", servertest.With(M{"PoolName": "test"}, c.given), "InvalidParameterException", c.want)
		}
	})
}
