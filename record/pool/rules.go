package pool

import (
	"slices"
	"strconv"
	"strings"

	"cardea/spec/cognitoidp"
)

// CaseSensitive tells whether user names, preferred user names and e-mail aliases that differ only in case are different.
// They are, unless the pool was created with UsernameConfiguration.CaseSensitive=false.
func (p *Pool) CaseSensitive() bool {
	c := p.Doc.UsernameConfiguration
	return c == nil || c.CaseSensitive == nil || *c.CaseSensitive
}

// Fold gives the form in which a name is compared: itself, or lower-cased when the pool is case-insensitive.
func (p *Pool) Fold(name string) string {
	if p.CaseSensitive() {
		return name
	}
	return strings.ToLower(name)
}

// UsernameIs tells whether users sign up with this attribute ("email", "phone_number") as their user name.
func (p *Pool) UsernameIs(attribute string) bool {
	return slices.Contains(p.Doc.UsernameAttributes, attribute)
}

// AliasIs tells whether users may sign in with this attribute ("email", "phone_number", "preferred_username") besides
// their user name.
func (p *Pool) AliasIs(attribute string) bool {
	return slices.Contains(p.Doc.AliasAttributes, attribute)
}

// SignsInBy tells whether users may sign in with this attribute at all.
func (p *Pool) SignsInBy(attribute string) bool {
	return p.UsernameIs(attribute) || p.AliasIs(attribute)
}

// AllowsSignUp tells whether users may create their own accounts.
func (p *Pool) AllowsSignUp() bool {
	c := p.Doc.AdminCreateUserConfig
	return c == nil || !c.AllowAdminCreateUserOnly
}

// AutoVerifies tells whether the pool sends a code to this attribute ("email", "phone_number") by itself.
func (p *Pool) AutoVerifies(attribute string) bool {
	return slices.Contains(p.Doc.AutoVerifiedAttributes, attribute)
}

// VerifiesBeforeUpdate tells whether a new value of this attribute ("email", "phone_number") has to be verified before it
// takes the place of the old.
func (p *Pool) VerifiesBeforeUpdate(attribute string) bool {
	settings := p.Doc.UserAttributeUpdateSettings
	return settings != nil && slices.Contains(settings.AttributesRequireVerificationBeforeUpdate, attribute)
}

// Attribute finds an attribute of the schema by its full name: "email", "custom:team", "dev:custom:score".
func (p *Pool) Attribute(name string) (cognitoidp.SchemaAttributeType, bool) {
	for _, attribute := range p.Doc.SchemaAttributes {
		if attribute.Name == name {
			return attribute, true
		}
	}
	return cognitoidp.SchemaAttributeType{}, false
}

// PasswordPolicy gives the policy in force; it is never nil.
func (p *Pool) PasswordPolicy() *cognitoidp.PasswordPolicyType {
	if p.Doc.Policies == nil || p.Doc.Policies.PasswordPolicy == nil {
		return DefaultPasswordPolicy()
	}
	return p.Doc.Policies.PasswordPolicy
}

// DefaultPasswordPolicy is the policy of pools that give none of their own.
func DefaultPasswordPolicy() *cognitoidp.PasswordPolicyType {
	return &cognitoidp.PasswordPolicyType{
		MinimumLength:                 8,
		RequireUppercase:              true,
		RequireLowercase:              true,
		RequireNumbers:                true,
		RequireSymbols:                true,
		TemporaryPasswordValidityDays: 7,
	}
}

// Registers tells whether apps may register themselves as clients of the pool.
func (p *Pool) Registers() bool {
	c := p.Doc.DcrConfiguration
	return c != nil && c.EnableStatus == cognitoidp.StatusTypeEnabled
}

// RegistrationGrants are the OAuth flows that an app which registers itself may have: with an access token that allows
// registration, or openly, if the pool has open registration.
func (p *Pool) RegistrationGrants(authenticated bool) []string {
	flows := p.Doc.DcrConfiguration.OpenDcrGrantTypes
	if authenticated {
		flows = p.Doc.DcrConfiguration.AuthenticatedGrantTypes
	}
	if len(flows) == 0 {
		return []string{cognitoidp.OAuthFlowTypeCode}
	}
	return flows
}

// Levels are the names of the pool's four levels of authentication, the lowest first.
func (p *Pool) Levels() []string {
	list := make([]string, 4)
	for i := range list {
		number := strconv.Itoa(i + 1)
		list[i] = DefaultLevel + number
		if own, named := p.Doc.AcrConfiguration["Level"+number]; named {
			list[i] = own.AcrValue
		}
	}
	return list
}

// DefaultLevel begins the names of levels that a pool has not named itself; the number of the level follows.
const DefaultLevel = "urn:cognito:loa:"

// defaultMaxSessions is how many token sessions a user may have in pools without a setting.
const defaultMaxSessions = 20

// TracksSessions tells whether the pool tracks its users' sessions: where they are signed in, and how often.
func (p *Pool) TracksSessions() bool {
	return p.Sessions.UserSessionTracking == cognitoidp.UserSessionTrackingTypeEnabled
}

// MaxSessions is how many live token sessions a user may have, in a pool that tracks them.
func (p *Pool) MaxSessions() int64 {
	limit := p.Sessions.TokenSession
	if limit == nil || limit.MaxPerUser == nil {
		return defaultMaxSessions
	}
	return *limit.MaxPerUser
}

// SessionConfiguration is the configuration in force, as GetUserPoolSessionConfiguration shows it.
func (p *Pool) SessionConfiguration() cognitoidp.GetUserPoolSessionConfigurationResponse {
	tracking := cognitoidp.UserSessionTrackingTypeDisabled
	if p.TracksSessions() {
		tracking = cognitoidp.UserSessionTrackingTypeEnabled
	}
	return cognitoidp.GetUserPoolSessionConfigurationResponse{
		UserPoolId:          string(p.ID),
		UserSessionTracking: tracking,
		TokenSession:        &cognitoidp.UserPoolTokenSessionConfigType{MaxPerUser: new(p.MaxSessions())},
	}
}
