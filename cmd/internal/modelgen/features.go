package main

import (
	"fmt"
	"os"
	"strings"
)

// feature is a package under feature/ with the operations that it answers.
type feature struct {
	name       string
	operations []*operation // in the file's order
}

// readFeatures reads features.txt: "name: Operation Operation ~NotYetBuilt", continued on lines that start with blanks.
func readFeatures(path string, operations map[string]*operation) ([]*feature, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	features, err := parseFeatures(string(text), operations)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return features, nil
}

func parseFeatures(text string, operations map[string]*operation) ([]*feature, error) {
	var features []*feature
	names := make(map[string]bool)
	for _, line := range lines(text) {
		claims := line
		if !strings.HasPrefix(line, " ") {
			name, rest, found := strings.Cut(line, ":")
			if !found || names[name] {
				return nil, fmt.Errorf("%q: want a new feature's name and a colon", line)
			}
			names[name] = true
			features = append(features, &feature{name: name})
			claims = rest
		}
		if len(features) == 0 {
			return nil, fmt.Errorf("%q: operations before the first feature", line)
		}
		if err := features[len(features)-1].claim(strings.Fields(claims), operations); err != nil {
			return nil, err
		}
	}
	for _, op := range operations {
		if op.feature == nil {
			return nil, fmt.Errorf("operation %s is claimed by no feature", op.Name)
		}
	}
	return features, nil
}

func (f *feature) claim(names []string, operations map[string]*operation) error {
	for _, name := range names {
		name, missing := strings.CutPrefix(name, "~")
		op := operations[name]
		if op == nil {
			return fmt.Errorf("feature %s claims %s, which the model does not have", f.name, name)
		}
		if op.feature != nil {
			return fmt.Errorf("operation %s is claimed by %s and by %s", name, op.feature.name, f.name)
		}
		op.feature, op.built = f, !missing
		f.operations = append(f.operations, op)
	}
	return nil
}

// built are the feature's operations that are not marked as missing.
func (f *feature) built() []*operation {
	var built []*operation
	for _, op := range f.operations {
		if op.built {
			built = append(built, op)
		}
	}
	return built
}

// typeName is the name of the feature's interface and of its field in the API struct.
func (f *feature) typeName() string { return upper(f.name) }
