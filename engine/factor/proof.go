package factor

import "slices"

// Proof is a factor that a user has proven in a sign-in.
type Proof = string

// The proofs.
const (
	Password      Proof = "PASSWORD"           // the password, sent or by SRP
	EmailOTP      Proof = "EMAIL_OTP"          // a code by mail, in the place of a password
	SMSOTP        Proof = "SMS_OTP"            // a code by text message, in the place of a password
	Passkey       Proof = "WEB_AUTHN"          // a passkey
	VerifiedKey   Proof = "WEB_AUTHN_VERIFIED" // a passkey that has verified its user, in a pool where that is both factors
	Custom        Proof = "CUSTOM"             // what the pool's functions asked for in a custom sign-in
	SignUp        Proof = "SIGN_UP"            // the code that confirmed the account, a moment ago
	SMS           Proof = "SMS_MFA"            // a code by text message, after a first factor
	Email         Proof = "EMAIL_MFA"          // a code by mail, after a first factor
	SoftwareToken Proof = "SOFTWARE_TOKEN_MFA"
	Device        Proof = "DEVICE" // a remembered device, which replaces any second factor

	Federated Proof = "FEDERATED" // a sign-in at an identity provider, which replaces every factor; see also FederatedAt
)

// federated are the proofs of sign-ins at identity providers, by the level that each has reached there.
var federated = []Proof{Federated, "FEDERATED_2", "FEDERATED_3", "FEDERATED_4"}

// FederatedAt is the proof of a sign-in at an identity provider that has reached a level of authentication; 0 is the lowest.
func FederatedAt(level int) Proof { return federated[max(level, levelOne)-1] }

// ByProvider tells whether an identity provider has vouched for the user.
func ByProvider(proofs []Proof) bool {
	return slices.ContainsFunc(proofs, func(proof Proof) bool { return slices.Contains(federated, proof) })
}

// isFirst tells which proofs are first factors.
var isFirst = map[Proof]bool{
	Password: true, EmailOTP: true, SMSOTP: true, Passkey: true, VerifiedKey: true, SignUp: true, Custom: true,
	federated[0]: true, federated[1]: true, federated[2]: true, federated[3]: true,
}

// First tells whether a first factor is among the proofs.
func First(proofs []Proof) bool {
	return slices.ContainsFunc(proofs, func(proof Proof) bool { return isFirst[proof] })
}
