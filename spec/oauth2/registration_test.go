package oauth2_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"cardea/spec/oauth2"
)

func TestMetadataHasDefaults(t *testing.T) {
	t.Parallel()
	m, err := oauth2.ParseMetadata([]byte(`{"redirect_uris":["https://app.example.com/cb"],"scope":null,"x":{"y":[1]}}`))
	if err != nil || !slices.Equal(m.GrantTypes, []string{"authorization_code"}) || !slices.Equal(m.ResponseTypes, []string{"code"}) ||
		m.AuthMethod != "client_secret_basic" || m.Scopes != nil || m.Name != "" {
		t.Errorf("got %+v, %v", m, err)
	}
	if m, err = oauth2.ParseMetadata([]byte(`{"grant_types":["client_credentials"]}`)); err != nil || len(m.ResponseTypes) != 0 {
		t.Errorf("a machine: %+v, %v", m, err)
	}
}

// What is registered is what redirects are compared with, and none of it runs in a browser.
func FuzzParseMetadata(f *testing.F) {
	f.Add([]byte(`{"client_name":"Shop","redirect_uris":["https://app.example.com/cb","com.example:/x"],"scope":"openid a/b"}`))
	f.Add([]byte(`{"grant_types":["client_credentials"],"token_endpoint_auth_method":"client_secret_post"}`))
	f.Add([]byte(`{"redirect_uris":["javascript:alert(1)"]}`))
	f.Add([]byte(`{"redirect_uris":[" java\tscript:alert(1)"],"client_name":"<b>"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := oauth2.ParseMetadata(body)
		if err != nil {
			if wrong, ok := err.(*oauth2.Error); !ok || wrong.Code == "" {
				t.Fatalf("%v is no error of the endpoint", err)
			}
			return
		}
		if !json.Valid(body) && len(body) > 0 {
			t.Fatalf("%q is no JSON", body)
		}
		for _, uri := range m.RedirectURIs {
			if !oauth2.Registered(m.RedirectURIs, uri) || oauth2.Executable(uri) {
				t.Fatalf("%q is registered, and leads nowhere", uri)
			}
		}
		if strings.ContainsAny(m.Name, "<>&\"'\r\n") || len(m.Name) > 128 {
			t.Fatalf("the name %q", m.Name)
		}
	})
}
