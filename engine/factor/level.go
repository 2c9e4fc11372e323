package factor

import "slices"

// Levels of authentication (docs/cognito/oauth.md, "Authentication levels").
const (
	levelOne     = 1 // one factor
	levelPasskey = 2 // a passkey, which cannot be given away to a wrong page
	levelTwo     = 3 // two factors
	levelBoth    = 4 // two factors, one of which is a passkey
)

// Level is the level of authentication that proofs reach.
func Level(proofs []Proof) int {
	return max(ownLevel(proofs), providersLevel(proofs))
}

// providersLevel is the level that the user has reached at an identity provider.
func providersLevel(proofs []Proof) (reached int) {
	for _, proof := range proofs {
		reached = max(reached, slices.Index(federated, proof)+1)
	}
	return reached
}

// ownLevel is the level that the proofs reach which the user has given here.
func ownLevel(proofs []Proof) int {
	passkey := slices.Contains(proofs, Passkey)
	second := slices.ContainsFunc(proofs, func(proof Proof) bool { return !isFirst[proof] })
	switch {
	case slices.Contains(proofs, VerifiedKey), passkey && second:
		return levelBoth
	case second:
		return levelTwo
	case passkey:
		return levelPasskey
	}
	return levelOne
}

// methods are the proofs as the claim amr names them (RFC 8176).
var methods = map[Proof]string{
	Password: "pwd", Passkey: "pop", VerifiedKey: "pop",
	EmailOTP: "otp", SMSOTP: "otp", SMS: "otp", Email: "otp", SoftwareToken: "otp",
}

// Methods are the values of the claim amr for proofs.
func Methods(proofs []Proof) (list []string) {
	for _, proof := range proofs {
		if name := methods[proof]; name != "" && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	if Level(proofs) >= levelTwo {
		list = append(list, "mfa")
	}
	return list
}
