package upstream_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"cardea/outbound/upstream"
	"cardea/outbound/upstream/upstreamtest"
)

func TestAttributesOfOthersAreRefused(t *testing.T) {
	t.Parallel()
	for kind, edits := range map[string]map[string]func(map[string]any){
		upstream.OIDC: {
			"other": set("sub", "somebody-else"), "none": set("sub", nil), "number": set("sub", 1234567890), "list": set("sub", []string{"1234567890"}),
		},
		upstream.Google:   {"other": set("resourceName", "people/2"), "none": set("resourceName", nil)},
		upstream.Facebook: {"none": set("id", nil), "number": set("id", 1234567890)},
		upstream.Amazon:   {"none": set("user_id", nil), "list": set("user_id", []string{"1"})},
	} {
		p := upstreamtest.Start(t, kind)
		for name, edit := range edits {
			t.Run(kind+", "+name, func(t *testing.T) {
				p.EditUserInfo(edit)
				newVisit(t, p, "birthdays").fails("attributes subject")
			})
		}
	}
}

func TestAttributeEndpointsThatMisbehave(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		word    string
		advice  string
	}{
		"slow":   {hangs, "Read timed out", "in time"},
		"401":    {says(401, jsonType, `{}`), "Example Error - 401 error getting user info", "attributes_request_method"},
		"HTML":   {says(200, "text/html", "<h1>x</h1>"), "Example Error - error getting user info", "JSON"},
		"signed": {says(200, "application/jwt", "eyJhbGciOiJub25lIn0.e30."), "Example Error - error getting user info", "userinfo_signed_response_alg"},
		"signed, of no type": {
			says(200, jsonType, "eyJhbGciOiJub25lIn0.e30."), "Example Error - error getting user info", "userinfo_signed_response_alg",
		},
		"deep": {says(200, jsonType, strings.Repeat(`{"a":`, 50)+"1"+strings.Repeat("}", 50)), "Example Error - error getting user info", "JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := upstreamtest.Start(t, upstream.OIDC)
			p.Handle("/userinfo", test.handler)
			v := newVisit(t, p)
			if name == "slow" {
				v.client.Timeout = 2 * time.Second
			}
			if failed := v.fails("attributes"); failed.Word != test.word || !strings.Contains(failed.Advice, test.advice) {
				t.Errorf("got %#v", failed)
			}
		})
	}
}

// late answers when the time of a request for attributes has passed, as happens when the server notices that before the client.
type late struct{ http.RoundTripper }

func (l late) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path != "/userinfo" {
		return l.RoundTripper.RoundTrip(r)
	}
	<-r.Context().Done()
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"sub":"1234567890"}`))}, nil
}

func TestAnAnswerThatComesTooLateIsNone(t *testing.T) {
	t.Parallel()
	v := newVisit(t, upstreamtest.Start(t, upstream.OIDC))
	v.client.HTTP.Transport, v.client.Timeout = late{v.client.HTTP.Transport}, 2*time.Second
	if failed := v.fails("attributes"); failed.Word != "Read timed out" {
		t.Errorf("got %#v", failed)
	}
}

func TestAttributesAreMergedWithTheIDToken(t *testing.T) {
	t.Parallel()
	p := upstreamtest.Start(t, upstream.OIDC)
	said := map[string]any{}
	p.EditUserInfo(func(claims map[string]any) {
		sub := claims["sub"]
		clear(claims)
		claims["sub"] = sub
		for name, value := range said {
			claims[name] = value
		}
	})
	token := map[string]any{}
	p.EditIDToken(func(claims map[string]any) {
		for _, name := range []string{"email", "email_verified", "name"} {
			delete(claims, name)
		}
		for name, value := range token {
			claims[name] = value
		}
	})
	p.EditTokens(set("refresh_token", nil))
	for name, test := range map[string]struct{ token, said, want map[string]any }{
		"both": {
			map[string]any{"name": "Jane", "locale": "en"}, map[string]any{"name": "Jane Doe", "zoneinfo": "UTC"},
			map[string]any{"name": "Jane Doe", "locale": "en", "zoneinfo": "UTC"},
		},
		"about the token": {
			map[string]any{"acr": "1"}, map[string]any{"acr": "9", "iss": "x", "aud": "x", "nonce": "x", "auth_time": 1, "amr": "mfa", "sid": "x"},
			map[string]any{"acr": "1", "aud": p.ClientID, "iss": p.URL, "amr": "", "sid": "", "auth_time": ""},
		},
		"tokens": {
			map[string]any{"access_token": "forged"}, map[string]any{"refresh_token": "forged"}, map[string]any{},
		},
		"tokens that were not given": {
			map[string]any{"refresh_token": "forged"}, map[string]any{}, map[string]any{"refresh_token": ""},
		},
		"another address without a mark": {
			map[string]any{"email": "jane@example.com", "email_verified": true}, map[string]any{"email": "victim@example.com"},
			map[string]any{"email": "victim@example.com", "email_verified": ""},
		},
		"a mark without an address": {
			map[string]any{"email": "victim@example.com"}, map[string]any{"email_verified": true},
			map[string]any{"email": "victim@example.com", "email_verified": ""},
		},
		"a mark that is taken back": {
			map[string]any{"email": "jane@example.com", "email_verified": true}, map[string]any{"email": "jane@example.com", "email_verified": false},
			map[string]any{"email": "jane@example.com", "email_verified": "false"},
		},
		"another number without a mark": {
			map[string]any{"phone_number": "+1", "phone_number_verified": true}, map[string]any{"phone_number": "+2"},
			map[string]any{"phone_number": "+2", "phone_number_verified": ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			token, said = test.token, test.said
			identity, err := newVisit(t, p).redeem()
			if err != nil {
				t.Fatal(err)
			}
			for claim, want := range test.want {
				if got := identity.Claims[claim]; got != want {
					t.Errorf("%s: got %q, want %q", claim, got, want)
				}
			}
			for _, claim := range []string{"access_token", "refresh_token"} {
				if identity.Claims[claim] == "forged" {
					t.Errorf("%s is a claim of the user", claim)
				}
			}
			if identity.Level == "9" {
				t.Error("the level is not that of the ID token")
			}
		})
	}
}

func TestAttributesByPost(t *testing.T) {
	t.Parallel()
	p := upstreamtest.Start(t, upstream.OIDC)
	v := newVisit(t, p)
	v.config.AttributesMethod = http.MethodPost
	identity, err := v.redeem()
	if err != nil || identity.Said.UserInfo["email"] != "jane@example.com" {
		t.Errorf("got %+v, %v", identity, err)
	}
}

func TestFacebookIsAskedForWhatIsMappedAlone(t *testing.T) {
	t.Parallel()
	p := upstreamtest.Start(t, upstream.Facebook)
	var fields string
	p.Handle("/me", func(w http.ResponseWriter, r *http.Request) {
		fields = r.URL.Query().Get("fields")
		says(200, jsonType, `{"id":"1","picture":{"data":{"url":"https://example.com/?a=1&b=2"}}}`)(w, r)
	})
	v := newVisit(t, p, "email", "picture", "accounts{access_token}", "name,friends", "access_token", "email", "id")
	identity, err := v.redeem()
	if err != nil {
		t.Fatal(err)
	}
	if fields != "id,email,picture" {
		t.Errorf("asked for %q", fields)
	}
	if got, want := identity.Claims["picture"], `{"data":{"url":"https://example.com/?a=1&b=2"}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestGoogleIsAskedOnlyForWhatTheIDTokenLacks(t *testing.T) {
	t.Parallel()
	p := upstreamtest.Start(t, upstream.Google)
	if _, err := newVisit(t, p, "email", "name", "sub", "email_verified").redeem(); err != nil {
		t.Fatal(err)
	}
	if n := p.Calls("/v1/people/me"); n != 0 {
		t.Errorf("asked %d times", n)
	}
	primary := map[string]any{"primary": true}
	p.SetClaims(map[string]any{
		"sub": "7", "email": "jane@example.com", "name": "Jane Doe",
		"birthdays":    []any{map[string]any{"date": map[string]any{"month": 12, "day": 31}}},
		"phoneNumbers": []any{map[string]any{"value": "1"}, map[string]any{"value": "2", "canonicalForm": "+12", "metadata": primary}},
		"genders":      []any{map[string]any{"value": "female"}},
		"photos":       []any{map[string]any{"url": "https://example.com/p.png"}},
		"addresses":    []any{"not an object"},
	})
	p.EditIDToken(set("name", nil))
	identity, err := newVisit(t, p, "birthdays", "phoneNumbers", "genders", "picture", "addresses", "name", "given_name").redeem()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"birthdays": "0000-12-31", "phoneNumbers": "+12", "genders": "female", "picture": "https://example.com/p.png", "addresses": "",
		"name": "Jane Doe", "given_name": "Jane",
	} {
		if identity.Claims[name] != want {
			t.Errorf("%s: got %q, want %q", name, identity.Claims[name], want)
		}
	}
}
