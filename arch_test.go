// Package cardea_test parses every file of the module and fails where it breaks the layers of ARCHITECTURE.md or a
// measurable rule of CONTRIBUTING.md.
package cardea_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Limits of size.
const (
	maxFileLines     = 500
	maxFunctionLines = 80
	maxParameters    = 4
)

// tools is the layer of cmd/bench and cmd/internal: programs for working on this repository, which may import anything.
const tools = "tools"

// below says which layers each layer may import. Every package may import the packages inside it.
var below = map[string][]string{
	"cmd":      {"server", "platform"},
	"server":   {"server", "inbound", "feature", "engine", "record", "outbound", "spec", "platform"},
	"inbound":  {"feature", "engine", "spec", "platform"},
	"feature":  {"engine", "record", "outbound", "spec", "platform"},
	"engine":   {"engine", "record", "outbound", "spec", "platform"},
	"record":   {"spec", "platform"},
	"outbound": {"outbound", "spec", "platform"},
	"spec":     {"spec"},
	"platform": {"platform"},
}

// modules are the third-party modules that may be imported, each with its reason.
var modules = map[string]string{
	"github.com/alecthomas/kong":                        "command line: flags, environment and help from one struct",
	"github.com/aws/aws-lambda-go":                      "tests: a function as it is written for Lambda",
	"github.com/beevik/etree":                           "SAML: XML as a tree that keeps prefixes; the canonical form is made of it",
	"github.com/coreos/go-oidc/v3":                      "tests: another relying party, beside the client of identity providers",
	"github.com/ebitengine/purego":                      "calls OpenSSL's libcrypto without cgo; only with the tag openssl",
	"github.com/emersion/go-sasl":                       "tests: authentication of the SMTP server",
	"github.com/emersion/go-smtp":                       "tests: an SMTP server",
	"github.com/go-jose/go-jose/v4":                     "tokens of identity providers: JWS and JWK with lists of algorithms; tests: verifies our tokens",
	"github.com/go-webauthn/webauthn":                   "WebAuthn: the ceremonies, CBOR and COSE; maintained and complete",
	"github.com/google/go-cmp":                          "tests: readable differences",
	"github.com/jackc/pgx/v5":                           "the PostgreSQL driver",
	"github.com/mattermost/xml-roundtrip-validator":     "SAML: refuses XML that encoding/xml would not read as others do",
	"github.com/maxmind/mmdbwriter":                     "tests: writes location databases",
	"github.com/oschwald/maxminddb-golang/v2":           "MaxMind databases: where an address is; the file is the operator's",
	"github.com/pelletier/go-toml/v2":                   "configuration files, strict about unknown keys",
	"github.com/prometheus/client_golang":               "metrics",
	"github.com/rogpeppe/go-internal":                   "tests: testscript stories",
	"github.com/russellhaering/goxmldsig":               "SAML: the canonical form of XML that signatures are over",
	"github.com/wneessen/go-mail":                       "SMTP and MIME",
	"go.opentelemetry.io/otel":                          "traces for OpenTelemetry; off by default",
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace": "traces: spans in that form; the client is ours, since OpenTelemetry's brings gRPC (5 MB)",
	"go.opentelemetry.io/otel/sdk":                      "traces: which are recorded, and the queue of those to be sent",
	"go.opentelemetry.io/otel/trace":                    "traces: spans",
	"go.opentelemetry.io/proto/otlp":                    "traces: the form in which they are sent",
	"google.golang.org/protobuf":                        "traces: writes that form; the metrics bring it in any case",
	"go.yaml.in/yaml/v3":                                "tests: reads alert rules and other files of deploy",
	"golang.org/x/crypto":                               "argon2id; ACME, for certificates of domains",
	"golang.org/x/net":                                  "the public suffix list: a relying party's domain must not be on it; reading HTML as text",
	"golang.org/x/oauth2":                               "tests: the token requests of go-oidc's relying party",
	"golang.org/x/sync":                                 "one call for all who ask another token service the same at once",
	"golang.org/x/text":                                 "the languages of pages: matching, plural rules",
	"golang.org/x/sys":                                  "a function's process: limits on Linux, job objects on Windows",
	"modernc.org/sqlite":                                "embedded SQL without cgo",
	"rsc.io/qr":                                         "QR codes of authenticator keys",
	"pgregory.net/rapid":                                "tests: properties",
	"zombiezen.com/go/sqlite":                           "SQLite's own interface on modernc.org/sqlite: half the cost of its driver",
}

// source is one parsed file.
type source struct {
	path      string // slash-separated, from the root
	dir       string
	layer     string // first element of dir; tools for cmd/bench and cmd/internal; "" at the root
	test      bool
	generated bool
	lines     int
	file      *ast.File
	set       *token.FileSet
}

func (s source) at(pos token.Pos) string {
	return fmt.Sprintf("%s:%d", s.path, s.set.Position(pos).Line)
}

// imports lists what the file imports.
func (s source) imports() []string {
	var all []string
	for _, spec := range s.file.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		all = append(all, name)
	}
	return all
}

// sources parses every Go file of this module; folders with a go.mod of their own are other modules.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	set := token.NewFileSet()
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			_, other := os.Stat(filepath.Join(name, "go.mod"))
			hidden := name != "." && strings.HasPrefix(entry.Name(), ".")
			if hidden || entry.Name() == "node_modules" || entry.Name() == "testdata" || (name != "." && other == nil) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		all = append(all, describe(filepath.ToSlash(name), string(text), file, set))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func describe(name, text string, file *ast.File, set *token.FileSet) source {
	dir := path.Dir(name)
	layer, _, _ := strings.Cut(dir, "/")
	switch {
	case layer == ".":
		layer = ""
	case dir == "cmd/bench", strings.HasPrefix(dir, "cmd/internal/"):
		layer = tools
	}
	return source{
		path: name, dir: dir, layer: layer, file: file, set: set,
		test:      strings.HasSuffix(name, "_test.go"),
		generated: strings.HasSuffix(name, ".gen.go"),
		lines:     strings.Count(text, "\n"),
	}
}

// testOnly reports whether the package exists for tests: its name ends in "test", like servertest or dbtest, or that of
// a folder it is in does.
func (s source) testOnly() bool {
	return s.test || strings.Contains(s.dir+"/", "test/")
}

func TestImportsPointDown(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		allowed, known := below[s.layer]
		if !known || s.testOnly() {
			continue // the root, tools, conformance and tests may import anything
		}
		for _, name := range s.imports() {
			inside, ok := strings.CutPrefix(name, "cardea/")
			if !ok {
				continue
			}
			layer, _, _ := strings.Cut(inside, "/")
			switch {
			case inside == s.dir || strings.HasPrefix(inside, s.dir+"/"):
				// a package's own inner packages
			case !slices.Contains(allowed, layer):
				t.Errorf("%s: %s must not import %s", s.path, s.layer, inside)
			}
			if strings.HasSuffix(path.Base(inside), "test") {
				t.Errorf("%s: the product imports the test helper %s", s.path, inside)
			}
		}
	}
}

// TestTheDefaultBinaryIsPureGo lists what the binaries are made of: foreign code is in that with OpenSSL alone.
func TestTheDefaultBinaryIsPureGo(t *testing.T) {
	t.Parallel()
	for tags, want := range map[string]bool{"": false, "openssl": true} {
		list := exec.Command("go", "list", "-deps", "-tags", tags, "./cmd/cardea")
		list.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
		text, err := list.Output()
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		packages := strings.Fields(string(text))
		if got := slices.Contains(packages, "github.com/ebitengine/purego"); got != want || slices.Contains(packages, "runtime/cgo") {
			t.Errorf("tags %q: github.com/ebitengine/purego is a part of it: %t, want %t", tags, got, want)
		}
	}
}

func TestEveryFolderBelongsToALayer(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		_, known := below[s.layer]
		if !known && !slices.Contains([]string{"", tools, "conformance"}, s.layer) {
			t.Errorf("%s: %s belongs to no layer", s.path, s.layer)
		}
	}
}

// rowWriters are the functions of record/user that write what engine/account keeps in step.
var rowWriters = []string{"Insert", "Update", "UpdateCredentials", "Delete", "Claim", "Release", "Index", "Unindex"}

func TestUsersAreWrittenByAccountAlone(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.testOnly() || s.dir == "engine/account" || !slices.Contains(s.imports(), "cardea/record/user") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			name, ok := n.(*ast.SelectorExpr)
			if !ok || !slices.Contains(rowWriters, name.Sel.Name) {
				return true
			}
			if from, ok := name.X.(*ast.Ident); ok && from.Name == "user" {
				t.Errorf("%s: user.%s; a user's row is written by engine/account", s.at(name.Pos()), name.Sel.Name)
			}
			return true
		})
	}
}

func TestGoroutinesStartInServerAndPlatform(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.testOnly() || slices.Contains([]string{"server", "platform", "conformance", tools, ""}, s.layer) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if statement, ok := n.(*ast.GoStmt); ok {
				t.Errorf("%s: a go statement outside server and platform", s.at(statement.Pos()))
			}
			return true
		})
	}
}

func TestFilesAndFunctionsStaySmall(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.generated {
			continue
		}
		if s.lines > maxFileLines {
			t.Errorf("%s: %d lines, at most %d", s.path, s.lines, maxFileLines)
		}
		for _, declaration := range s.file.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if lines := s.set.Position(function.End()).Line - s.set.Position(function.Pos()).Line + 1; lines > maxFunctionLines {
				t.Errorf("%s: %s has %d lines, at most %d", s.at(function.Pos()), function.Name.Name, lines, maxFunctionLines)
			}
			if n := parameters(function); n > maxParameters && !s.testOnly() {
				t.Errorf("%s: %s has %d parameters, at most %d, then a struct", s.at(function.Pos()), function.Name.Name, n, maxParameters)
			}
		}
	}
}

// parameters counts a function's parameters, without a context, a transaction and a box at their front.
func parameters(function *ast.FuncDecl) int {
	n := 0
	for _, field := range function.Type.Params.List {
		if n == 0 && surrounding(field.Type) {
			continue
		}
		n += max(1, len(field.Names))
	}
	return n
}

// surrounding reports whether a type is context.Context, *db.Tx or *seal.Box.
func surrounding(kind ast.Expr) bool {
	if pointer, ok := kind.(*ast.StarExpr); ok {
		kind = pointer.X
	}
	selector, ok := kind.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	from, ok := selector.X.(*ast.Ident)
	return ok && slices.Contains([]string{"context.Context", "db.Tx", "seal.Box"}, from.Name+"."+selector.Sel.Name)
}

func TestEveryPackageExplainsItself(t *testing.T) {
	t.Parallel()
	explained := map[string]bool{}
	for _, s := range sources(t) {
		if s.test || s.layer == "" {
			continue
		}
		explained[s.dir] = explained[s.dir] || (path.Base(s.path) == "doc.go" && s.file.Doc != nil)
	}
	for dir, ok := range explained {
		if !ok {
			t.Errorf("%s has no doc.go with a package comment", dir)
		}
	}
}

func TestNoTestIsSkipped(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			name, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			from, ok := name.X.(*ast.Ident)
			skips := strings.HasPrefix(name.Sel.Name, "Skip") && s.testOnly()
			if ok && skips && slices.Contains([]string{"t", "b", "f", "tb"}, from.Name) || ok && from.Name == "testing" && name.Sel.Name == "Short" {
				t.Errorf("%s: %s.%s; a test that cannot run fails and says what is missing", s.at(name.Pos()), from.Name, name.Sel.Name)
			}
			return true
		})
	}
}

// vague are package names that do not say what is in a package.
var vague = []string{"util", "utils", "common", "helper", "helpers", "base", "misc", "shared"}

func TestPackageNamesSaySomething(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if slices.Contains(vague, s.file.Name.Name) {
			t.Errorf("%s: package %s says nothing", s.path, s.file.Name.Name)
		}
	}
}

// clocks are the layers whose code takes the time from a transaction or a Now field, never from time.Now.
var clocks = []string{"feature", "engine", "record", "spec"}

func TestTimeComesFromTheTransactionOrNow(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.testOnly() || !slices.Contains(clocks, s.layer) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			name, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || (name.Sel.Name != "Now" && name.Sel.Name != "Since" && name.Sel.Name != "Until") {
				return true
			}
			if from, ok := name.X.(*ast.Ident); ok && from.Name == "time" {
				t.Errorf("%s: time.%s; take the time from tx.Now or a Now field", s.at(call.Pos()), name.Sel.Name)
			}
			return true
		})
	}
}

func TestThirdPartyModulesAreOnTheList(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, s := range sources(t) {
		for _, name := range s.imports() {
			host, _, _ := strings.Cut(name, "/")
			if !strings.Contains(host, ".") {
				continue // the standard library and this module
			}
			module := moduleOf(name)
			if module == "" {
				t.Errorf("%s: %s belongs to no module on the list", s.path, name)
			}
			used[module] = true
		}
	}
	for module := range modules {
		if !used[module] {
			t.Errorf("%s is on the list and not used", module)
		}
	}
	for _, module := range directRequirements(t) {
		if modules[module] == "" {
			t.Errorf("go.mod requires %s, which is not on the list", module)
		}
	}
}

// moduleOf is the module of a package: of those on the list the one with the longest name.
func moduleOf(name string) string {
	longest := ""
	for module := range modules {
		if (name == module || strings.HasPrefix(name, module+"/")) && len(module) > len(longest) {
			longest = module
		}
	}
	return longest
}

// directRequirements lists what go.mod requires without "// indirect".
func directRequirements(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	var direct []string
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(fields) == 2 && strings.HasPrefix(fields[1], "v") && strings.Contains(fields[0], ".") {
			direct = append(direct, fields[0])
		}
	}
	return direct
}
