package factor

import (
	"slices"

	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// The second factors, by the names of their challenges.
const (
	smsMFA      = cognitoidp.ChallengeNameTypeSmsMfa
	emailMFA    = cognitoidp.ChallengeNameTypeEmailOtp
	softwareMFA = cognitoidp.ChallengeNameTypeSoftwareTokenMfa
)

// Step is what a sign-in still lacks.
type Step struct {
	Challenge string   // a ChallengeNameType; empty: nothing
	Options   []string // for SELECT_MFA_TYPE and MFA_SETUP
	Second    bool     // it is about a second factor, for which a remembered device may stand
}

// Next decides what a user must still do who has given the proofs: the one place that knows. Refused tells that the user
// can do nothing about what is missing.
func Next(p *pool.Pool, u *user.User, proofs []Proof) (step Step, refused bool) {
	if !First(proofs) {
		return Step{}, true
	}
	if u.Status == cognitoidp.UserStatusTypeForceChangePassword {
		return Step{Challenge: cognitoidp.ChallengeNameTypeNewPasswordRequired}, false
	}
	switch mode(p) {
	case cognitoidp.UserPoolMfaTypeOn:
		step, refused = demanded(p, u)
	case cognitoidp.UserPoolMfaTypeOptional:
		step = chosen(p, u)
	}
	switch {
	case step.Challenge == "" && !refused, twice(p, u, proofs):
		return Step{}, false
	case codeAlone(proofs):
		return Step{}, true
	case slices.Contains(proofs, Device), step.met(proofs):
		return Step{}, false
	}
	return step, refused
}

// twice tells whether a passkey is both factors at once.
func twice(p *pool.Pool, u *user.User, proofs []Proof) bool {
	return slices.Contains(proofs, VerifiedKey) && counts(p, u)
}

// codeAlone tells whether nothing but a code stands for the first factor. No second factor goes with it: that might come
// to the same mailbox.
func codeAlone(proofs []Proof) bool {
	return !slices.ContainsFunc(proofs, func(proof Proof) bool {
		return isFirst[proof] && proof != EmailOTP && proof != SMSOTP && proof != SignUp
	})
}

// met tells whether the proofs hold one of the factors that would be asked for now. A factor that the user has switched
// off, lost or replaced since counts for nothing, and one that is still to be set up proves nobody.
func (s Step) met(proofs []Proof) bool {
	if s.Challenge == cognitoidp.ChallengeNameTypeMfaSetup {
		return false
	}
	return slices.ContainsFunc(proofs, func(proof Proof) bool {
		name := challengeOf[proof]
		return name != "" && (name == s.Challenge || slices.Contains(s.Options, name))
	})
}

// Satisfied tells whether nothing is missing.
func Satisfied(p *pool.Pool, u *user.User, proofs []Proof) bool {
	step, refused := Next(p, u, proofs)
	return !refused && step.Challenge == ""
}

// chosen is the second factor of a pool that leaves it to its users: those that they have switched on.
func chosen(p *pool.Pool, u *user.User) Step {
	return ask(u, usable(p, u))
}

// demanded is the second factor of a pool that insists on one (docs/cognito/factors.md, "Which second factor"): what the
// user has switched on; else what the pool can use of what it knows of them; else what they can set up now.
func demanded(p *pool.Pool, u *user.User) (step Step, refused bool) {
	own := usable(p, u)
	if slices.Contains(own, u.MFA.Preferred) {
		return ask(u, own), false
	}
	able := reachable(p, u)
	for _, name := range own {
		if !slices.Contains(able, name) {
			able = append(able, name)
		}
	}
	if len(able) > 0 {
		return ask(u, inOrder(able)), false
	}
	if setup := Settable(p, u); len(setup) > 0 {
		return Step{Challenge: cognitoidp.ChallengeNameTypeMfaSetup, Options: setup, Second: true}, false
	}
	return Step{}, true
}

// ask chooses among factors: the preferred one, the only one, or the user does.
func ask(u *user.User, factors []string) Step {
	switch {
	case len(factors) == 0:
		return Step{}
	case slices.Contains(factors, u.MFA.Preferred):
		return Step{Challenge: u.MFA.Preferred, Second: true}
	case len(factors) == 1:
		return Step{Challenge: factors[0], Second: true}
	}
	return Step{Challenge: cognitoidp.ChallengeNameTypeSelectMfaType, Options: factors, Second: true}
}

// usable are the factors that the user has switched on, has what it takes for, and the pool still uses. A registered
// software token stays usable when the pool registers no more.
func usable(p *pool.Pool, u *user.User) []string {
	var list []string
	if u.MFA.SMS && sms(p) && u.Attributes[user.NamePhoneNumber] != "" {
		list = append(list, smsMFA)
	}
	if u.MFA.Software {
		list = append(list, softwareMFA)
	}
	if u.MFA.Email && mail(p) && u.Attributes[user.NameEmail] != "" {
		list = append(list, emailMFA)
	}
	return list
}

// reachable are the factors that need nothing but an address of the user's. The one by which a forgotten password is
// reset first does not count: it would be the only factor then.
func reachable(p *pool.Pool, u *user.User) []string {
	var list []string
	if sms(p) && u.Attributes[user.NamePhoneNumber] != "" && !recovers(p, cognitoidp.RecoveryOptionNameTypeVerifiedPhoneNumber) {
		list = append(list, smsMFA)
	}
	if mail(p) && u.Attributes[user.NameEmail] != "" && !recovers(p, cognitoidp.RecoveryOptionNameTypeVerifiedEmail) {
		list = append(list, emailMFA)
	}
	return list
}

// Settable are the factors that a user without any can set up in the middle of a sign-in. A phone number cannot be given
// there.
func Settable(p *pool.Pool, u *user.User) []string {
	var list []string
	if Software(p) {
		list = append(list, softwareMFA)
	}
	if mail(p) && u.Attributes[user.NameEmail] == "" && !recovers(p, cognitoidp.RecoveryOptionNameTypeVerifiedEmail) {
		list = append(list, emailMFA)
	}
	return list
}

// inOrder puts factors into the order in which they are shown.
func inOrder(factors []string) []string {
	var list []string
	for _, name := range []string{smsMFA, softwareMFA, emailMFA} {
		if slices.Contains(factors, name) {
			list = append(list, name)
		}
	}
	return list
}

// mode is the pool's MfaConfiguration.
func mode(p *pool.Pool) string { return p.MFA.MfaConfiguration }

func sms(p *pool.Pool) bool { return p.MFA.SmsMfaConfiguration != nil }

func mail(p *pool.Pool) bool { return p.MFA.EmailMfaConfiguration != nil }

// Software tells whether users of the pool can register software tokens.
func Software(p *pool.Pool) bool {
	c := p.MFA.SoftwareTokenMfaConfiguration
	return c != nil && c.Enabled
}

// recovers tells whether a mechanism is the first by which the pool's users get back into their accounts.
func recovers(p *pool.Pool, mechanism string) bool {
	setting := p.Doc.AccountRecoverySetting
	if setting == nil || len(setting.RecoveryMechanisms) == 0 {
		return false
	}
	first := slices.MinFunc(setting.RecoveryMechanisms, func(a, b cognitoidp.RecoveryOptionType) int {
		return int(a.Priority - b.Priority)
	})
	return first.Name == mechanism
}
