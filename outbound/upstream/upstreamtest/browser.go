package upstreamtest

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
)

// Callback is how a browser comes back from the provider.
type Callback struct {
	URL  string     // with the answer in its query, or where Form is posted to
	Form url.Values // nil: the browser comes by GET
}

// Values is the answer, by whichever way it comes.
func (c Callback) Values() url.Values {
	if c.Form != nil {
		return c.Form
	}
	target, err := url.Parse(c.URL)
	if err != nil {
		return nil
	}
	return target.Query()
}

var (
	action = regexp.MustCompile(`action="([^"]*)"`)
	field  = regexp.MustCompile(`name="([^"]*)" value="([^"]*)"`)
)

// Approve plays the browser of a person who goes to the provider and signs in there. It fails the test if the provider refuses the
// request.
func (p *Provider) Approve(authorizeURL string) Callback {
	p.t.Helper()
	resp, err := p.HTTP().Get(authorizeURL)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if resp.StatusCode == http.StatusFound {
		return Callback{URL: resp.Header.Get("Location")}
	}
	target := action.FindSubmatch(body)
	if resp.StatusCode != http.StatusOK || target == nil {
		p.t.Fatalf("the provider answers %d %s to %s", resp.StatusCode, body, authorizeURL)
	}
	form := url.Values{}
	for _, match := range field.FindAllSubmatch(body, -1) {
		form.Set(html.UnescapeString(string(match[1])), html.UnescapeString(string(match[2])))
	}
	return Callback{URL: html.UnescapeString(string(target[1])), Form: form}
}
