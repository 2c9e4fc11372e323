package passkey

import (
	"slices"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"golang.org/x/net/publicsuffix"

	"cardea/engine/factor"
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
)

// Most is how many passkeys a user may have.
const Most = 20

// localhost is the relying party of a developer's machine, the one that needs neither a dot nor https.
const localhost = "localhost"

// domainLetters are all that browsers leave in a domain name.
const domainLetters = "abcdefghijklmnopqrstuvwxyz0123456789-."

// Configured gives the id of the pool's relying party: the domain that its passkeys are good for. A pool without one
// gives the fault for that.
func Configured(p *pool.Pool) (rp string, err error) {
	if config := p.MFA.WebAuthnConfiguration; config != nil && config.RelyingPartyId != "" {
		return config.RelyingPartyId, nil
	}
	return "", cognitoidp.WebAuthnConfigurationMissing("A relying party ID or a domain must be configured for the user pool.")
}

// FirstFactor tells whether the pool lets users sign in with a passkey instead of a password.
func FirstFactor(p *pool.Pool) bool {
	return p.Doc.Policies != nil && p.Doc.Policies.SignInPolicy != nil &&
		slices.Contains(p.Doc.Policies.SignInPolicy.AllowedFirstAuthFactors, cognitoidp.AuthFactorTypeWebAuthn)
}

// secondFactor tells whether the pool counts a passkey that verified its user as multi-factor authentication.
func secondFactor(p *pool.Pool) bool {
	mode := p.MFA.MfaConfiguration
	return factor.Multi(p) && (mode == cognitoidp.UserPoolMfaTypeOn || mode == cognitoidp.UserPoolMfaTypeOptional)
}

// Enabled tells whether passkeys are of any use in the pool.
func Enabled(p *pool.Pool) bool { return FirstFactor(p) || secondFactor(p) }

// demandsVerification tells whether the authenticator must verify the user, by a PIN or a fingerprint, in both ceremonies.
func demandsVerification(p *pool.Pool) bool {
	config := p.MFA.WebAuthnConfiguration
	return factor.Multi(p) || config != nil && config.UserVerification == cognitoidp.UserVerificationTypeRequired
}

// verification is what browsers are told of it.
func verification(p *pool.Pool) string {
	if demandsVerification(p) {
		return cognitoidp.UserVerificationTypeRequired
	}
	return cognitoidp.UserVerificationTypePreferred
}

// CheckRelyingParty refuses what cannot be a relying party's id: anything but a lower-case domain name, and those under
// which strangers register theirs, like "com" or "github.io". localhost is one.
func CheckRelyingParty(rp string) error {
	if protocol.ValidateRPID(rp) != nil || strings.Trim(rp, domainLetters) != "" {
		return cognitoidp.InvalidParameter("RelyingPartyId must be a domain name in lower case.")
	}
	if suffix, _ := publicsuffix.PublicSuffix(rp); suffix == rp && rp != localhost {
		return cognitoidp.InvalidParameter("RelyingPartyId must not be a public suffix.")
	}
	return nil
}
