package factor

import (
	"errors"
	"slices"

	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// The conditions of a sign-in that cannot be completed.
var (
	// ErrNoMethod says that a second factor is due, and the user has none and can set up none that the pool accepts.
	ErrNoMethod = errors.New("the user has no second factor that the pool accepts, and can set up none")

	// ErrFirstFactor says that no first factor was given, or that a second is due and cannot follow the one given.
	ErrFirstFactor = errors.New("the first factor does not suffice, and none can follow it")
)

// Step is what a sign-in still lacks.
type Step struct {
	Challenge string   // a ChallengeNameType; empty: nothing
	Options   []string // for SELECT_MFA_TYPE and MFA_SETUP
	Second    bool     // a second factor is missing, which a remembered device may replace
}

// Next decides what is missing after the proofs given. No other function decides it. It answers ErrNoMethod and
// ErrFirstFactor where the user cannot give what is missing.
func Next(p *pool.Pool, u *user.User, proofs []Proof) (Step, error) {
	if !First(proofs) {
		return Step{}, ErrFirstFactor
	}
	if ByProvider(proofs) {
		return Step{}, nil // it asks for what it wants (docs/cognito/federation.md, "Sign-in")
	}
	if u.Status == cognitoidp.UserStatusTypeForceChangePassword {
		return Step{Challenge: cognitoidp.ChallengeNameTypeNewPasswordRequired}, nil
	}
	step, err := second(p, u)
	switch {
	case step.Challenge == "" && err == nil, isBoth(p, u, proofs), byFunctions(proofs):
		return Step{}, nil
	case codeAlone(proofs):
		return Step{}, ErrFirstFactor
	case slices.Contains(proofs, Device), step.met(proofs):
		return Step{}, nil
	}
	return step, err
}

// Satisfied tells whether nothing is missing.
func Satisfied(p *pool.Pool, u *user.User, proofs []Proof) bool {
	step, err := Next(p, u, proofs)
	return err == nil && step.Challenge == ""
}

// isBoth tells whether a passkey is the first factor and the second.
func isBoth(p *pool.Pool, u *user.User, proofs []Proof) bool {
	return slices.Contains(proofs, VerifiedKey) && counts(p, u)
}

// byFunctions tells whether the pool's functions alone have decided a sign-in: what they have asked for counts as all factors.
// After a password, second factors are Cognito's own (docs/cognito/sign-in.md, "Custom sign-ins").
func byFunctions(proofs []Proof) bool {
	return slices.Contains(proofs, Custom) && !slices.Contains(proofs, Password)
}

// codeAlone tells whether a code is the only first factor. No second factor can follow it, since both codes might go to
// the same mailbox.
func codeAlone(proofs []Proof) bool {
	return !slices.ContainsFunc(proofs, func(proof Proof) bool {
		return isFirst[proof] && proof != EmailOTP && proof != SMSOTP && proof != SignUp
	})
}

// met tells whether the proofs contain one of the factors that would be asked for now. A factor does not count if the user
// has switched it off, lost or replaced it since, or has yet to set it up.
func (s Step) met(proofs []Proof) bool {
	return slices.ContainsFunc(s.asked(), func(f *Factor) bool { return slices.Contains(proofs, f.Proof) })
}

// asked are the factors that the step asks for, or lets the user choose among.
func (s Step) asked() []*Factor {
	if s.Challenge == cognitoidp.ChallengeNameTypeMfaSetup {
		return nil
	}
	return where(func(f *Factor) bool {
		return f.Challenge != "" && (f.Challenge == s.Challenge || slices.Contains(s.Options, f.Challenge))
	})
}

// second is the step for the second factor that is asked for after the password, or ErrNoMethod.
func second(p *pool.Pool, u *user.User) (Step, error) {
	switch mode(p) {
	case cognitoidp.UserPoolMfaTypeOn:
		return demanded(p, u)
	case cognitoidp.UserPoolMfaTypeOptional:
		return ask(u, usable(p, u)), nil
	}
	return Step{}, nil
}

// demanded is the second factor in a pool that requires one (docs/cognito/factors.md, "Which second factor"): a factor that
// the user has switched on; else one that the pool can use without that; else one that the user can set up now.
func demanded(p *pool.Pool, u *user.User) (Step, error) {
	own := usable(p, u)
	if slices.Contains(names(own), u.MFA.Preferred) {
		return ask(u, own), nil
	}
	able := where(func(f *Factor) bool { return slices.Contains(own, f) || reachable(p, u, f) })
	if len(able) > 0 {
		return ask(u, able), nil
	}
	setup := Settable(p, u)
	if len(setup) == 0 || len(setup) == 1 && setup[0] == sms.Challenge {
		return Step{}, ErrNoMethod
	}
	return Step{Challenge: cognitoidp.ChallengeNameTypeMfaSetup, Options: setup, Second: true}, nil
}

// ask is the step that asks for one of the factors: the preferred one, the only one, or the one that the user selects.
func ask(u *user.User, factors []*Factor) Step {
	options := names(factors)
	switch {
	case len(options) == 0:
		return Step{}
	case slices.Contains(options, u.MFA.Preferred):
		return Step{Challenge: u.MFA.Preferred, Second: true}
	case len(options) == 1:
		return Step{Challenge: options[0], Second: true}
	}
	return Step{Challenge: cognitoidp.ChallengeNameTypeSelectMfaType, Options: options, Second: true}
}

// usable are the factors that the user has switched on and can be asked for.
func usable(p *pool.Pool, u *user.User) []*Factor {
	return where(func(f *Factor) bool { return f.usable(p, u) })
}

// Askable are the challenges by which a user can be asked for a second factor that they have switched on, whether one is due or
// not.
func Askable(p *pool.Pool, u *user.User) []string {
	if m := mode(p); m != cognitoidp.UserPoolMfaTypeOn && m != cognitoidp.UserPoolMfaTypeOptional {
		return nil
	}
	return names(usable(p, u))
}

// reachable tells whether a factor needs only an address that the user has. The address by which a forgotten password is
// reset first does not count: it would be the only factor.
func reachable(p *pool.Pool, u *user.User, f *Factor) bool {
	return f.Contact != "" && f.Offered(&p.MFA) && f.reaches(u) && !recoversFirst(p, f)
}

// Settable are the factors that MFA_SETUP lists for a user who has none. SMS is among them although no phone number can be
// given in a sign-in, as it is in Cognito.
func Settable(p *pool.Pool, u *user.User) []string {
	return names(where(func(f *Factor) bool {
		if f.Challenge == "" || !f.Offered(&p.MFA) {
			return false
		}
		return f.Contact == "" || !f.reaches(u) && !recoversFirst(p, f)
	}))
}

// where gives the second factors for which claim is true, in the order in which they are shown.
func where(claim func(f *Factor) bool) []*Factor {
	var list []*Factor
	for _, f := range Seconds {
		if claim(f) {
			list = append(list, f)
		}
	}
	return list
}

// names are the challenges that ask for factors.
func names(factors []*Factor) []string {
	var list []string
	for _, f := range factors {
		list = append(list, f.Challenge)
	}
	return list
}

// mode is the pool's MfaConfiguration.
func mode(p *pool.Pool) string { return p.MFA.MfaConfiguration }

// Software tells whether users of the pool can register software tokens.
func Software(p *pool.Pool) bool { return software.Offered(&p.MFA) }
