package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// model is a service description with what features.txt and optional.txt add to it.
type model struct {
	Package      string `json:"-"`
	Service      string
	Title        string // the service's name, for people
	Version      string
	Protocol     string // "json" or "query"
	TargetPrefix string // of a service that speaks JSON
	XMLNamespace string // of a service that speaks the query protocol
	SigningName  string
	Operations   map[string]*operation
	Shapes       map[string]*shape `json:"-"`
	Features     []*feature        `json:"-"`
	Categories   []category        `json:"-"`
}

type operation struct {
	Name    string `json:"-"`
	Input   string
	Output  string // empty when the answer has no body
	Errors  []string
	Auth    string   // "sigv4" or "none"
	feature *feature // that claims it
	built   bool

	category string // by which its requests are counted

	permissions []permission
	exempt      bool // no policy is asked before it runs
}

type shape struct {
	name      string
	Type      string
	Min, Max  *int64
	Pattern   string
	Enum      []string
	Sensitive bool
	Box       bool
	Document  bool
	Exception bool
	Fault     bool // an exception that is the server's fault
	Error     *struct {
		Code           string
		HTTPStatusCode int
	} // how the query protocol writes an exception, if not by its name
	Member   *member
	Key      *member
	Value    *member
	Members  members
	Required []string
}

type member struct {
	name  string
	Shape string
	Box   bool
}

// code is what an exception is called in answers.
func (s *shape) code() string {
	if s.Error != nil {
		return s.Error.Code
	}
	return s.name
}

// members are a structure's, in the order of the file.
type members []member

// UnmarshalJSON keeps the order, which a map would lose.
func (ms *members) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if _, err := decoder.Token(); err != nil {
		return err
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		m := member{name: name.(string)}
		if err := decoder.Decode(&m); err != nil {
			return err
		}
		*ms = append(*ms, m)
	}
	return nil
}

// load reads the description, the features and the optional shapes from folder.
func load(folder string) (*model, error) {
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	m := &model{Package: filepath.Base(absolute)}
	if err := readJSON(filepath.Join(folder, "model", "operations.json"), m); err != nil {
		return nil, err
	}
	if err := readJSON(filepath.Join(folder, "model", "shapes.json"), &m.Shapes); err != nil {
		return nil, err
	}
	for name, s := range m.Shapes {
		s.name = name
	}
	for name, op := range m.Operations {
		op.Name = name
	}
	if m.Features, err = readFeatures(filepath.Join(folder, "features.txt"), m.Operations); err != nil {
		return nil, err
	}
	if err := m.readAuthorization(filepath.Join(folder, "authorization.txt")); err != nil {
		return nil, err
	}
	if err := m.readCategories(filepath.Join(folder, "categories.txt")); err != nil {
		return nil, err
	}
	return m, m.readOptional(filepath.Join(folder, "optional.txt"))
}

func readJSON(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// readOptional marks the shapes that the file names as boxed.
func (m *model) readOptional(path string) error {
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, line := range lines(string(text)) {
		s, ok := m.Shapes[line]
		if !ok {
			return fmt.Errorf("%s: the model has no shape %s", path, line)
		}
		s.Box = true
	}
	return nil
}

// lines are the lines of a text without comments and empty ones. Blanks before a line stay.
func lines(text string) []string {
	var kept []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		if line != "" && !strings.HasPrefix(line, "#") {
			kept = append(kept, line)
		}
	}
	return kept
}

// check refuses a model whose parts do not fit together.
func (m *model) check() error {
	if m.Protocol != "json" && m.Protocol != "query" {
		return fmt.Errorf("unknown protocol %q", m.Protocol)
	}
	for _, op := range m.operations() {
		for _, name := range append([]string{op.Input}, op.Errors...) {
			if m.Shapes[name] == nil {
				return fmt.Errorf("operation %s: no shape %s", op.Name, name)
			}
		}
		if op.Output != "" && m.Shapes[op.Output] == nil {
			return fmt.Errorf("operation %s: no shape %s", op.Name, op.Output)
		}
		if op.Auth != "sigv4" && op.Auth != "none" {
			return fmt.Errorf("operation %s: unknown auth %q", op.Name, op.Auth)
		}
	}
	for _, s := range m.shapes() {
		for _, ref := range s.references() {
			if m.Shapes[ref] == nil {
				return fmt.Errorf("shape %s: no shape %s", s.name, ref)
			}
		}
	}
	return m.checkNames()
}

// checkNames refuses generated names that stand for two things.
func (m *model) checkNames() error {
	seen := map[string]string{"API": "the API struct"}
	claim := func(name, what string) error {
		if other, taken := seen[name]; taken {
			return fmt.Errorf("the name %s stands for %s and for %s", name, other, what)
		}
		seen[name] = what
		return nil
	}
	for _, s := range m.shapes() {
		var err error
		switch {
		case s.Exception:
			err = claim(s.constructor(), "the fault "+s.name)
		case s.Type == "structure" && !s.Document:
			err = claim(s.name, "the struct "+s.name)
		}
		if err != nil {
			return err
		}
		for _, value := range s.Enum {
			if err := claim(s.constant(value), "the value "+value+" of "+s.name); err != nil {
				return err
			}
		}
	}
	for _, f := range m.Features {
		if err := claim(f.typeName(), "the feature "+f.name); err != nil {
			return err
		}
	}
	return nil
}

// references are the names of the shapes that s is made of.
func (s *shape) references() []string {
	var refs []string
	for _, part := range []*member{s.Member, s.Key, s.Value} {
		if part != nil {
			refs = append(refs, part.Shape)
		}
	}
	for _, mem := range s.Members {
		refs = append(refs, mem.Shape)
	}
	return refs
}

// reach adds to set the shape called name and all that it is made of.
func (m *model) reach(name string, set map[string]bool) {
	if set[name] {
		return
	}
	set[name] = true
	for _, ref := range m.Shapes[name].references() {
		m.reach(ref, set)
	}
}

// operations are all operations by name.
func (m *model) operations() []*operation {
	return slices.SortedFunc(maps.Values(m.Operations), func(a, b *operation) int { return strings.Compare(a.Name, b.Name) })
}

// shapes are all shapes by name.
func (m *model) shapes() []*shape {
	return slices.SortedFunc(maps.Values(m.Shapes), func(a, b *shape) int { return strings.Compare(a.name, b.name) })
}
