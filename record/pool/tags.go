package pool

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// SettingPrefix begins the tags that are settings of Cardea's own, for which AWS's API has no member.
const SettingPrefix = "cardea:"

// PasswordStorageTag is the tag by which a pool chooses how its passwords are kept.
const (
	PasswordStorageTag      = SettingPrefix + "password-storage"
	PasswordStorageSRP      = "srp"
	PasswordStorageArgon2id = "argon2id"
)

// SignUpTag is the tag by which a pool's sign-ups do not tell whether an address is that of an account.
const (
	SignUpTag     = SettingPrefix + "signup"
	SignUpPrivate = "private"
)

// LinkTag is the tag by which a pool has identities at providers linked with the accounts of those who sign in with them.
const (
	LinkTag           = SettingPrefix + "link"
	LinkVerifiedEmail = "verified-email" // where both sides have verified the same e-mail address, once the user has signed in to the account
)

// StandardsTag is the tag by which a pool's authorization server follows standards that Cognito's does not have: their
// names, separated by spaces.
const (
	StandardsTag = SettingPrefix + "standards"

	BackChannelLogout = "backchannel-logout" // OpenID Connect Back-Channel Logout 1.0
	DeviceGrant       = "device"             // RFC 8628
	DPoP              = "dpop"               // RFC 9449
	FormPost          = "form_post"          // OAuth 2.0 Form Post Response Mode
	Introspection     = "introspection"      // RFC 7662
	Metadata          = "metadata"           // RFC 8414
	PushedRequests    = "par"                // RFC 9126
	RPInitiatedLogout = "rp-logout"          // OpenID Connect RP-Initiated Logout 1.0
	Strict            = "strict"             // OpenID Connect Core to the letter, RFC 9207, RFC 9700
	TokenExchange     = "token-exchange"     // RFC 8693
)

// LogoutTag is the tag by which a pool's users are signed out at OIDC providers as well when they sign out: the providers' names,
// separated by spaces.
const LogoutTag = SettingPrefix + "logout"

// LogoutURLPrefix begins the tags that say where an app is told that a session has ended; the client's id ends them.
const LogoutURLPrefix = SettingPrefix + "backchannel-logout/"

// settings are the values that each of the tags may have.
var settings = map[string]struct {
	values []string // none: any
	list   bool     // several, separated by spaces
}{
	LogoutTag:          {list: true},
	PasswordStorageTag: {values: []string{PasswordStorageSRP, PasswordStorageArgon2id}},
	SignUpTag:          {values: []string{SignUpPrivate}},
	LinkTag:            {values: []string{LinkVerifiedEmail}},
	StandardsTag: {list: true, values: []string{
		BackChannelLogout, DeviceGrant, DPoP, FormPost, Introspection, Metadata, PushedRequests, RPInitiatedLogout, Strict, TokenExchange,
	}},
}

// families are the settings of which a pool may have several: how their keys begin, and what is wrong with the rest of a key or
// with a value, in a sentence; empty: nothing.
var families = map[string]func(key, rest, value string) string{
	LogoutURLPrefix: checkLogoutURL,
}

// checkLogoutURL is what is wrong with the address of a client's back-channel logout.
func checkLogoutURL(key, client, value string) string {
	if client == "" {
		return "The tag " + key + " must end with the id of a client."
	}
	u, err := url.Parse(value)
	good := err == nil && u.Host != "" && u.User == nil && u.Fragment == "" && (u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()))
	if !good {
		return "The tag " + key + " must be an https URL without a fragment."
	}
	return ""
}

// loopback tells whether a host is this machine, as a development server's apps are.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// CheckTag tells what is wrong with a tag, in a sentence; empty: nothing.
func CheckTag(key, value string) string {
	if !strings.HasPrefix(key, SettingPrefix) {
		return ""
	}
	for prefix, check := range families {
		if rest, found := strings.CutPrefix(key, prefix); found {
			return check(key, rest, value)
		}
	}
	setting, known := settings[key]
	if !known {
		return "There is no setting " + key + "."
	}
	given := []string{value}
	if setting.list {
		given = strings.Fields(value)
	}
	for _, one := range given {
		if len(setting.values) > 0 && !slices.Contains(setting.values, one) {
			return "The tag " + key + " must be " + choice(setting.values, setting.list) + "."
		}
	}
	return ""
}

// choice lists values in a sentence: "srp or argon2id", or of a list "some of a, b, c".
func choice(values []string, list bool) string {
	if list {
		return "some of " + strings.Join(values, ", ") + ", separated by spaces"
	}
	return strings.Join(values, " or ")
}

// Tag gives the value of a tag, empty when the pool does not have it.
func (p *Pool) Tag(key string) string { return p.Doc.UserPoolTags[key] }

// Follows tells whether the pool's authorization server follows one of the standards that StandardsTag names.
func (p *Pool) Follows(standard string) bool {
	return slices.Contains(strings.Fields(p.Tag(StandardsTag)), standard)
}

// LeavesProvider tells whether users who sign out are signed out at an OIDC provider as well.
func (p *Pool) LeavesProvider(name string) bool {
	return slices.Contains(strings.Fields(p.Tag(LogoutTag)), name)
}

// LogoutURL is where a client is told that a session has ended; empty: it is not.
func (p *Pool) LogoutURL(client id.Client) string {
	if !p.Follows(BackChannelLogout) {
		return ""
	}
	return p.Tag(LogoutURLPrefix + string(client))
}

// Registration is what pools offer whose settings let apps register themselves (RFC 7591).
const Registration = "registration"

// Offers tells whether the pool's authorization server has the endpoint of a standard: Registration by its settings, others by
// StandardsTag.
func (p *Pool) Offers(standard string) bool {
	if standard == Registration {
		return p.Registers()
	}
	return p.Follows(standard)
}

// ResponseTypes gives what authorization requests may ask for. A strict pool has no implicit grant (RFC 9700 §2.1.2).
func (p *Pool) ResponseTypes() []string {
	if p.Follows(Strict) {
		return []string{oauth2.Code}
	}
	return []string{oauth2.Code, oauth2.Token}
}

// ResponseModes are the response modes that requests may ask for; none: what they say of it is ignored, as Cognito does.
func (p *Pool) ResponseModes() []string {
	switch {
	case p.Follows(FormPost):
		return []string{oauth2.ModeQuery, oauth2.ModeFragment, oauth2.ModeForm}
	case p.Follows(Strict):
		return []string{oauth2.ModeQuery, oauth2.ModeFragment}
	}
	return nil
}

// HidesSignUps tells whether sign-ups do not tell which addresses are accounts': in pools whose user names are addresses, as its
// tag says.
func (p *Pool) HidesSignUps() bool {
	return p.Tag(SignUpTag) == SignUpPrivate && len(p.Doc.UsernameAttributes) > 0
}

// LinksVerifiedEmail tells whether identities at providers are linked with accounts whose e-mail address both sides have verified.
func (p *Pool) LinksVerifiedEmail() bool { return p.Tag(LinkTag) == LinkVerifiedEmail }

// PasswordStorage gives how the pool's passwords are kept, PasswordStorageSRP or PasswordStorageArgon2id: as its tag says,
// or as def, the server's default.
func (p *Pool) PasswordStorage(def string) string {
	if storage := p.Tag(PasswordStorageTag); storage != "" {
		return storage
	}
	return def
}
