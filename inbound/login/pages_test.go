package login

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"cardea/inbound/login/text"
)

// rendered is what is written of a page.
func rendered(t *testing.T, f frame, address string) (*httptest.ResponseRecorder, *html.Node) {
	t.Helper()
	w := httptest.NewRecorder()
	write(w, httptest.NewRequest(http.MethodGet, address, nil), http.StatusOK, f)
	page, err := html.Parse(strings.NewReader(w.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	return w, page
}

func in(texts *text.Texts) cards {
	return cards{texts, func(path string) string { return "https://auth.example.com" + path }}
}

// elements lists the elements of a page with their attributes.
func elements(page *html.Node) (all []map[string]string) {
	for n := range page.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		attributes := map[string]string{"": n.Data}
		for _, a := range n.Attr {
			attributes[a.Key] = a.Val
		}
		all = append(all, attributes)
	}
	return all
}

// eachSample renders every page in every state and language.
func eachSample(t *testing.T, check func(t *testing.T, s sample, w *httptest.ResponseRecorder, page *html.Node)) {
	t.Helper()
	for _, l := range text.Languages {
		texts, _ := text.Own.In(l.Tag)
		for _, s := range samples(in(texts)) {
			w, page := rendered(t, frame{Texts: texts, App: sampleApp, ID: s.id, Again: "/login", Card: s.card}, "/"+s.name)
			t.Run(l.Tag+"/"+s.name, func(t *testing.T) { check(t, s, w, page) })
		}
	}
}

func TestPagesHoldTogether(t *testing.T) {
	t.Parallel()
	const plain, provider = 30_000, 150 // bytes, of a page with six providers and of each more
	eachSample(t, func(t *testing.T, s sample, w *httptest.ResponseRecorder, page *html.Node) {
		most := plain + max(0, len(s.card.Providers.List)-inList)*provider
		if n := w.Body.Len(); n > most {
			t.Errorf("%d bytes, want at most %d", n, most)
		}
		if strings.Contains(w.Body.String(), "ZgotmplZ") {
			t.Error("a value was refused by the template")
		}
		labels, ids := map[string]bool{}, map[string]bool{}
		all := elements(page)
		for _, e := range all {
			if id := e["id"]; id != "" {
				if ids[id] {
					t.Errorf("two elements have the id %s", id)
				}
				ids[id] = true
			}
			if e[""] == "label" {
				labels[e["for"]] = true
			}
		}
		headings := 0
		for _, e := range all {
			if e[""] == "h1" {
				headings++
			}
			if e[""] == "input" && e["type"] != "hidden" && !labels[e["id"]] {
				t.Errorf("no label for %s", e["id"])
			}
			for name := range strings.FieldsSeq(e["aria-describedby"] + " " + e["aria-labelledby"]) {
				if !ids[name] {
					t.Errorf("%s is described by %s, which is not there", e["id"], name)
				}
			}
			if e["style"] != "" || e["onclick"] != "" {
				t.Errorf("%s has a style or a handler of its own, which the policy forbids", e[""])
			}
		}
		if headings != 1 {
			t.Errorf("%d main headings", headings)
		}
	})
}

func TestWhatIsTypedStaysText(t *testing.T) {
	t.Parallel()
	const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>{{.}}`
	texts, _ := text.Own.In("en")
	own := in(texts)
	for _, card := range []Card{
		filled(own.identify(hostile, Field{Name: "username", Label: hostile, Type: "text", Error: hostile, Hint: hostile}, true), hostile),
		alert(own.enterCode(hostile, hostile, 3), hostile),
		notice(own.choose(hostile, Choice{Name: "answer", Value: hostile, Label: hostile, Hint: hostile}), hostile),
	} {
		card.Links = append(card.Links, Link{Before: hostile, Text: hostile, Address: "javascript:alert(1)"})
		w, page := rendered(t, frame{Texts: texts, App: hostile, ID: hostile, Again: hostile, Card: card}, "/login?state="+url.QueryEscape(hostile))
		scripts := 0
		for _, e := range elements(page) {
			if e[""] == "script" {
				scripts++
			}
			if e[""] == "img" || e["onerror"] != "" || strings.HasPrefix(e["href"], "javascript:") {
				t.Errorf("what was typed became %v", e)
			}
		}
		if scripts != 1 {
			t.Errorf("%d scripts", scripts)
		}
		if !strings.Contains(w.Body.String(), "&lt;script&gt;") {
			t.Error("what was typed is not shown")
		}
	}
}

func TestPagesAllowOnlyTheirOwnScript(t *testing.T) {
	t.Parallel()
	texts, _ := text.Own.In("en")
	nonces := map[string]bool{}
	for range 2 {
		w, page := rendered(t, frame{Texts: texts, App: sampleApp, Card: in(texts).enterPassword(sampleName)}, "/login")
		for _, e := range elements(page) {
			if e[""] != "script" && e[""] != "style" {
				continue
			}
			nonces[e["nonce"]] = true
			if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, e[""]+"-src 'nonce-"+e["nonce"]+"'") &&
				!strings.Contains(policy, e[""]+"-src 'self' 'nonce-"+e["nonce"]+"'") {
				t.Errorf("%s has the nonce %q, the policy is %q", e[""], e["nonce"], policy)
			}
		}
	}
	if len(nonces) != 2 {
		t.Errorf("%d nonces for two pages", len(nonces))
	}
	w, _ := rendered(t, frame{Texts: texts, App: sampleApp, Card: in(texts).signedOut()}, "/signed-out")
	if strings.Contains(w.Header().Get("Content-Security-Policy"), "script-src") {
		t.Error("a page without forms may run scripts")
	}
}

func TestAnotherLanguageKeepsTheRequest(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"":                              "?lang=de",
		"state=a%2Bb+c&lang=fr&scope=x": "?state=a%2Bb+c&scope=x&lang=de",
		"lang&a=%zz":                    "?a=%zz&lang=de",
	} {
		if got := inLanguage(&url.URL{RawQuery: query}, "de"); got != want {
			t.Errorf("%q: got %q, want %q", query, got, want)
		}
	}
}
