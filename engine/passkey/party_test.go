package passkey

import (
	"errors"
	"testing"

	"cardea/engine/issuer"
	"cardea/record/client"
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
)

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
		if got := (Party{ID: "example.com"}).allows(app, origin); got != want {
			t.Errorf("%q: %t, want %t", origin, got, want)
		}
	}
	for origin, want := range map[string]bool{
		"http://localhost": true, "https://localhost": true, "http://localhost:3000": true, "https://localhost:8443": true,
		"http://localhost.evil.example": false, "http://evil.example": false, "http://app.localhost": false, "ws://localhost": false,
		"http://localhost:3000/": false, "http://x@localhost": false, "http://127.0.0.1": false, "localhost": false, "": false,
		"http://localhost:x": false, "http://localhost?": false,
	} {
		if got := (Party{ID: "localhost"}).allows(app, origin); got != want {
			t.Errorf("localhost, %q: %t, want %t", origin, got, want)
		}
	}
}

func TestPagesAreAtTheirOwnOriginAlone(t *testing.T) {
	t.Parallel()
	app := &client.Client{}
	app.Doc.CallbackURLs = []string{"https://app.example.com/cb"}
	p := &pool.Pool{ID: "us-east-1_AbC123xyz"}
	p.MFA.WebAuthnConfiguration = &cognitoidp.WebAuthnConfigurationType{RelyingPartyId: "example.com"}
	for _, c := range []struct {
		page, origin string
		want         bool
	}{
		{"https://login.example.com", "https://login.example.com", true},
		{"https://login.example.com:443", "https://login.example.com", true},
		{"http://login.example.com:8080", "http://login.example.com:8080", true}, // where browsers have passkeys at all
		{"https://login.example.com", "https://forgotten.example.com", false},
		{"https://login.example.com", "https://app.example.com", false}, // an address of the app
		{"https://login.example.com", "https://example.com", false},     // the relying party itself
		{"https://login.example.com", "http://login.example.com", false},
		{"https://login.example.com:8443", "https://login.example.com", false},
		{"https://login.example.com", "", false},
	} {
		party, err := Parties{}.Of(p, c.page)
		if got := party.allows(app, c.origin); err != nil || got != c.want {
			t.Errorf("the page of %q, %q: %t, %v, want %t", c.page, c.origin, got, err, c.want)
		}
	}
}

func TestRelyingPartyIsThatOfTheSettingsOrTheDomain(t *testing.T) {
	t.Parallel()
	names := issuer.Names{PublicURL: "https://id.example", BaseDomain: "id.example"}
	dev := issuer.Names{PublicURL: "http://localhost:9229", BaseDomain: "localhost", ByPath: true, Region: "us-east-1"}
	const prefixHost, devHost = "shop.auth.us-east-1.id.example", "shop.auth.us-east-1.localhost"
	for _, c := range []struct {
		name               string
		names              issuer.Names
		rp, prefix, custom string
		page, want         string // an empty want is ErrUnconfigured
	}{
		{"neither", names, "", "", "", "", ""},
		{"a prefix domain", names, "", "shop", "", "", prefixHost},
		{"a custom domain beside it", names, "", "shop", "auth.shop.example", "", "auth.shop.example"},
		{"a setting beside both", names, "shop.example", "shop", "auth.shop.example", "", "shop.example"},
		{"a server without prefix domains", issuer.Names{PublicURL: "https://id.example"}, "", "shop", "", "", ""},

		{"at the prefix domain", names, "", "shop", "", "https://" + prefixHost, prefixHost},
		{"at a sibling's", names, "", "shop", "", "https://other.auth.us-east-1.id.example", ""},
		{"at the custom domain", names, "", "shop", "auth.shop.example", "https://auth.shop.example", "auth.shop.example"},
		{"at the prefix domain beside a custom one", names, "", "shop", "auth.shop.example", "https://" + prefixHost, ""},
		{"a setting above the custom domain", names, "shop.example", "", "auth.shop.example", "https://auth.shop.example", "shop.example"},
		{"a setting below it", names, "a.auth.shop.example", "", "auth.shop.example", "https://auth.shop.example", ""},
		{"a setting that the host ends in", names, "op.example", "", "auth.shop.example", "https://auth.shop.example", ""},
		{"a setting elsewhere", names, "other.example", "shop", "", "https://" + prefixHost, ""},
		{"localhost, not on it", names, "localhost", "shop", "", "https://" + prefixHost, ""},

		{"development, by host", dev, "", "shop", "", "http://" + devHost + ":9229", devHost},
		{"development, by path", dev, "", "shop", "", "http://localhost:9229", "localhost"},
		{"development, localhost by path", dev, "localhost", "shop", "", "http://localhost:9229", "localhost"},
		{"development, localhost by host", dev, "localhost", "shop", "", "http://" + devHost + ":9229", devHost},
		{"development, at the address of the machine", dev, "", "shop", "", "http://127.0.0.1:9229", ""},
		{"development, for apps", dev, "", "shop", "", "", devHost},
		{"no page of the web", names, "shop.example", "", "", "app://shop.example", ""},
	} {
		p := &pool.Pool{ID: "us-east-1_AbC123xyz"}
		p.Doc.Domain, p.Doc.CustomDomain = c.prefix, c.custom
		p.MFA.WebAuthnConfiguration = &cognitoidp.WebAuthnConfigurationType{RelyingPartyId: c.rp}
		got, err := Parties{c.names}.Of(p, c.page)
		if got.ID != c.want || errors.Is(err, ErrUnconfigured) != (c.want == "") {
			t.Errorf("%s: %q, %v, want %q", c.name, got.ID, err, c.want)
		}
	}
}
