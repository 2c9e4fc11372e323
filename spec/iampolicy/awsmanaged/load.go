package awsmanaged

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"cardea/spec/iampolicy"
)

// file is a policy as policies/<name>.json holds it.
type file struct {
	Path, Description, Version, Date string
	Document                         json.RawMessage
}

// load compiles the embedded policies. They are part of the program: tests load them all, and one that is wrong panics.
func load() *table {
	entries, err := files.ReadDir("policies")
	if err != nil {
		panic(err)
	}
	t := &table{byName: map[string]*Policy{}}
	for _, entry := range entries {
		p := loadOne(entry.Name())
		t.list = append(t.list, p)
		t.byName[strings.TrimPrefix(p.Path, "/")+p.Name] = p
	}
	slices.SortFunc(t.list, func(a, b *Policy) int { return strings.Compare(a.ARN("aws"), b.ARN("aws")) })
	t.guests = []*iampolicy.Policy{compile("guests.json", guestsDocument), t.byName["AmazonCognitoUnAuthedIdentitiesSessionPolicy"].Compiled}
	return t
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
	changed, err := time.Parse(time.DateOnly, f.Date)
	if err != nil {
		panic(fmt.Errorf("read %s: %w", name, err))
	}
	name = strings.TrimSuffix(name, ".json")
	return &Policy{
		ID: id(name), Name: name, Path: f.Path, Description: f.Description, Version: f.Version, Changed: changed,
		Compiled: compile(name, strings.ReplaceAll(string(f.Document), "\n  ", "\n")),
	}
}

// id makes the unique id of a policy.
func id(name string) string {
	sum := sha256.Sum256([]byte(name))
	return "ANPA" + base32.StdEncoding.EncodeToString(sum[:])[:17]
}

func compile(name, document string) *iampolicy.Policy {
	p, err := iampolicy.Load(document, iampolicy.Managed)
	if err != nil {
		panic(fmt.Errorf("compile %s: %w", name, err))
	}
	return p
}
