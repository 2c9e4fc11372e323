package signin

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"cardea/engine/attributes"
	"cardea/engine/challenge"
	"cardea/engine/factor"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// selectMFA is the SELECT_MFA_TYPE challenge: which of several second factors, is the user's choice.
type selectMFA struct{ bySession }

func (selectMFA) needs() []string { return []string{"ANSWER"} }

func (p selectMFA) challenge(a *attempt) (*Outcome, error) { return a.offer(p.step, "MFAS_CAN_CHOOSE") }

// offer asks with a list of second factors.
func (a *attempt) offer(step, parameter string) (*Outcome, error) {
	st := a.state.Next(a.now)
	st.Options = a.options
	list, err := json.Marshal(a.options)
	if err != nil {
		return nil, fmt.Errorf("encode factors: %w", err)
	}
	return a.askWith(step, st, map[string]string{parameter: string(list), "USER_ID_FOR_SRP": a.srpID()})
}

func (selectMFA) judge(a *attempt) (*success, error) {
	if err := a.enabled(); err != nil {
		return nil, err
	}
	step, _ := factor.Next(a.Pool, a.User, a.state.Proven)
	chosen := a.in.Given["ANSWER"]
	if chosen == "EMAIL_MFA" { // as some clients call it
		chosen = cognitoidp.ChallengeNameTypeEmailOtp
	}
	if err := a.check(chosen, append(step.Options, step.Challenge)); err != nil {
		return nil, err
	}
	return &success{effects: []effect{a.spendSession}, then: proofs[chosen]}, nil
}

// setUpMFA is the MFA_SETUP challenge: a pool that demands a second factor, of a user who has none. A software token is
// set up by VerifySoftwareToken, whose Session is the answer; an e-mail address is given here, and a code sent to it.
type setUpMFA struct{ bySession }

func (setUpMFA) needs() []string { return nil }

func (p setUpMFA) challenge(a *attempt) (*Outcome, error) { return a.offer(p.step, "MFAS_CAN_SETUP") }

func (setUpMFA) judge(a *attempt) (*success, error) {
	if err := a.enabled(); err != nil {
		return nil, err
	}
	done := &success{effects: []effect{a.spendSession}}
	address := a.Pool.Fold(cmp.Or(a.in.Given["EMAIL"], a.in.Given["email"]))
	switch {
	case slices.Contains(a.state.Proven, factor.SoftwareToken):
		return done, nil
	case !a.lacksFactor(a.User):
		return nil, challenge.ErrInvalid
	case address == "":
		return nil, cognitoidp.SoftwareTokenMFANotFound("Software Token MFA has not been enabled by the user.")
	case !slices.Contains(factor.Settable(a.Pool, a.User), cognitoidp.ChallengeNameTypeEmailOtp):
		return nil, cognitoidp.InvalidParameter("Email MFA cannot be set up for this user.")
	}
	given := map[string]string{user.NameEmail: address}
	if err := attributes.Check(a.Pool, attributes.Unordered(given), attributes.Challenge); err != nil {
		return nil, err
	}
	done.then = newAddress{code: emailCode, to: address}
	return done, nil
}

// lacksFactor tells whether the user still has no second factor. Once they have, whoever knows no more than their password
// must not put one of their own beside it.
func (a *attempt) lacksFactor(u *user.User) bool {
	step, _ := factor.Next(a.Pool, u, []factor.Proof{factor.Password})
	return step.Challenge == cognitoidp.ChallengeNameTypeMfaSetup
}

// newAddress is the code challenge for an address that becomes the user's when the code comes back.
type newAddress struct {
	code
	to string
}

func (n newAddress) compose(a *attempt) error { return n.prepare(a, n.to) }
