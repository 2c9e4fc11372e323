package pool_test

import (
	"testing"

	"cardea/record/pool"
	"cardea/spec/cognitoidp"
)

func TestNamesFoldOnlyInCaseInsensitivePools(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		configuration *cognitoidp.UsernameConfigurationType
		want          string
	}{
		"not configured":   {nil, "Alice"},
		"empty":            {&cognitoidp.UsernameConfigurationType{}, "Alice"},
		"case sensitive":   {&cognitoidp.UsernameConfigurationType{CaseSensitive: new(true)}, "Alice"},
		"case insensitive": {&cognitoidp.UsernameConfigurationType{CaseSensitive: new(false)}, "alice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &pool.Pool{Doc: cognitoidp.UserPoolType{UsernameConfiguration: c.configuration}}
			if got := p.Fold("Alice"); got != c.want {
				t.Errorf("Fold: %q, want %q", got, c.want)
			}
			if got := p.CaseSensitive(); got != (c.want == "Alice") {
				t.Errorf("CaseSensitive: %v", got)
			}
		})
	}
}

func TestListsDecideWhatAnAttributeIsFor(t *testing.T) {
	t.Parallel()

	p := &pool.Pool{Doc: cognitoidp.UserPoolType{
		UsernameAttributes:     []string{"email"},
		AutoVerifiedAttributes: []string{"email"},
		UserAttributeUpdateSettings: &cognitoidp.UserAttributeUpdateSettingsType{
			AttributesRequireVerificationBeforeUpdate: []string{"email"},
		},
	}}
	none := &pool.Pool{}
	for name, rule := range map[string]func(*pool.Pool, string) bool{
		"UsernameIs":           (*pool.Pool).UsernameIs,
		"AutoVerifies":         (*pool.Pool).AutoVerifies,
		"VerifiesBeforeUpdate": (*pool.Pool).VerifiesBeforeUpdate,
	} {
		if !rule(p, "email") || rule(p, "phone_number") || rule(none, "email") {
			t.Errorf("%s: email %v, phone_number %v, email of a pool without lists %v; want true, false, false",
				name, rule(p, "email"), rule(p, "phone_number"), rule(none, "email"))
		}
	}
	aliases := &pool.Pool{Doc: cognitoidp.UserPoolType{AliasAttributes: []string{"preferred_username"}}}
	if !aliases.AliasIs("preferred_username") || aliases.AliasIs("email") {
		t.Error("AliasIs does not follow AliasAttributes")
	}
}

func TestAttributeIsFoundByItsFullName(t *testing.T) {
	t.Parallel()

	p := &pool.Pool{Doc: cognitoidp.UserPoolType{SchemaAttributes: []cognitoidp.SchemaAttributeType{
		{Name: "email"}, {Name: "custom:team"},
	}}}
	if a, found := p.Attribute("custom:team"); !found || a.Name != "custom:team" {
		t.Errorf("custom:team: %v, %v", a, found)
	}
	if _, found := p.Attribute("team"); found {
		t.Error("team was found without its prefix")
	}
}

func TestPasswordPolicyIsNeverNil(t *testing.T) {
	t.Parallel()

	for name, policies := range map[string]*cognitoidp.UserPoolPolicyType{"none": nil, "empty": {}} {
		p := &pool.Pool{Doc: cognitoidp.UserPoolType{Policies: policies}}
		if got := p.PasswordPolicy(); got == nil || got.MinimumLength != 8 || !got.RequireSymbols {
			t.Errorf("%s: %+v, want the default", name, got)
		}
	}
	own := &cognitoidp.PasswordPolicyType{MinimumLength: 12}
	p := &pool.Pool{Doc: cognitoidp.UserPoolType{Policies: &cognitoidp.UserPoolPolicyType{PasswordPolicy: own}}}
	if got := p.PasswordPolicy(); got != own {
		t.Errorf("own policy: %+v", got)
	}
}

func TestTagChoosesPasswordStorageOverTheServersDefault(t *testing.T) {
	t.Parallel()

	tagged := &pool.Pool{Doc: cognitoidp.UserPoolType{UserPoolTags: map[string]string{"cardea:password-storage": "argon2id"}}}
	if got := tagged.PasswordStorage("srp"); got != "argon2id" {
		t.Errorf("tagged pool: %q", got)
	}
	if got := (&pool.Pool{}).PasswordStorage("srp"); got != "srp" {
		t.Errorf("untagged pool: %q", got)
	}
}

func TestSessionsAreCountedWhenAskedFor(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		set      cognitoidp.GetUserPoolSessionConfigurationResponse
		tracking string
		limit    int64
	}{
		"never set": {cognitoidp.GetUserPoolSessionConfigurationResponse{}, "DISABLED", 20},
		"off": {cognitoidp.GetUserPoolSessionConfigurationResponse{
			UserSessionTracking: "DISABLED", TokenSession: &cognitoidp.UserPoolTokenSessionConfigType{MaxPerUser: new(int64(1))},
		}, "DISABLED", 1},
		"on": {cognitoidp.GetUserPoolSessionConfigurationResponse{
			UserSessionTracking: "ENABLED", TokenSession: &cognitoidp.UserPoolTokenSessionConfigType{MaxPerUser: new(int64(100))},
		}, "ENABLED", 100},
	} {
		p := &pool.Pool{ID: "us-east-1_AbC123xyz", Sessions: c.set}
		got := p.SessionConfiguration()
		if got.UserPoolId != string(p.ID) || got.UserSessionTracking != c.tracking || *got.TokenSession.MaxPerUser != c.limit {
			t.Errorf("%s: got %+v with %d", name, got, *got.TokenSession.MaxPerUser)
		}
		if p.TracksSessions() != (c.tracking == "ENABLED") || p.MaxSessions() != c.limit {
			t.Errorf("%s: tracks %v, at most %d", name, p.TracksSessions(), p.MaxSessions())
		}
	}
}
