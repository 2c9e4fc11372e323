package token_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/bearer"
	"cardea/record/group"
	"cardea/record/session"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

var uuids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)

// readable is a payload with its members in order, one on a line, without random values.
func readable(t *testing.T, payload []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, uuids.ReplaceAll(payload, []byte("<uuid>")), "", "  "); err != nil {
		t.Fatal(err)
	}
	out.WriteByte('\n')
	return regexp.MustCompile(`"at_hash": "[\w-]{22}"`).ReplaceAll(out.Bytes(), []byte(`"at_hash": "<hash>"`))
}

func TestTokensOfAPISignIn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.join(t, group.Group{Name: "readers", RoleArn: "arn:aws:iam::123456789012:role/readers", Precedence: new(int64(5))})
		w.join(t, group.Group{Name: "admins", Precedence: new(int64(0))})
		w.join(t, group.Group{Name: "all", RoleArn: "arn:aws:iam::123456789012:role/all"})
		result := w.signIn(t)
		golden(t, "api.id.json", readable(t, w.payload(t, result.IdToken)))
		golden(t, "api.access.json", readable(t, w.payload(t, result.AccessToken)))
		if result.ExpiresIn != 3600 || result.TokenType != "Bearer" {
			t.Errorf("ExpiresIn %d, TokenType %q", result.ExpiresIn, result.TokenType)
		}
		if !regexp.MustCompile(`^[A-Za-z0-9\-_=.]+$`).MatchString(result.RefreshToken) {
			t.Errorf("refresh token %q", result.RefreshToken)
		}
	})
}

func TestTokensOfOAuthSignIn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		g := w.grant()
		g.Kind = session.OAuth
		g.Scopes, g.Nonce = []string{"openid", "email", "orders/read"}, "n-0S6_WzA2Mj"
		result, err := w.mint(g, nil)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "oauth.id.json", readable(t, w.payload(t, result.IdToken)))
		golden(t, "oauth.access.json", readable(t, w.payload(t, result.AccessToken)))

		hash := sha256.Sum256([]byte(result.AccessToken))
		if got := w.claims(t, result.IdToken)["at_hash"]; got != base64.RawURLEncoding.EncodeToString(hash[:16]) {
			t.Errorf("at_hash %v", got)
		}

		_, err = w.bearer(result.AccessToken)
		wantCondition(t, err, bearer.ErrScope)
		again := w.mustRefresh(t, result.RefreshToken)
		if scope := w.claims(t, again.AccessToken)["scope"]; scope != "openid email orders/read" {
			t.Errorf("scope after refresh %q", scope)
		}
	})
}

// Linked identities are in ID tokens whatever the scopes, in strings, and in no access token.
func TestIDTokensShowIdentities(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.setUser(t, func(u *user.User) {
			u.Attributes["identities"] = `[{"userId":"1","providerName":"corp","providerType":"SAML","issuer":"urn:corp","primary":true,"dateCreated":1700000000000},` +
				`{"userId":"2","providerName":"Google","providerType":"Google","issuer":null,"primary":false,"dateCreated":1700000000001}]`
		})
		want := []any{
			map[string]any{"userId": "1", "providerName": "corp", "providerType": "SAML", "issuer": "urn:corp", "primary": "true", "dateCreated": "1700000000000"},
			map[string]any{"userId": "2", "providerName": "Google", "providerType": "Google", "issuer": nil, "primary": "false", "dateCreated": "1700000000001"},
		}
		for _, scopes := range [][]string{nil, {"openid"}, {"openid", "email"}} {
			g := w.grant()
			if scopes != nil {
				g.Kind, g.Scopes = session.OAuth, scopes
			}
			result, err := w.mint(g, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, w.claims(t, result.IdToken)["identities"]); diff != "" {
				t.Errorf("scopes %v: %s", scopes, diff)
			}
			if strings.Count(string(w.payload(t, result.IdToken)), `"identities"`) != 1 {
				t.Errorf("scopes %v: the claim is there twice", scopes)
			}
			if claim, there := w.claims(t, result.AccessToken)["identities"]; there {
				t.Errorf("the access token has %v", claim)
			}
		}
	})
}

func TestAnOAuthSessionWithoutScopesIsNoAPISession(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		g := w.grant()
		g.Kind = session.OAuth
		result, err := w.mint(g, nil)
		if err != nil {
			t.Fatal(err)
		}
		for what, access := range map[string]string{"the first": result.AccessToken, "a refreshed one": w.mustRefresh(t, result.RefreshToken).AccessToken} {
			if got := w.claims(t, access)["scope"]; got != "" {
				t.Errorf("%s: scope %q", what, got)
			}
			_, err := w.bearer(access)
			wantCondition(t, err, bearer.ErrScope)
		}
	})
}

func TestTokensWithoutRevocation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.setClient(t, func(c *cognitoidp.UserPoolClientType) { c.EnableTokenRevocation = new(false) })
		result := w.signIn(t)
		for _, jwt := range []string{result.IdToken, result.AccessToken} {
			claims := w.claims(t, jwt)
			if claims["jti"] != nil || claims["origin_jti"] != nil || claims["event_id"] == nil {
				t.Errorf("claims %v", claims)
			}
		}
	})
}

func TestClaimsAcrossRefresh(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first := w.signIn(t)
		w.clock.Advance(40 * time.Minute)
		w.join(t, group.Group{Name: "late"})
		second := w.mustRefresh(t, first.RefreshToken)
		if second.RefreshToken != "" {
			t.Error("a refresh without rotation gave a refresh token")
		}
		for use, pair := range map[string][2]string{
			"id": {first.IdToken, second.IdToken}, "access": {first.AccessToken, second.AccessToken},
		} {
			before, after := w.claims(t, pair[0]), w.claims(t, pair[1])
			for _, same := range []string{"sub", "iss", "origin_jti", "event_id", "auth_time", "aud", "client_id", "scope"} {
				if diff := cmp.Diff(before[same], after[same]); diff != "" {
					t.Errorf("%s: %s changed: %s", use, same, diff)
				}
			}
			if after["jti"] == before["jti"] {
				t.Errorf("%s: jti was kept", use)
			}
			if after["iat"] != before["iat"].(float64)+2400 || after["exp"] != before["exp"].(float64)+2400 {
				t.Errorf("%s: iat %v, exp %v", use, after["iat"], after["exp"])
			}
			if diff := cmp.Diff([]any{"late"}, after["cognito:groups"]); diff != "" {
				t.Errorf("%s: groups: %s", use, diff)
			}
		}
	})
}

func TestLifetimesAreTheClients(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.setClient(t, func(c *cognitoidp.UserPoolClientType) {
			c.AccessTokenValidity, c.IdTokenValidity = new(int64(10)), new(int64(2))
			c.TokenValidityUnits = &cognitoidp.TokenValidityUnitsType{AccessToken: cognitoidp.TimeUnitsTypeMinutes}
		})
		result := w.signIn(t)
		if result.ExpiresIn != 600 {
			t.Errorf("ExpiresIn %d, want 600", result.ExpiresIn)
		}
		for jwt, want := range map[string]float64{result.AccessToken: 600, result.IdToken: 7200} {
			claims := w.claims(t, jwt)
			if got := claims["exp"].(float64) - claims["iat"].(float64); got != want {
				t.Errorf("%v token lives %v s, want %v", claims["token_use"], got, want)
			}
		}
	})
}

func TestReadAttributesLimitTheIDToken(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.setClient(t, func(c *cognitoidp.UserPoolClientType) { c.ReadAttributes = []string{"email"} })
		claims := w.claims(t, w.signIn(t).IdToken)
		if claims["email"] != "alice@example.com" || claims["name"] != nil || claims["custom:level"] != nil {
			t.Errorf("claims %v", claims)
		}
	})
}

func TestPreferredRole(t *testing.T) {
	type groups = []group.Group
	role := func(name string) string { return "arn:aws:iam::123456789012:role/" + name }
	for name, c := range map[string]struct {
		groups groups
		want   any
	}{
		"none":           {groups{{Name: "a"}}, nil},
		"lowest number":  {groups{{Name: "a", RoleArn: role("a"), Precedence: new(int64(2))}, {Name: "b", RoleArn: role("b"), Precedence: new(int64(1))}}, role("b")},
		"none is last":   {groups{{Name: "a", RoleArn: role("a")}, {Name: "b", RoleArn: role("b"), Precedence: new(int64(9))}}, role("b")},
		"disputed":       {groups{{Name: "a", RoleArn: role("a"), Precedence: new(int64(1))}, {Name: "b", RoleArn: role("b"), Precedence: new(int64(1))}}, nil},
		"agreed":         {groups{{Name: "a", RoleArn: role("a"), Precedence: new(int64(1))}, {Name: "b", RoleArn: role("a"), Precedence: new(int64(1))}}, role("a")},
		"disputed below": {groups{{Name: "a", RoleArn: role("a"), Precedence: new(int64(1))}, {Name: "b", RoleArn: role("b")}, {Name: "c", RoleArn: role("c")}}, role("a")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, sqlite(t))
			for _, g := range c.groups {
				w.join(t, g)
			}
			if got := w.claims(t, w.signIn(t).IdToken)["cognito:preferred_role"]; got != c.want {
				t.Errorf("preferred role %v, want %v", got, c.want)
			}
		})
	}
}
