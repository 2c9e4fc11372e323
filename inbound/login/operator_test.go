package login

import (
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/net/html"

	"cardea/inbound/login/text"
	"cardea/spec/id"
)

const ownFrame = `<header class="acme">{{if .Logo}}<img src="{{.Logo}}" alt="{{.App}}">{{else}}<b>{{.App}}</b>{{end}}</header>
<div lang="{{.Language}}" dir="{{.Direction}}">{{.Card}}</div>
<footer>{{.Languages}}<a href="https://acme.example/imprint">Imprint of {{.Title}}</a></footer>`

// templates reads a folder with the files given by name and content in turns.
func templates(files ...string) (*Templates, error) {
	folder := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		folder[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return ReadTemplates(folder)
}

func TestFramesMustLeaveThePageAsItIs(t *testing.T) {
	t.Parallel()
	for frame, want := range map[string]string{
		ownFrame:    "",
		`{{.Card}}`: "",
		`<p>a</p>{{/* the form */}}{{.Card}}<img src="data:image/png;base64,AA==" alt="">`: "",

		``:                                                     "must have {{.Card}}",
		`<p>Welcome</p>`:                                       "{{.Card}} once, and has it 0 times",
		`{{.Card}}{{.Card}}`:                                   "{{.Card}} once, and has it 2 times",
		`{{if .Logo}}{{.Card}}{{end}}`:                         "{{.Card}} may not depend on anything",
		`{{if .Nothing}}a{{end}}{{.Card}}`:                     "is not about one of",
		`{{.Nothing}}{{.Card}}`:                                "is not among {{.Card}}",
		`{{printf "%s" .App}}{{.Card}}`:                        "is not among {{.Card}}",
		`{{.App | html}}{{.Card}}`:                             "is not among {{.Card}}",
		`{{range .App}}{{end}}{{.Card}}`:                       "only slots and {{if}}",
		`{{with .App}}{{end}}{{.Card}}`:                        "only slots and {{if}}",
		`{{define "main"}}{{end}}{{.Card}}`:                    "define no templates",
		`{{template "main"}}{{.Card}}`:                         "only slots and {{if}}",
		`{{.Card}}<script>alert(1)</script>`:                   "<script> may not be in a frame",
		`{{.Card}}<SCRIPT src="/x"></SCRIPT>`:                  "<script> may not be in a frame",
		`<base href="https://evil.example/">{{.Card}}`:         "<base> may not be in a frame",
		`<form action="https://evil.example">{{.Card}}</form>`: "<form> may not be in a frame",
		`<meta http-equiv="refresh" content="0;url=https://evil.example">{{.Card}}`: "<meta> may not be in a frame",
		`<div http-equiv="refresh">{{.Card}}</div>`:                                 "may not have the attribute http-equiv",
		`<link rel="stylesheet" href="/x">{{.Card}}`:                                "<link> may not be in a frame",
		`<style>a{}</style>{{.Card}}`:                                               "<style> may not be in a frame",
		`<iframe src="/x"></iframe>{{.Card}}`:                                       "<iframe> may not be in a frame",
		`<textarea>{{.Card}}</textarea>`:                                            "<textarea> may not be in a frame",
		`<svg><script/></svg>{{.Card}}`:                                             "<svg> may not be in a frame",
		`<input name="password">{{.Card}}`:                                          "<input> may not be in a frame",
		`<button>a</button>{{.Card}}`:                                               "<button> may not be in a frame",
		`<!-- {{.Card}} -->`:                                                        "may not be in a frame",
		`<!doctype html>{{.Card}}`:                                                  "may not be in a frame",
		`<div onclick="x()">{{.Card}}</div>`:                                        "may not have the attribute onclick",
		`<div style="display:none">{{.Card}}</div>`:                                 "may not have the attribute style",
		`<div id="card">{{.Card}}</div>`:                                            "may not have the attribute id",
		`<div data-once>{{.Card}}</div>`:                                            "may not have the attribute data-once",
		`<div title="{{.Card}}"></div>`:                                             "{{.Card}} may not be in the attribute title",
		`<a href="/x">{{.Card}}</a>`:                                                "{{.Card}} may not be in a link",
		`<a href="javascript:alert(1)">a</a>{{.Card}}`:                              "must begin with https:",
		`<a href=" JavaScript:alert(1)">a</a>{{.Card}}`:                             "must begin with https:",
		`<img src="x.png" alt="">{{.Card}}`:                                         "must begin with https:",
		`<div>{{.Card}}`:                                                            "<div> has no end",
		`</div>{{.Card}}`:                                                           "ends nothing that is open",
		`<b><i></b></i>{{.Card}}`:                                                   "ends nothing that is open",
		`a < b {{.Card}}`:                                                           "is written &lt;",
		`<p{{.App}}>a</p>{{.Card}}`:                                                 "may not",
		`{{.Card}`:                                                                  "bad character",
		"\uE000{{.Card}}":                                                           "private use",
	} {
		_, err := templates(frameFile, frame)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", frame, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: got %v, want %q", frame, err, want)
		}
	}
}

func TestFilesOfTemplatesAreKnown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, content, want string }{
		{"en.txt", "sign-in = Log in\n", ""},
		{"pool_1/ar.txt", "code.life.other = {n}\n", ""},
		{"pool_1/style.css", ".acme{color:red}", ""},
		{".git/config", "x", ""},
		{"en.txt", "unheard = Of\n", "no text is called unheard"},
		{"en.txt", "sign-in.to = to continue\n", "has places [], want [app]"},
		{"en.txt", "code.life.one = One minute\n", "code.life.other is missing"},
		{"pl.txt", "sign-in = Zaloguj\n", "there is no language pl"},
		{"EN.txt", "sign-in = Log in\n", "there is no language EN"},
		{"style.css", "</style><script>", "has a <"},
		{"frames.html", "{{.Card}}", "is none of frame.html"},
		{"pool_1/deeper/frame.html", "{{.Card}}", "a pool's folder has no folders"},
		{"style.css", strings.Repeat(" ", maxFile+1), "more than"},
	} {
		_, err := templates(c.file, c.content)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s %.40q: got %v, want %q", c.file, c.content, err, c.want)
		}
	}
}

func TestPagesHaveTheFrameStyleAndTextsOfTheirPool(t *testing.T) {
	t.Parallel()
	own, err := templates(frameFile, ownFrame, styleFile, ".all{}", "en.txt", "sign-in.submit = Go\nback = Return\n",
		"pool_1/style.css", ".one{}", "pool_1/en.txt", "sign-in.submit = Enter\n", "pool_2/frame.html", "<div>second</div>{{.Card}}")
	if err != nil {
		t.Fatal(err)
	}
	show := func(operator *Templates, pool string) string {
		texts, _ := operator.texts(id.Pool(pool)).In("en")
		c := in(texts)
		f := frame{Texts: texts, App: `A<c>me`, Card: c.forgot(Field{Name: "username"}), operator: operator, pool: id.Pool(pool)}
		f.Card.Submit = c.SignInSubmit()
		w, page := rendered(t, f, "/login")
		forms, mains := 0, 0
		for n := range page.Descendants() {
			if n.Type == html.ElementNode && n.Data == "form" {
				forms++
			}
			if n.Type == html.ElementNode && n.Data == "main" {
				mains++
			}
		}
		if forms != 1 || mains != 1 {
			t.Errorf("%s: %d forms in %d places", pool, forms, mains)
		}
		return w.Body.String()
	}
	for _, c := range []struct {
		pool      string
		has, lack []string
	}{
		{"pool_0", []string{`<b>A&lt;c&gt;me</b>`, "Imprint of Reset your password", ".all{}", ">Go</button>", ">Return</a>", `class="languages"`}, []string{".one{}"}},
		{"pool_1", []string{`<b>A&lt;c&gt;me</b>`, ".one{}", ">Enter</button>", ">Return</a>"}, []string{".all{}"}},
		{"pool_2", []string{"<div>second</div>", ".all{}", ">Go</button>"}, []string{"Imprint", `class="languages"`}},
	} {
		body := show(own, c.pool)
		for _, want := range c.has {
			if !strings.Contains(body, want) {
				t.Errorf("%s has no %s", c.pool, want)
			}
		}
		for _, not := range c.lack {
			if strings.Contains(body, not) {
				t.Errorf("%s has %s", c.pool, not)
			}
		}
	}
	if body := show(nil, "pool_0"); strings.Contains(body, "Imprint") || !strings.Contains(body, ">Sign in</button>") {
		t.Error("pages without templates are not Cardea's own")
	}
	if texts, _ := text.Own.In("en"); texts.SignInSubmit() != "Sign in" {
		t.Error("an operator's texts have changed Cardea's own")
	}
}
