package awsmanaged

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"cardea/spec/iampolicy"
)

// file is a policy as policies/*.json holds it.
type file struct {
	ID, Path, Description, Version string
	Created, Updated               time.Time
	Document                       json.RawMessage
}

// load compiles the embedded policies. They are part of the program: one that is wrong stops it at once.
func load() []*Policy {
	entries, err := files.ReadDir("policies")
	if err != nil {
		panic(err)
	}
	var list []*Policy
	for _, entry := range entries {
		list = append(list, loadOne(entry.Name()))
	}
	slices.SortFunc(list, func(a, b *Policy) int { return strings.Compare(a.ARN("aws"), b.ARN("aws")) })
	return list
}

func loadOne(name string) *Policy {
	text, err := files.ReadFile(path.Join("policies", name))
	if err != nil {
		panic(err)
	}
	var f file
	if err := json.Unmarshal(text, &f); err != nil {
		panic(fmt.Errorf("read %s: %w", name, err))
	}
	return &Policy{
		ID: f.ID, Name: strings.TrimSuffix(name, ".json"), Path: f.Path, Description: f.Description, Version: f.Version,
		Created: f.Created, Updated: f.Updated, Compiled: compile(name, string(f.Document)),
	}
}

func compile(name, document string) *iampolicy.Policy {
	p, err := iampolicy.Load(document, iampolicy.Managed)
	if err != nil {
		panic(fmt.Errorf("compile %s: %w", name, err))
	}
	return p
}

func index(list []*Policy) map[string]*Policy {
	named := map[string]*Policy{}
	for _, p := range list {
		named[strings.TrimPrefix(p.Path, "/")+p.Name] = p
	}
	return named
}
