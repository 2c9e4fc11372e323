package inbox

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTextOfHTML(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"plain":                            "plain",
		"<p>One\n two</p><p>Three<br>four": "One two\n\nThree\nfour",
		"<style>p{}</style><script>alert('<p>')</script><title>t</title>seen": "seen",
		`<a href="https://a.example/?x=1&amp;y=2">Sign <b>in</b></a>.`:        "Sign in (https://a.example/?x=1&y=2).",
		`<a href="https://a.example">https://a.example</a>`:                   "https://a.example",
		"<ul><li>a</li><li>b</li></ul>":                                       "a\n\nb",
		`<img src=x alt="Acme"> &lt;script&gt;`:                               "Acme <script>",
		"<p>unclosed <b":                                                      "unclosed",
		"":                                                                    "",
	} {
		if got := textOf(source); got != want {
			t.Errorf("%s: got %q, want %q", source, got, want)
		}
	}
}

func TestLinksInText(t *testing.T) {
	t.Parallel()
	text := "Go to https://a.example/x?c=1&d=2. Or (http://b.example/y), javascript:alert(1), https://a.example/x?c=1&d=2 https://c.example/(z)"
	want := []string{"https://a.example/x?c=1&d=2", "http://b.example/y", "https://c.example/(z)"}
	list := spans(text)
	if diff := cmp.Diff(want, linksOf(list)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var all string
	for _, s := range list {
		all += s.Text
	}
	if all != text {
		t.Errorf("got %q, want every character of the text", all)
	}
}
