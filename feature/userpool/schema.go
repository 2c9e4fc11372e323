package userpool

import (
	"slices"
	"strings"

	"cardea/spec/cognitoidp"
)

// maxCustom is how many custom attributes a pool may have.
const maxCustom = 50

// newSchema gives the attributes of a new pool: the twenty that every pool has, altered as the request says, and behind
// them the custom ones in the order given.
func newSchema(requested []cognitoidp.SchemaAttributeType) ([]cognitoidp.SchemaAttributeType, error) {
	schema := standardAttributes()
	var customs []cognitoidp.SchemaAttributeType
	altering := map[string]bool{}
	for _, attribute := range requested {
		i := slices.IndexFunc(schema, func(s cognitoidp.SchemaAttributeType) bool { return s.Name == attribute.Name })
		if i < 0 {
			customs = append(customs, attribute)
			continue
		}
		if altering[attribute.Name] {
			return nil, cognitoidp.InvalidParameter("Duplicate attribute names " + attribute.Name + " are not allowed in a user pool schema.")
		}
		altering[attribute.Name] = true
		altered, err := override(schema[i], attribute)
		if err != nil {
			return nil, err
		}
		schema[i] = altered
	}
	return addCustoms(schema, customs, func(name, _ string) string {
		return "Duplicate custom attribute names " + name + " are not allowed in a user pool schema."
	})
}

// addCustoms appends custom attributes to a schema; duplicate makes the fault for a name that the schema already has,
// with or without the prefix of attributes for developers.
func addCustoms(schema, customs []cognitoidp.SchemaAttributeType, duplicate func(name, existing string) string) ([]cognitoidp.SchemaAttributeType, error) {
	schema = slices.Clone(schema)
	for _, requested := range customs {
		attribute, err := custom(requested)
		if err != nil {
			return nil, err
		}
		bare := strings.TrimPrefix(attribute.Name, "dev:")
		i := slices.IndexFunc(schema, func(s cognitoidp.SchemaAttributeType) bool { return strings.TrimPrefix(s.Name, "dev:") == bare })
		if i >= 0 {
			return nil, cognitoidp.InvalidParameter(duplicate(attribute.Name, schema[i].Name))
		}
		schema = append(schema, attribute)
	}
	if len(schema) > len(standardAttributes())+maxCustom {
		return nil, cognitoidp.InvalidParameter("1 validation error detected: Value at 'schema' failed to satisfy constraint: Member must have length less than or equal to 50")
	}
	return schema, nil
}

// custom makes the stored form of a custom attribute. Its name may come with or without the prefixes that it will have:
// "team", "custom:team" and, for developers only, "dev:custom:team".
func custom(requested cognitoidp.SchemaAttributeType) (cognitoidp.SchemaAttributeType, error) {
	name, developer := strings.CutPrefix(requested.Name, "dev:")
	developer = developer || isTrue(requested.DeveloperOnlyAttribute)
	name = "custom:" + strings.TrimPrefix(name, "custom:")
	if name == "custom:" {
		return requested, cognitoidp.InvalidParameter("Invalid name for schema attribute " + requested.Name)
	}
	if developer {
		name = "dev:" + name
	}
	if isTrue(requested.Required) {
		return requested, cognitoidp.InvalidParameter("Required custom attributes are not supported currently.")
	}

	attribute := cognitoidp.SchemaAttributeType{
		Name:                   name,
		AttributeDataType:      requested.AttributeDataType,
		DeveloperOnlyAttribute: new(developer),
		Mutable:                new(requested.Mutable == nil || *requested.Mutable),
		Required:               new(false),
	}
	switch requested.AttributeDataType {
	case "":
		return requested, cognitoidp.InvalidParameter("Invalid AttributeDataType input, consider using the provided AttributeDataType enum.")
	case cognitoidp.AttributeDataTypeString:
		attribute.StringAttributeConstraints = &cognitoidp.StringAttributeConstraintsType{}
	case cognitoidp.AttributeDataTypeNumber:
		attribute.NumberAttributeConstraints = &cognitoidp.NumberAttributeConstraintsType{}
	}
	return attribute, constrain(&attribute, requested)
}

// override alters a standard attribute: whether it is required or mutable, and its constraints.
func override(standard, requested cognitoidp.SchemaAttributeType) (cognitoidp.SchemaAttributeType, error) {
	sameType := requested.AttributeDataType == "" || requested.AttributeDataType == standard.AttributeDataType
	if !sameType || isTrue(requested.DeveloperOnlyAttribute) {
		return standard, cognitoidp.InvalidParameter("You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute " + standard.Name)
	}
	if standard.Name == "sub" {
		return standard, nil // always required, immutable and assigned by the pool
	}
	if requested.Required != nil {
		standard.Required = requested.Required
	}
	if requested.Mutable != nil {
		standard.Mutable = requested.Mutable
	}
	return standard, constrain(&standard, requested)
}

func isTrue(claim *bool) bool { return claim != nil && *claim }
