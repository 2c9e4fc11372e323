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

// domainLetters are the characters of a domain name as browsers write it.
const domainLetters = "abcdefghijklmnopqrstuvwxyz0123456789-."

// FirstFactor tells whether the pool lets users sign in with a passkey instead of a password.
func FirstFactor(p *pool.Pool) bool {
	return factor.Allows(p, cognitoidp.AuthFactorTypeWebAuthn)
}

// secondFactor tells whether the pool counts a passkey that verified its user as multi-factor authentication.
func secondFactor(p *pool.Pool) bool {
	mode := p.MFA.MfaConfiguration
	return factor.Multi(p) && (mode == cognitoidp.UserPoolMfaTypeOn || mode == cognitoidp.UserPoolMfaTypeOptional)
}

// Enabled tells whether users of the pool can sign in with passkeys.
func Enabled(p *pool.Pool) bool { return FirstFactor(p) || secondFactor(p) }

// demandsVerification tells whether the authenticator must verify the user, by a PIN or a fingerprint, in both ceremonies.
func demandsVerification(p *pool.Pool) bool {
	config := p.MFA.WebAuthnConfiguration
	return factor.Multi(p) || config != nil && config.UserVerification == cognitoidp.UserVerificationTypeRequired
}

// verification is the userVerification option for browsers.
func verification(p *pool.Pool) string {
	if demandsVerification(p) {
		return cognitoidp.UserVerificationTypeRequired
	}
	return cognitoidp.UserVerificationTypePreferred
}

// CheckRelyingParty checks a relying party's id. It must be localhost or a domain name in lower case (else ErrNotDomain)
// that is not a public suffix, such as "com" or "github.io" (else ErrPublicSuffix).
func CheckRelyingParty(rp string) error {
	if protocol.ValidateRPID(rp) != nil || strings.Trim(rp, domainLetters) != "" {
		return ErrNotDomain
	}
	if suffix, _ := publicsuffix.PublicSuffix(rp); suffix == rp && rp != localhost {
		return ErrPublicSuffix
	}
	return nil
}
