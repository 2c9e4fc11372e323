package signin

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"

	"cardea/engine/account"
	"cardea/engine/challenge"
	"cardea/engine/factor"
	"cardea/engine/message"
	"cardea/engine/verification"
	"cardea/platform/db"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// How many digits codes have: eight when the code is all that is asked for, six beside another factor.
const (
	firstDigits  = 8
	secondDigits = 6
)

// code is a challenge that a code answers which was sent to an address of the user's. What it proves depends on what was
// proven before it. The code lives in the Session, as a keyed hash.
type code struct {
	bySession
	attribute     string   // where the code goes
	answers       []string // the names by which clients send it
	first, second factor.Proof
}

var (
	emailCode = code{
		bySession: bySession{cognitoidp.ChallengeNameTypeEmailOtp, atFactor}, attribute: user.NameEmail,
		answers: []string{"EMAIL_OTP_CODE", "EMAIL_MFA_CODE"}, first: factor.EmailOTP, second: factor.Email,
	}
	smsOTP = code{
		bySession: bySession{cognitoidp.ChallengeNameTypeSmsOtp, atFactor}, attribute: user.NamePhoneNumber,
		answers: []string{"SMS_OTP_CODE"}, first: factor.SMSOTP, second: factor.SMS,
	}
	smsMFA = code{
		bySession: bySession{cognitoidp.ChallengeNameTypeSmsMfa, atFactor}, attribute: user.NamePhoneNumber,
		answers: []string{"SMS_MFA_CODE"}, first: factor.SMSOTP, second: factor.SMS,
	}
)

func (code) needs() []string { return nil } // judge knows the names that an answer may have

func (code) quick() {}

// sent is a code on its way.
type sent struct {
	*verification.Prepared
	to string // the address; empty for unknown users
}

func (c code) compose(a *attempt) error { return c.prepare(a, "") }

// prepare draws a code for the user's address, or for one that is about to become theirs, and composes its message.
func (c code) prepare(a *attempt, to string) error {
	if err := a.enabled(); err != nil {
		return err
	}
	target := a.target(c.attribute, to)
	target.User, target.Source, target.Digits = a.expected(), a.source, firstDigits
	if a.isSecond() {
		target.Digits = secondDigits
	}
	prepared, err := a.Codes.Prepare(a.ctx, target)
	if err != nil {
		return c.undelivered(err)
	}
	a.sent = &sent{Prepared: prepared, to: to}
	if target.User != nil && to == "" {
		a.sent.to = target.User.Attributes[c.attribute]
	}
	return nil
}

// isSecond tells whether a code is asked for beside another factor. What functions ask for counts as one.
func (a *attempt) isSecond() bool { return factor.First(a.state.Proven) || a.state.Custom != "" }

// post sends what was prepared, if the user may still have it.
func (c code) post(a *attempt, tx *db.Tx) error {
	if err := a.enabled(); err != nil {
		return err
	}
	own := a.sent.Question.To == ""
	if a.User != nil && own && a.User.Attributes[c.attribute] != a.sent.to {
		return challenge.ErrInvalid // the address has changed while the last answer was judged
	}
	if err := a.Codes.Allow(tx, a.Pool.ID, a.target(c.attribute, "").Key(), verification.AskCode); err != nil {
		return c.undelivered(err)
	}
	if err := a.Codes.Post(tx, a.sent.Prepared); err != nil {
		return c.undelivered(err)
	}
	return nil
}

// challenge tells the client where the code went.
func (c code) challenge(a *attempt) (*Outcome, error) {
	st := a.state.Next(a.now)
	var err error
	if st.Data, err = json.Marshal(a.sent.Question); err != nil {
		return nil, fmt.Errorf("encode question: %w", err)
	}
	return a.askWith(c.step, st, map[string]string{
		"CODE_DELIVERY_DELIVERY_MEDIUM": a.sent.Details.DeliveryMedium,
		"CODE_DELIVERY_DESTINATION":     a.sent.Details.Destination,
		"USER_ID_FOR_SRP":               a.srpID(),
	})
}

// target is whom a code is for.
func (a *attempt) target(attribute, to string) verification.Target {
	name := a.name
	if a.hidden != nil {
		name = account.SignInName(a.hidden, name)
	}
	return verification.Target{
		App: a.App, User: a.User, UnknownUser: name, Purpose: verification.SignIn, Attribute: attribute, To: to,
		Kind: message.Authentication, Metadata: a.metadata,
	}
}

// undelivered words what keeps a code from being sent as sign-in may.
func (c code) undelivered(err error) error {
	switch {
	case errors.Is(err, verification.ErrTooMany):
		return cognitoidp.TooManyRequests("Too many codes were asked for, please try again later.")
	case errors.Is(err, message.ErrNoSender) && c.attribute == user.NamePhoneNumber:
		return cognitoidp.InvalidSmsRoleAccessPolicy("This server has no way of sending SMS messages.")
	case errors.Is(err, message.ErrNoSender):
		return cognitoidp.InvalidEmailRoleAccessPolicy("This server has no way of sending email messages.")
	}
	return err
}

func (c code) judge(a *attempt) (*success, error) {
	var typed string
	for _, name := range c.answers {
		typed = cmp.Or(typed, a.in.Given[name])
	}
	if typed == "" {
		return nil, missing(c.answers[0])
	}
	if err := a.mayGuess(); err != nil {
		return nil, err
	}
	var question verification.Question
	if err := json.Unmarshal(a.state.Data, &question); err != nil {
		return nil, fmt.Errorf("decode question: %w", err)
	}
	if !question.Answers(a.target(question.Attribute, ""), typed) {
		return nil, a.wrongAnswer(cognitoidp.CodeMismatch("Invalid code or auth state for the user."))
	}
	if question.To != "" && !a.lacksFactor(a.User) {
		return nil, challenge.ErrInvalid
	}
	done := &success{
		proof: c.first, source: "Authentication", user: reached(a.User, question),
		effects: []effect{a.spendSession, a.unlock, a.reach(question, typed)},
	}
	if a.isSecond() {
		done.proof, done.source = c.second, ""
	} else {
		done.effects = []effect{a.spendSession, a.unlock, a.takeOver(question.Attribute), a.reach(question, typed), a.confirm}
		done.user = reached(a.confirmed(a.User, question.Attribute), question)
	}
	return done, nil
}

// reach is the effect of a code that came back: the address is the user's. Where it is another's verified alias it
// stays unverified; the code has proven the user all the same.
func (a *attempt) reach(q verification.Question, typed string) effect {
	return func(tx *db.Tx, u *user.User) error {
		target := a.target(q.Attribute, "")
		target.User = u
		if !q.Answers(target, typed) {
			return challenge.ErrInvalid // the user has another address by now
		}
		if q.To != "" && !a.lacksFactor(u) {
			return challenge.ErrInvalid
		}
		if q.To == "" && u.Verified(q.Attribute) {
			return nil
		}
		changed := reached(u, q)
		changed.Touch(tx.Now)
		err := account.Save(tx, a.Pool, changed, false)
		if taken, ok := errors.AsType[*account.TakenError](err); ok && q.To != "" {
			return taken
		} else if ok {
			return nil
		}
		if err != nil {
			return fmt.Errorf("verify the address: %w", err)
		}
		*u = *changed
		return nil
	}
}

// reached is the user with the address that a code went to, verified. One that they gave on the way becomes theirs and a
// second factor.
func reached(u *user.User, q verification.Question) *user.User {
	u = u.Clone()
	u.Attributes[q.Attribute+"_verified"] = "true"
	if q.To != "" {
		u.Attributes[q.Attribute], u.MFA.Email = q.To, true
	}
	return u
}
