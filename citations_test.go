package cardea_test

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	// document is a file or folder under docs, with the headings that may follow it, as in comments of this module:
	// `docs/cognito/sign-in.md, "SRP" and "Devices"`.
	document = regexp.MustCompile(`docs/[\w/-]*\w(\.md)?((?:,? (?:and )?"[^"]+")*)`)
	quoted   = regexp.MustCompile(`"([^"]+)"`)
	heading  = regexp.MustCompile(`(?m)^#+ (.+)$`)

	// section is a section sign with what leads to it.
	section = regexp.MustCompile(`(.{0,40})§`)

	// standard is a publication whose sections anyone can look up.
	standard = regexp.MustCompile(`RFC \d+|WebAuthn|Web Authentication|Level 3|OpenID Connect|SAML (?:Core|Bindings|Profiles|Metadata)|XML Signature|XML Encryption`)
)

func TestCommentsCiteWhatIsThere(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		for _, group := range s.file.Comments {
			text := strings.Join(strings.Fields(group.Text()), " ")
			for _, citation := range document.FindAllStringSubmatch(text, -1) {
				if problem := look(citation[0], citation[2]); problem != "" {
					t.Errorf("%s: %s", s.at(group.Pos()), problem)
				}
			}
			for _, lead := range section.FindAllStringSubmatch(text, -1) {
				if !standard.MatchString(lead[1]) {
					t.Errorf("%s: %q cites a section of no public standard", s.at(group.Pos()), lead[0])
				}
			}
		}
	}
}

// look says what is wrong with a citation: the document does not exist, or has no such heading.
func look(citation, headings string) string {
	name := strings.TrimSuffix(citation, headings)
	if headings == "" {
		if found, _ := filepath.Glob(name + "*"); len(found) == 0 { // docs/decisions/0010 stands for the whole name
			return name + " is not there"
		}
		return ""
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return err.Error()
	}
	var has []string
	for _, found := range heading.FindAllStringSubmatch(string(text), -1) {
		has = append(has, found[1])
	}
	for _, wanted := range quoted.FindAllStringSubmatch(headings, -1) {
		if !slices.Contains(has, wanted[1]) {
			return name + " has no heading " + wanted[0]
		}
	}
	return ""
}

func TestCitationsAreLookedUp(t *testing.T) {
	t.Parallel()
	for text, right := range map[string]bool{
		`docs/cognito/sign-in.md, "SRP" and "Devices"`:  true,
		`docs/cognito/sign-in.md, "Sessions", "SRP"`:    true,
		`docs/cognito/sign-in.md, "SRP" and "Nonsense"`: false,
		`docs/cognito/nonsense.md`:                      false,
		`docs/cognito/nonsense.md, "SRP"`:               false,
		`docs/decisions/0010`:                           true,
		`docs/decisions`:                                true,
		`docs/decisions/9999`:                           false,
	} {
		citation := document.FindStringSubmatch("see " + text + ", and more")
		if got := look(citation[0], citation[2]) == ""; citation[0] != text || got != right {
			t.Errorf("%s: read as %s, right: %t, want %t", text, citation[0], got, right)
		}
	}
}

// pages are the documents of this repository.
func pages() (all []string) {
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md"} {
		found, _ := filepath.Glob(pattern) // the patterns are well formed
		all = append(all, found...)
	}
	return all
}

// markdownLink is a link to a file of this repository, with the heading that may follow it.
var markdownLink = regexp.MustCompile(`\]\(([\w./-]+\.md)(?:#([\w-]+))?\)`)

func TestDocumentsLinkToWhatIsThere(t *testing.T) {
	t.Parallel()
	for _, page := range pages() {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range markdownLink.FindAllStringSubmatch(string(text), -1) {
			target, err := os.ReadFile(filepath.Join(filepath.Dir(page), link[1]))
			if err != nil {
				t.Errorf("%s: %v", page, err)
				continue
			}
			if link[2] != "" && !slices.Contains(anchors(string(target)), link[2]) {
				t.Errorf("%s: %s has no heading %s", page, link[1], link[2])
			}
		}
	}
}

// separator is a bar between the cells of a table.
var separator = regexp.MustCompile(`(?:^|[^\\])\|`)

func TestRowsOfTablesHaveAllCells(t *testing.T) {
	t.Parallel()
	for _, page := range pages() {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		cells, former := 0, ""
		for line := range strings.Lines(string(text)) {
			count := len(separator.FindAllString(inCode.ReplaceAllString(line, "code"), -1))
			switch {
			case strings.HasPrefix(line, "|-"):
				cells = len(separator.FindAllString(former, -1))
			case strings.TrimSpace(line) == "":
				cells = 0
			}
			if cells != 0 && count != cells {
				t.Errorf("%s: a row has %d bars, not %d: %.80s", page, count, cells, line)
			}
			former = line
		}
	}
}

var inCode = regexp.MustCompile("`[^`]*`")

// anchors are the names that links give to a page's headings.
func anchors(text string) []string {
	var all []string
	for _, found := range heading.FindAllStringSubmatch(text, -1) {
		name := regexp.MustCompile(`[^\w -]`).ReplaceAllString(strings.ToLower(found[1]), "")
		all = append(all, strings.ReplaceAll(name, " ", "-"))
	}
	return all
}

// SECURITY.md names the tests that show its claims.
func TestSecurityNamesTestsThatAreThere(t *testing.T) {
	t.Parallel()
	there := map[string]bool{}
	for _, s := range sources(t) {
		for _, declaration := range s.file.Decls {
			if function, ok := declaration.(*ast.FuncDecl); ok && s.test {
				there[function.Name.Name] = true
			}
		}
	}
	text, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`\bTest[A-Z]\w+`).FindAllString(string(text), -1)
	for _, name := range named {
		if !there[name] {
			t.Errorf("SECURITY.md names %s, which is not there", name)
		}
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "| ") && !strings.Contains(line, "shown by") && !strings.Contains(line, "`Test") {
			t.Errorf("SECURITY.md claims without a test: %.80s", line)
		}
	}
}

// ARCHITECTURE.md names every package of the layers below server.
func TestArchitectureNamesEveryPackage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	words := regexp.MustCompile(`\w+`).FindAllString(string(text), -1)
	missing := map[string]bool{}
	for _, s := range sources(t) {
		_, name, _ := strings.Cut(s.dir, "/")
		if slices.Contains([]string{"", "cmd", "server", tools}, s.layer) || strings.Contains(name, "/") || s.testOnly() {
			continue
		}
		if !slices.Contains(words, name) {
			missing[s.dir] = true
		}
	}
	for dir := range missing {
		t.Errorf("ARCHITECTURE.md does not name %s", dir)
	}
}
