package client_test

import (
	"slices"
	"testing"
	"time"

	"cardea/record/client"
	"cardea/spec/cognitoidp"
)

func of(doc cognitoidp.UserPoolClientType) *client.Client { return &client.Client{ID: "abc", Doc: doc} }

func TestExplicitAuthFlowsDecideWhatIsAllowed(t *testing.T) {
	t.Parallel()

	all := []string{"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_AUTH"}
	rotation := &cognitoidp.RefreshTokenRotationType{Feature: "ENABLED"}
	for name, c := range map[string]struct {
		doc  cognitoidp.UserPoolClientType
		want []string
	}{
		"none given": {
			cognitoidp.UserPoolClientType{},
			[]string{"ALLOW_CUSTOM_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"},
		},
		"one given": {
			cognitoidp.UserPoolClientType{ExplicitAuthFlows: []string{"ALLOW_USER_PASSWORD_AUTH"}},
			[]string{"ALLOW_USER_PASSWORD_AUTH"},
		},
		"legacy admin": {
			cognitoidp.UserPoolClientType{ExplicitAuthFlows: []string{"ADMIN_NO_SRP_AUTH"}},
			[]string{"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"},
		},
		"legacy password": {
			cognitoidp.UserPoolClientType{ExplicitAuthFlows: []string{"USER_PASSWORD_AUTH"}},
			[]string{"ALLOW_CUSTOM_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"},
		},
		"legacy custom only": {
			cognitoidp.UserPoolClientType{ExplicitAuthFlows: []string{"CUSTOM_AUTH_FLOW_ONLY"}},
			[]string{"ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"},
		},
		"rotation": {
			cognitoidp.UserPoolClientType{RefreshTokenRotation: rotation},
			[]string{"ALLOW_CUSTOM_AUTH", "ALLOW_USER_SRP_AUTH"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, flow := range all {
				if of(c.doc).Allows(flow) {
					got = append(got, flow)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("allows %v, want %v", got, c.want)
			}
		})
	}
}

func TestTokensLiveAsLongAsTheClientSays(t *testing.T) {
	t.Parallel()

	type ttls struct{ access, id, refresh, session time.Duration }
	for name, c := range map[string]struct {
		doc  cognitoidp.UserPoolClientType
		want ttls
	}{
		"defaults": {
			cognitoidp.UserPoolClientType{},
			ttls{time.Hour, time.Hour, 30 * 24 * time.Hour, 3 * time.Minute},
		},
		"implied units": {
			cognitoidp.UserPoolClientType{AccessTokenValidity: new(int64(2)), IdTokenValidity: new(int64(3)), RefreshTokenValidity: 4, AuthSessionValidity: new(int64(15))},
			ttls{2 * time.Hour, 3 * time.Hour, 4 * 24 * time.Hour, 15 * time.Minute},
		},
		"own units": {
			cognitoidp.UserPoolClientType{
				AccessTokenValidity: new(int64(600)), IdTokenValidity: new(int64(20)), RefreshTokenValidity: 90,
				TokenValidityUnits: &cognitoidp.TokenValidityUnitsType{AccessToken: "seconds", IdToken: "minutes", RefreshToken: "hours"},
			},
			ttls{10 * time.Minute, 20 * time.Minute, 90 * time.Hour, 3 * time.Minute},
		},
		"days": {
			cognitoidp.UserPoolClientType{AccessTokenValidity: new(int64(1)), TokenValidityUnits: &cognitoidp.TokenValidityUnitsType{AccessToken: "days"}},
			ttls{24 * time.Hour, time.Hour, 30 * 24 * time.Hour, 3 * time.Minute},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := of(c.doc)
			if got := (ttls{x.AccessTTL(), x.IDTTL(), x.RefreshTTL(), x.SessionTTL()}); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestRotationNeedsTheFeatureEnabled(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		rotation *cognitoidp.RefreshTokenRotationType
		want     bool
		grace    time.Duration
	}{
		"absent":   {nil, false, 0},
		"disabled": {&cognitoidp.RefreshTokenRotationType{Feature: "DISABLED", RetryGracePeriodSeconds: new(int64(9))}, false, 0},
		"enabled":  {&cognitoidp.RefreshTokenRotationType{Feature: "ENABLED"}, true, 0},
		"grace":    {&cognitoidp.RefreshTokenRotationType{Feature: "ENABLED", RetryGracePeriodSeconds: new(int64(9))}, true, 9 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, grace := of(cognitoidp.UserPoolClientType{RefreshTokenRotation: c.rotation}).Rotates()
			if got != c.want || grace != c.grace {
				t.Errorf("Rotates: %v, %v; want %v, %v", got, grace, c.want, c.grace)
			}
		})
	}
}

func TestSwitchesHaveTheirDefaults(t *testing.T) {
	t.Parallel()

	plain := of(cognitoidp.UserPoolClientType{})
	if plain.HidesUsers() || !plain.Revocable() || plain.HasSecret() {
		t.Errorf("defaults: hides users %v, revocable %v, has secret %v", plain.HidesUsers(), plain.Revocable(), plain.HasSecret())
	}
	set := of(cognitoidp.UserPoolClientType{PreventUserExistenceErrors: "ENABLED", EnableTokenRevocation: new(false)})
	set.Secrets = []client.Secret{{ID: "abc--1"}}
	if !set.HidesUsers() || set.Revocable() || !set.HasSecret() {
		t.Errorf("set: hides users %v, revocable %v, has secret %v", set.HidesUsers(), set.Revocable(), set.HasSecret())
	}
	if of(cognitoidp.UserPoolClientType{PreventUserExistenceErrors: "LEGACY"}).HidesUsers() {
		t.Error("LEGACY hides users")
	}
}

func TestAttributesAreOpenUnlessListed(t *testing.T) {
	t.Parallel()

	open := of(cognitoidp.UserPoolClientType{})
	listed := of(cognitoidp.UserPoolClientType{
		ReadAttributes:  []string{"email", "email_verified", "dev:custom:score"},
		WriteAttributes: []string{"email", "email_verified", "dev:custom:score"},
	})
	closed := of(cognitoidp.UserPoolClientType{ReadAttributes: []string{}, WriteAttributes: []string{}})
	for _, c := range []struct {
		name        string
		of          *client.Client
		attribute   string
		read, write bool
	}{
		{"open", open, "email", true, true},
		{"open", open, "custom:team", true, true},
		{"open", open, "email_verified", true, false},
		{"open", open, "sub", true, false},
		{"open", open, "dev:custom:score", false, false},
		{"listed", listed, "email", true, true},
		{"listed", listed, "email_verified", true, false},
		{"listed", listed, "custom:team", false, false},
		{"listed", listed, "sub", true, false},
		{"listed", listed, "dev:custom:score", true, false},
		{"closed", closed, "email", false, false},
	} {
		if read, write := c.of.CanRead(c.attribute), c.of.CanWrite(c.attribute); read != c.read || write != c.write {
			t.Errorf("%s client, %s: read %v, write %v; want %v, %v", c.name, c.attribute, read, write, c.read, c.write)
		}
	}
}

func TestSecretsOfOneSecondHaveDifferentIDs(t *testing.T) {
	t.Parallel()

	c := of(cognitoidp.UserPoolClientType{})
	now := time.Unix(1_700_000_000, 0)
	first := c.SecretID(now)
	if want := "abc--1700000000"; first != want {
		t.Errorf("id %q, want %q", first, want)
	}
	c.Secrets = []client.Secret{{ID: first}}
	if second := c.SecretID(now); second == first {
		t.Errorf("both ids are %q", second)
	}
}

func TestSSOSessionsAreReusedForAnHourUnlessSet(t *testing.T) {
	t.Parallel()

	set := func(minutes int64) *cognitoidp.ClientSSOSessionConfigType {
		return &cognitoidp.ClientSSOSessionConfigType{MaxValidityMinutes: &minutes}
	}
	for name, c := range map[string]struct {
		set  *cognitoidp.ClientSSOSessionConfigType
		want time.Duration
	}{"never set": {nil, time.Hour}, "never": {set(0), 0}, "longest": {set(129_600), 90 * 24 * time.Hour}} {
		k := &client.Client{ID: "c", Pool: "p"}
		k.Sessions.SSOSession = c.set
		shown := k.SessionConfiguration()
		if k.SSOValidity() != c.want || shown.ClientId != "c" || shown.UserPoolId != "p" || *shown.SSOSession.MaxValidityMinutes != int64(c.want/time.Minute) {
			t.Errorf("%s: got %v and %+v; want %v", name, k.SSOValidity(), shown, c.want)
		}
	}
}
