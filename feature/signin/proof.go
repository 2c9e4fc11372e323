package signin

import (
	"context"

	"cardea/engine/challenge"
	"cardea/platform/db"
	"cardea/spec/cognitoidp"
)

// proof is one way of showing who one is: a challenge and its answer.
type proof interface {
	// needs lists the members that an answer must have, besides USERNAME.
	needs() []string
	// open reads, from what was sealed at the challenge, whom the answer is about and how far they had come.
	open(a *attempt, tx *db.Tx) error
	// judge is as step has it.
	judge(a *attempt) (*success, error)
	// challenge tells the client what to answer.
	challenge(a *attempt) (*Outcome, error)
}

// loader is a proof that is judged by more than the user's row. It loads that once the user is known.
type loader interface {
	load(a *attempt, tx *db.Tx) error
}

// poster is a proof whose challenge sends a message. The message is posted in the transaction that commits the answer
// before it: neither counts without the other.
type poster interface {
	compose(a *attempt) error
	post(a *attempt, tx *db.Tx) error
}

// quick is a proof that takes microseconds to judge, less than the transaction that its verdict needs.
type quick interface {
	quick()
}

// Proofs by the challenges that they answer.
var proofs = map[string]proof{
	cognitoidp.ChallengeNameTypePasswordVerifier:       passwordVerifier{},
	cognitoidp.ChallengeNameTypeNewPasswordRequired:    newPassword{bySession{step: cognitoidp.ChallengeNameTypeNewPasswordRequired}},
	cognitoidp.ChallengeNameTypeSelectChallenge:        selectChallenge{bySession{step: cognitoidp.ChallengeNameTypeSelectChallenge}},
	cognitoidp.ChallengeNameTypePassword:               sentPassword{bySession{step: cognitoidp.ChallengeNameTypePassword}},
	cognitoidp.ChallengeNameTypePasswordSrp:            srpStart{bySession{step: cognitoidp.ChallengeNameTypePasswordSrp}},
	cognitoidp.ChallengeNameTypeEmailOtp:               emailCode,
	cognitoidp.ChallengeNameTypeSmsOtp:                 smsOTP,
	cognitoidp.ChallengeNameTypeSmsMfa:                 smsMFA,
	cognitoidp.ChallengeNameTypeSoftwareTokenMfa:       softwareToken{bySession{cognitoidp.ChallengeNameTypeSoftwareTokenMfa, atFactor}},
	cognitoidp.ChallengeNameTypeSelectMfaType:          selectMFA{bySession{step: cognitoidp.ChallengeNameTypeSelectMfaType}},
	cognitoidp.ChallengeNameTypeMfaSetup:               setUpMFA{bySession{step: cognitoidp.ChallengeNameTypeMfaSetup}},
	cognitoidp.ChallengeNameTypeWebAuthn:               passkeyAssertion{bySession{cognitoidp.ChallengeNameTypeWebAuthn, atFactor}},
	cognitoidp.ChallengeNameTypeCustomChallenge:        customChallenge{bySession{cognitoidp.ChallengeNameTypeCustomChallenge, atCustom}},
	cognitoidp.ChallengeNameTypeDeviceSrpAuth:          askDevice,
	cognitoidp.ChallengeNameTypeDevicePasswordVerifier: deviceVerifier{},
}

// Answer judges the answer to a challenge. Its errors are faults of RespondToAuthChallenge, and conditions.
func (s *Service) Answer(ctx context.Context, in Request) (*Outcome, error) {
	p, ok := proofs[in.Name]
	if !ok {
		return nil, challenge.ErrInvalid // no Session has led to it
	}
	return s.run(ctx, in, answer{p})
}

// answer is the step that answers a challenge.
type answer struct{ proof }

func (s answer) load(a *attempt, tx *db.Tx) error {
	a.metadata = a.in.Metadata
	if err := a.enter(tx); err != nil {
		return err
	}
	if err := a.in.require(append([]string{"USERNAME"}, s.needs()...)...); err != nil {
		return err
	}
	if err := a.proveApp(a.in.Given["USERNAME"]); err != nil {
		return err
	}
	if err := s.open(a, tx); err != nil {
		return err
	}
	if err := a.resume(tx); err != nil {
		return err
	}
	if err := a.loadCustom(tx); err != nil {
		return err
	}
	if l, ok := s.proof.(loader); ok {
		return l.load(a, tx)
	}
	return nil
}

// askFirst asks UserMigration, where the answer is the password of a user whom the pool does not know. The other triggers have
// a say when a sign-in begins, and when an answer was right.
func (s answer) askFirst(a *attempt) error {
	if p, ok := s.proof.(sender); ok {
		return a.migrate(p.sends(a))
	}
	return nil
}

func (s answer) judgedInCommit() bool {
	_, ok := s.proof.(quick)
	return ok
}
