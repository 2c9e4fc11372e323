package oauth2_test

import (
	"testing"

	"cardea/spec/oauth2"
)

func TestResponseModes(t *testing.T) {
	t.Parallel()
	all := []string{oauth2.ModeQuery, oauth2.ModeFragment, oauth2.ModeForm}
	const web = "https://app.example.com/cb"
	for _, c := range []struct {
		query, uri string
		supported  []string
		want       string
		refused    bool
	}{
		{"response_type=code", web, all, "query", false},
		{"response_type=token", web, all, "fragment", false},
		{"response_type=code&response_mode=query", web, all, "query", false},
		{"response_type=code&response_mode=fragment", web, all, "fragment", false},
		{"response_type=code&response_mode=form_post", web, all, "form_post", false},
		{"response_type=token&response_mode=form_post", web, all, "form_post", false},
		{"response_type=code&response_mode=form_post", "HTTP://localhost/cb", all, "form_post", false},
		{"response_type=token&response_mode=fragment", web, all, "fragment", false},
		{"response_type=token&response_mode=query", web, all, "fragment", true},
		{"response_type=code&response_mode=form_post", "myapp://cb", all, "query", true},
		{"response_type=code&response_mode=form_post", "javascript:alert(1)//https://x", all, "query", true},
		{"response_type=code&response_mode=form_post", web, all[:2], "query", true},
		{"response_type=code&response_mode=web_message", web, all, "query", true},
		{"response_type=token&response_mode=x", web, all, "fragment", true},
	} {
		got, err := oauth2.ReadMode(parse(t, c.query), c.uri, c.supported)
		if got != c.want || (err != nil) != c.refused {
			t.Errorf("%s to %s: %s, %v", c.query, c.uri, got, err)
		}
	}
}
