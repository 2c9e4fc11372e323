package passkey

import (
	"errors"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"golang.org/x/net/publicsuffix"

	"cardea/engine/factor"
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
)

// Most is how many passkeys a user may have.
const Most = 20

// The conditions of a pool's settings.
var (
	ErrUnconfigured = errors.New("the pool has no relying party")
	ErrNotDomain    = errors.New("a relying party's id is a domain name in lower case")
	ErrPublicSuffix = errors.New("a relying party's id is not a public suffix")
)

// localhost is the relying party of a developer's machine, the one that needs neither a dot nor https.
const localhost = "localhost"

// domainLetters are all that browsers leave in a domain name.
const domainLetters = "abcdefghijklmnopqrstuvwxyz0123456789-."

// Configured gives the id of the pool's relying party, the domain that its passkeys are good for, or ErrUnconfigured.
func Configured(p *pool.Pool) (rp string, err error) {
	if config := p.MFA.WebAuthnConfiguration; config != nil && config.RelyingPartyId != "" {
		return config.RelyingPartyId, nil
	}
	return "", ErrUnconfigured
}

// FirstFactor tells whether the pool lets users sign in with a passkey instead of a password.
func FirstFactor(p *pool.Pool) bool {
	return factor.Allows(p, cognitoidp.AuthFactorTypeWebAuthn)
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

// CheckRelyingParty accepts what can be a relying party's id: a domain name in lower case, or ErrNotDomain, under which
// the public cannot register names, as it can under "com" or "github.io", or ErrPublicSuffix. localhost is one.
func CheckRelyingParty(rp string) error {
	if protocol.ValidateRPID(rp) != nil || strings.Trim(rp, domainLetters) != "" {
		return ErrNotDomain
	}
	if suffix, _ := publicsuffix.PublicSuffix(rp); suffix == rp && rp != localhost {
		return ErrPublicSuffix
	}
	return nil
}
