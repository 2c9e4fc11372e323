package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCommittedCodeIsFresh(t *testing.T) {
	t.Parallel()
	for _, service := range []string{"cognitoidp", "kms", "sts"} {
		folder := filepath.Join("..", "..", "..", "spec", service)
		files, err := generate(folder)
		if err != nil {
			t.Fatal(err)
		}
		for path, want := range files {
			got, err := os.ReadFile(path)
			if err != nil || string(got) != string(want) {
				t.Errorf("%s is stale (%v): run go generate ./spec/...", path, err)
			}
		}
		there, err := filepath.Glob(filepath.Join(folder, "*.gen.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range there {
			if _, made := files[path]; !made {
				t.Errorf("%s is no longer made: run go generate ./spec/...", path)
			}
		}
	}
}

func TestCoverageShowsEveryService(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "coverage.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"(`cognito-idp`)", "(`sts`)", "| GetCallerIdentity | yes | SigV4 |", "| AssumeRoleWithSAML | yes | unsigned |", "| CreateUserPoolReplica | missing | SigV4 |"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("docs/coverage.md does not say %q", want)
		}
	}
}

func TestFaultsAreMadeAsTheModelSays(t *testing.T) {
	t.Parallel()
	type wire = struct {
		Code           string
		HTTPStatusCode int
	}
	for want, s := range map[string]*shape{
		`awsjson.Refuse("GoneException", message)`:                    {name: "GoneException"},
		`awsjson.Fail("GoneException", message)`:                      {name: "GoneException", Fault: true},
		`awsjson.Refuse("Gone", message)`:                             {name: "GoneException", Error: &wire{"Gone", 400}},
		`&awsjson.Fault{Code: "Gone", Message: message, Status: 403}`: {name: "GoneException", Error: &wire{"Gone", 403}},
	} {
		if got := s.made(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestGenerationIsDeterministic(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("..", "..", "..", "spec", "cognitoidp")
	first, err := generate(folder)
	if err != nil {
		t.Fatal(err)
	}
	second, err := generate(folder)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Error(diff)
	}
}

func TestRunWritesAndRemoves(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	folder := filepath.Join(root, "spec", "cognitoidp")
	source := filepath.Join("..", "..", "..", "spec", "cognitoidp")
	for _, name := range []string{"model/operations.json", "model/shapes.json", "features.txt", "authorization.txt", "optional.txt"} {
		text, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := write(filepath.Join(folder, name), text); err != nil {
			t.Fatal(err)
		}
	}
	stale := filepath.Join(folder, "types_gone.gen.go")
	if err := write(stale, []byte("package cognitoidp\n")); err != nil {
		t.Fatal(err)
	}

	if err := run(folder); err != nil {
		t.Fatal(err)
	}

	if _, err := os.Stat(stale); !os.IsNotExist(err) {
		t.Error("a file that is no longer made is still there")
	}
	for _, path := range []string{filepath.Join(folder, "table.gen.go"), filepath.Join(root, "docs", "coverage.md")} {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

func TestFeaturesClaimEachOperationOnce(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a: One\nb: Two ~Three\n":                "",
		"# comment\na: One\n   Two\n\nb: ~Three": "",
		"a: One Two\n":                           "operation Three is claimed by no feature",
		"a: One Two\nb: Two Three\n":             "operation Two is claimed by a and by b",
		"a: One One Two Three\n":                 "operation One is claimed by a and by a",
		"a: One Two Three Four\n":                "feature a claims Four, which the model does not have",
		"a: One\na: Two Three\n":                 `"a: Two Three": want a new feature's name and a colon`,
		"One Two Three\n":                        `"One Two Three": want a new feature's name and a colon`,
		"  One\n":                                `"  One": operations before the first feature`,
	} {
		operations := map[string]*operation{"One": {Name: "One"}, "Two": {Name: "Two"}, "Three": {Name: "Three"}}
		_, err := parseFeatures(text, operations)
		switch {
		case want == "" && err != nil:
			t.Errorf("%q: %v", text, err)
		case want == "" && (operations["Three"].built || !operations["Two"].built):
			t.Errorf("%q: ~ was not understood", text)
		case want != "" && (err == nil || err.Error() != want):
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestCheckRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	good := func() *model {
		f := &feature{name: "sole"}
		op := &operation{Name: "Do", Input: "DoRequest", Auth: "none", feature: f, built: true}
		f.operations = []*operation{op}
		return &model{
			Package: "x", Protocol: "json", Operations: map[string]*operation{"Do": op}, Features: []*feature{f},
			Shapes: map[string]*shape{
				"DoRequest": {name: "DoRequest", Type: "structure", Members: members{{name: "A", Shape: "AType"}}},
				"AType":     {name: "AType", Type: "string", Enum: []string{"ONE", "two"}},
			},
		}
	}
	if err := good().check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(m *model){
		"protocol":       func(m *model) { m.Protocol = "rest" },
		"unknown input":  func(m *model) { m.Operations["Do"].Input = "Gone" },
		"unknown output": func(m *model) { m.Operations["Do"].Output = "Gone" },
		"unknown error":  func(m *model) { m.Operations["Do"].Errors = []string{"Gone"} },
		"unknown auth":   func(m *model) { m.Operations["Do"].Auth = "magic" },
		"unknown member": func(m *model) { m.Shapes["DoRequest"].Members[0].Shape = "Gone" },
		"taken name":     func(m *model) { m.Features[0].name = "doRequest" },
		"taken constant": func(m *model) { m.Shapes["AType"].Enum = []string{"TWO", "two"} },
	} {
		m := good()
		spoil(m)
		if err := m.check(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestEnumConstantsReadAsWords(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"CONFIRMED": "XConfirmed", "USER_SRP_AUTH": "XUserSrpAuth", "phone_number": "XPhoneNumber",
		"SignIn": "XSignIn", "us-east-1": "XUsEast1", "V1_0": "XV10",
	} {
		if got := (&shape{name: "X"}).constant(value); got != want {
			t.Errorf("%s: got %s, want %s", value, got, want)
		}
	}
}

func TestPatternsMeanWhatJavaMeans(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern string
		matches []string
		not     []string
	}{
		{`[\w+]+`, []string{"a_Z9+"}, []string{"", "ä", "a\n", "x y"}},
		{`[\w\s+=,.@-]+`, []string{"a b\t\v\r\n-@"}, []string{"\u00a0", "!"}},
		{`[\S]+`, []string{"ä!\u00a0\x01", "a"}, []string{"a b", "a\v", "a\n", ""}},
		{`\s\S`, []string{"\va"}, []string{"aa"}},
		{`[\p{L}\p{M}\p{S}\p{N}\p{P}]+`, []string{"Ünï😀٣"}, []string{"a b", "a\n", "\u0000"}},
		{`.*\{####\}.*`, []string{"x {####} y"}, []string{"x\n{####}", "\u2028{####}", "{###}"}},
		{`(?s).*`, []string{"", "a\nb"}, nil},
		{`^[0-9A-Za-z\.\-_]*(?<!\.)$`, []string{"", "a.b", "a-"}, []string{"a.", ".", "a b"}},
		{`^(terms-of-use|privacy-policy)$`, []string{"terms-of-use"}, []string{"terms-of-use\n", "x", "privacy-policy2"}},
		{`[\u0009\u0020-\u007E\uE000-\uFFFD]+`, []string{"a b\t", "\ufffd"}, []string{"\n", "ü"}},
		{`a|b`, []string{"a", "b"}, []string{"ab", "ac"}},
		{`[A-Za-z0-9-_=.]+`, []string{"a-_=."}, []string{"a+"}},
	} {
		translated, err := translate(c.pattern)
		if err != nil {
			t.Error(err)
			continue
		}
		re := regexp.MustCompile(translated)
		for _, s := range c.matches {
			if !re.MatchString(s) {
				t.Errorf("%s does not match %q", c.pattern, s)
			}
		}
		for _, s := range c.not {
			if re.MatchString(s) {
				t.Errorf("%s matches %q", c.pattern, s)
			}
		}
	}
}

func TestUntranslatablePatternsFail(t *testing.T) {
	t.Parallel()
	if _, err := translate(`a(?=b)`); err == nil || !strings.Contains(err.Error(), "a(?=b)") {
		t.Errorf("got %v", err)
	}
}

func TestClassesAreFound(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]bool{
		`[\w+]+`: true, `^[\p{L}\p{M}]+$`: true, `[\x21\x23-\x5B\x5D-\x7E]+`: true, `[\p{L}\s*]*`: true,
		`[a]+[b]+`: false, `[a]`: false, `.*`: false, `([a]+)?`: false, `[^_\p{Z}][\p{L}]+`: false,
	} {
		if got := class(pattern); got != want {
			t.Errorf("%s: got %t", pattern, got)
		}
	}
}

func TestEverySignedOperationSaysWhatItsCallersMustBeAllowed(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, content string) {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("model/operations.json", `{"service":"x","protocol":"json","operations":{
		"Get":{"input":"In","auth":"sigv4"},"Open":{"input":"In","auth":"none"}}}`)
	write("model/shapes.json", `{"Text":{"type":"string"},"List":{"type":"list","member":{"shape":"Text"}},
		"In":{"type":"structure","members":{"Id":{"shape":"Text"},"Roles":{"shape":"List"}}}}`)
	write("features.txt", "x: Get Open")
	for authorization, fails := range map[string]string{
		"Get x:Get thing/{Id}":                              "",
		"Get x:Get * if Id\nGet x:Pass {each:Roles.*} to y": "",
		"Get none":              "",
		"Get itself":            "",
		"# nothing":             "operation Get must have permissions",
		"Get none\nGet x:Get *": "operation Get must have permissions",
		"Get x:Get":             "want an action",
		"Get x:Get * when Id":   "unknown word when",
		"Get x:Get * if Other":  "no member Other",
		"Get x:Get {Other}":     "no member Other",
		"Get x:Get {each:Id.*}": "no member Id.*",
		"Get x:Get {strange:Id": "malformed",
		"Open x:Open *":         "no such signed operation",
		"Gone x:Gone *":         "no such signed operation",
	} {
		write("authorization.txt", authorization)
		_, err := load(folder)
		if fails == "" && err != nil || fails != "" && (err == nil || !strings.Contains(err.Error(), fails)) {
			t.Errorf("%q: got %v, want %q", authorization, err, fails)
		}
	}
}
