package userpool

import "cardea/spec/cognitoidp"

// standardAttributes are those that every pool has, in the order and with the constraints that Cognito gives them
// (docs/cognito/pools-and-clients.md, "Standard attributes").
func standardAttributes() []cognitoidp.SchemaAttributeType {
	sub := text("sub", "1", "2048")
	sub.Mutable, sub.Required = new(false), new(true)
	updatedAt := standard("updated_at", cognitoidp.AttributeDataTypeNumber)
	updatedAt.NumberAttributeConstraints = &cognitoidp.NumberAttributeConstraintsType{MinValue: "0"}

	return []cognitoidp.SchemaAttributeType{
		sub,
		text("name", "0", "2048"),
		text("given_name", "0", "2048"),
		text("family_name", "0", "2048"),
		text("middle_name", "0", "2048"),
		text("nickname", "0", "2048"),
		text("preferred_username", "0", "2048"),
		text("profile", "0", "2048"),
		text("picture", "0", "2048"),
		text("website", "0", "2048"),
		text("email", "0", "2048"),
		standard("email_verified", cognitoidp.AttributeDataTypeBoolean),
		text("gender", "0", "2048"),
		text("birthdate", "10", "10"),
		text("zoneinfo", "0", "2048"),
		text("locale", "0", "2048"),
		text("phone_number", "0", "2048"),
		standard("phone_number_verified", cognitoidp.AttributeDataTypeBoolean),
		text("address", "0", "2048"),
		updatedAt,
	}
}

func standard(name, dataType string) cognitoidp.SchemaAttributeType {
	return cognitoidp.SchemaAttributeType{
		Name:                   name,
		AttributeDataType:      dataType,
		DeveloperOnlyAttribute: new(false),
		Mutable:                new(true),
		Required:               new(false),
	}
}

func text(name, least, most string) cognitoidp.SchemaAttributeType {
	attribute := standard(name, cognitoidp.AttributeDataTypeString)
	attribute.StringAttributeConstraints = &cognitoidp.StringAttributeConstraintsType{MinLength: least, MaxLength: most}
	return attribute
}
