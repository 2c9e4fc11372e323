package signin

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"cardea/engine/attributes"
	"cardea/engine/challenge"
	"cardea/engine/factor"
	"cardea/platform/db"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// selectMFA is the SELECT_MFA_TYPE challenge: which of several second factors, is the user's choice.
type selectMFA struct{ bySession }

func (selectMFA) needs() []string { return []string{"ANSWER"} }

func (p selectMFA) challenge(t *turn) (*Outcome, error) { return t.offer(p.step, "MFAS_CAN_CHOOSE") }

// offer asks with a list of second factors.
func (t *turn) offer(step, parameter string) (*Outcome, error) {
	st := t.state.Next(t.now)
	st.Options = t.options
	list, err := json.Marshal(t.options)
	if err != nil {
		return nil, fmt.Errorf("encode factors: %w", err)
	}
	return t.ask(step, st, map[string]string{parameter: string(list), "USER_ID_FOR_SRP": t.srpID()})
}

func (selectMFA) verify(t *turn) (*pass, error) {
	if err := t.enabled(); err != nil {
		return nil, err
	}
	if t.given["ANSWER"] == "EMAIL_MFA" { // as some clients call it
		t.given["ANSWER"] = cognitoidp.ChallengeNameTypeEmailOtp
	}
	step, _ := factor.Next(t.Pool, t.user, t.state.Proven)
	if err := t.chosen(append(step.Options, step.Challenge)); err != nil {
		return nil, err
	}
	return &pass{effects: []effect{t.spendSession}, then: proofs[t.given["ANSWER"]]}, nil
}

// setUpMFA is the MFA_SETUP challenge: a pool that demands a second factor, of a user who has none. A software token is
// set up by VerifySoftwareToken, whose Session is the answer; an e-mail address is given here, and a code sent to it.
type setUpMFA struct{ bySession }

func (setUpMFA) needs() []string { return nil }

func (p setUpMFA) challenge(t *turn) (*Outcome, error) { return t.offer(p.step, "MFAS_CAN_SETUP") }

func (setUpMFA) verify(t *turn) (*pass, error) {
	if err := t.enabled(); err != nil {
		return nil, err
	}
	done := &pass{effects: []effect{t.spendSession}}
	address := cmp.Or(t.given["EMAIL"], t.given["email"])
	switch {
	case slices.Contains(t.state.Proven, factor.SoftwareToken):
		return done, nil
	case !t.lacksFactor(t.user):
		return nil, challenge.ErrInvalid
	case address == "":
		return nil, cognitoidp.SoftwareTokenMFANotFound("Software Token MFA has not been enabled by the user.")
	case !slices.Contains(factor.Settable(t.Pool, t.user), cognitoidp.ChallengeNameTypeEmailOtp):
		return nil, cognitoidp.InvalidParameter("Email MFA cannot be set up for this user.")
	}
	given := map[string]string{user.NameEmail: address}
	if err := attributes.Check(t.Pool, attributes.Unordered(given), attributes.Challenge); err != nil {
		return nil, err
	}
	done.then = newAddress{code: emailCode, to: address}
	return done, nil
}

// lacksFactor tells whether the user still has no second factor. Once they have, whoever knows no more than their password
// must not put one of their own beside it.
func (t *turn) lacksFactor(u *user.User) bool {
	step, _ := factor.Next(t.Pool, u, []factor.Proof{factor.Password})
	return step.Challenge == cognitoidp.ChallengeNameTypeMfaSetup
}

// newAddress is the code challenge for an address that becomes the user's when the code comes back.
type newAddress struct {
	code
	to string
}

func (n newAddress) prepare(t *turn, tx *db.Tx) error { return n.send(t, tx, n.to) }

func (n newAddress) challenge(t *turn) (*Outcome, error) { return n.show(t, n) }
