package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/config"
)

func TestSocialProvidersMayBeElsewhere(t *testing.T) {
	t.Parallel()
	want := config.Federation{
		Google:   config.SocialProvider{Issuer: "https://google.example", TokenURL: "https://google.example/token"},
		Facebook: config.SocialProvider{AuthorizeURL: "https://facebook.example/{version}/dialog"},
	}
	c, err := load(t, minimal+`
[federation.google]
issuer = "https://google.example"
token_url = "https://google.example/token"
[federation.facebook]
authorize_url = "https://facebook.example/{version}/dialog"
`)
	if diff := cmp.Diff(want, c.Federation); err != nil || diff != "" {
		t.Errorf("%v, %s", err, diff)
	}
	c, err = load(t, minimal, "CARDEA_FEDERATION_APPLE_KEYS_URL=https://apple.example/keys")
	if err != nil || c.Federation.Apple.KeysURL != "https://apple.example/keys" {
		t.Errorf("by environment: %v, %+v", err, c.Federation.Apple)
	}
	got, err := config.ParseFederation([]string{
		"google.issuer=https://google.example", "google.token_url=https://google.example/token",
		"facebook.authorize_url=https://facebook.example/{version}/dialog",
	})
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("by flags: %v, %s", err, diff)
	}
}

func TestWrongAddressesOfSocialProvidersAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`apple.keys_url = "http://localhost:1/keys"`: "federation.apple.keys_url: use https, or set outgoing.plain_http",
		`amazon.token_url = "amazon"`:                "federation.amazon.token_url: not an http or https address",
		`okta.token_url = "https://okta.example"`:    "unknown setting",
	} {
		if _, err := load(t, minimal+"[federation]\n"+text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
	for _, flag := range []string{"google", "okta.token_url=https://x", "google.tokens=https://x", "google.token_url=x", "google=https://x"} {
		if _, err := config.ParseFederation([]string{flag}); err == nil {
			t.Errorf("flag %s: no error", flag)
		}
	}
}
