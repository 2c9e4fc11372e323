package passkey

import (
	"testing"

	"cardea/record/client"
)

func TestRelyingPartyIsADomainOfOnesOwn(t *testing.T) {
	t.Parallel()
	for want, ids := range map[error][]string{
		nil: {
			"example.com", "auth.example.co.uk", "localhost", "xn--bcher-kva.example", "me.github.io", "id.corp.internal",
			"demo.auth.us-east-1.amazoncognito.com",
		},
		ErrPublicSuffix: {"co.uk", "github.io"},
		ErrNotDomain: {
			"com", "intranet", "Example.com", "bücher.example", "https://example.com", "example.com:443", "example.com/", "127.0.0.1", "::1",
			"", "example..com", ".example.com", "exa mple.com", "*.example.com", "example.com.",
		},
	} {
		for _, rp := range ids {
			if err := CheckRelyingParty(rp); err != want {
				t.Errorf("%q: %v, want %v", rp, err, want)
			}
		}
	}
}

func TestOriginsAreTheRelyingPartysAndTheAppsUnderIt(t *testing.T) {
	t.Parallel()
	app := &client.Client{}
	app.Doc.CallbackURLs = []string{
		"https://app.example.com/callback?x=1", "https://API.example.com:8443/", "https://example.com:9443", "https://evil.example/cb",
		"https://notexample.com/cb", "http://plain.example.com/", "myapp://example.com", "https://std.example.com:443/cb",
		"android:apk-key-hash:abc", "://", "http://localhost:3000/cb",
	}
	app.Doc.LogoutURLs = []string{"https://bye.example.com/"}
	for origin, want := range map[string]bool{
		"https://example.com": true, "https://app.example.com": true, "https://api.example.com:8443": true, "https://example.com:9443": true,
		"https://std.example.com": true, "https://bye.example.com": true, "android:apk-key-hash:abc": true,
		"": false, "null": false, "http://example.com": false, "https://example.com/": false, "https://example.com:443": false,
		"https://evil.example": false, "https://notexample.com": false, "http://plain.example.com": false, "myapp://example.com": false,
		"https://www.example.com": false, "https://app.example.com:444": false, "https://app.example.com.evil.example": false,
		"android:apk-key-hash:abd": false, "https://app.example.com/callback?x=1": false, "https://x@example.com": false,
		"http://localhost:3000": false, "https://": false,
	} {
		if got := allowed("example.com", app, origin); got != want {
			t.Errorf("%q: %t, want %t", origin, got, want)
		}
	}
	for _, c := range []struct {
		page, origin string
		want         bool
	}{
		{"https://login.example.com", "https://login.example.com", true},
		{"https://login.example.com:443", "https://login.example.com", true},
		{"http://login.example.com:8080", "http://login.example.com:8080", true}, // where browsers have passkeys at all
		{"https://login.example.com", "https://forgotten.example.com", false},
		{"https://login.example.com", "http://login.example.com", false},
		{"https://login.example.com:8443", "https://login.example.com", false},
		{"https://login.notexample.com", "https://login.notexample.com", false},
		{"", "https://login.example.com", false},
		{"", "", false},
	} {
		if got := isOwn("example.com", c.page, c.origin); got != c.want {
			t.Errorf("the page of %q, %q: %t, want %t", c.page, c.origin, got, c.want)
		}
	}
	for origin, want := range map[string]bool{
		"http://localhost": true, "https://localhost": true, "http://localhost:3000": true, "https://localhost:8443": true,
		"http://localhost.evil.example": false, "http://evil.example": false, "http://app.localhost": false, "ws://localhost": false,
		"http://localhost:3000/": false, "http://x@localhost": false, "http://127.0.0.1": false, "localhost": false, "": false,
		"http://localhost:x": false, "http://localhost?": false,
	} {
		if got := allowed("localhost", app, origin); got != want {
			t.Errorf("localhost, %q: %t, want %t", origin, got, want)
		}
	}
}
