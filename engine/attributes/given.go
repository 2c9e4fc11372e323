package attributes

import (
	"maps"
	"slices"
	"strings"

	"cardea/spec/cognitoidp"
)

// Given are the attributes that a request names. An empty value stands for removal.
type Given struct {
	Names  []string // each once, in the request's order
	Values map[string]string
}

// Parse reads a request's list; of a name given twice the last value counts.
func Parse(list []cognitoidp.AttributeType) Given {
	given := Given{Values: make(map[string]string, len(list))}
	for _, attribute := range list {
		value := attribute.Value
		if isFlag(attribute.Name) {
			value = strings.ToLower(value) // "True" is what Python's clients send
		}
		given.set(attribute.Name, value)
	}
	return given
}

// Cleared is the update that removes the named attributes.
func Cleared(names []string) Given {
	given := Given{Values: make(map[string]string, len(names))}
	for _, name := range names {
		given.set(name, "")
	}
	return given
}

// Unordered are attributes of a request that gives them in no order; they are listed by name.
func Unordered(values map[string]string) Given {
	return Given{Names: slices.Sorted(maps.Keys(values)), Values: values}
}

func (g *Given) set(name, value string) {
	if _, known := g.Values[name]; !known {
		g.Names = append(g.Names, name)
	}
	g.Values[name] = value
}
