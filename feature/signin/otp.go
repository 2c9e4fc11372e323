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
		bySession: bySession{step: cognitoidp.ChallengeNameTypeEmailOtp, factors: true}, attribute: user.NameEmail,
		answers: []string{"EMAIL_OTP_CODE", "EMAIL_MFA_CODE"}, first: factor.EmailOTP, second: factor.Email,
	}
	smsOTP = code{
		bySession: bySession{step: cognitoidp.ChallengeNameTypeSmsOtp, factors: true}, attribute: user.NamePhoneNumber,
		answers: []string{"SMS_OTP_CODE"}, first: factor.SMSOTP, second: factor.SMS,
	}
	smsMFA = code{
		bySession: bySession{step: cognitoidp.ChallengeNameTypeSmsMfa, factors: true}, attribute: user.NamePhoneNumber,
		answers: []string{"SMS_MFA_CODE"}, first: factor.SMSOTP, second: factor.SMS,
	}
)

func (code) needs() []string { return nil } // verify knows the names that an answer may have

func (code) light() {}

func (c code) prepare(t *turn, tx *db.Tx) error { return c.send(t, tx, "") }

func (c code) challenge(t *turn) (*Outcome, error) { return c.show(t, c) }

// sent is a code on its way.
type sent struct {
	details  *cognitoidp.CodeDeliveryDetailsType
	question verification.Question // what answers it
}

// send puts a code on its way, to the user's address or to one that is about to become theirs.
func (c code) send(t *turn, tx *db.Tx, to string) error {
	if err := t.enabled(); err != nil {
		return err
	}
	if t.user != nil && to == "" && t.user.Attributes[c.attribute] == "" {
		return challenge.ErrInvalid // the address went while the last answer was judged
	}
	length := firstDigits
	if factor.First(t.state.Proven) {
		length = secondDigits
	}
	target := t.target(c.attribute, to)
	target.Digits, target.Source = length, t.place()
	if err := t.Codes.Allow(tx, t.Pool.ID, target.Key(), verification.AskCode); err != nil {
		return c.undelivered(err)
	}
	prepared, err := t.Codes.Prepare(t.ctx, target) // to be called before the transaction begins
	if err == nil {
		err = t.Codes.Post(tx, prepared)
	}
	if err != nil {
		return c.undelivered(err)
	}
	t.sent = &sent{prepared.Details, prepared.Question}
	return nil
}

// show tells the client where the code went that p has sent, or else sends now.
func (c code) show(t *turn, p preparer) (*Outcome, error) {
	if t.sent == nil {
		if err := t.DB.Write(t.ctx, func(tx *db.Tx) error { return p.prepare(t, tx) }); err != nil {
			return nil, err
		}
	}

	st := t.state.Next(t.now)
	var err error
	if st.Data, err = json.Marshal(t.sent.question); err != nil {
		return nil, fmt.Errorf("encode question: %w", err)
	}
	return t.ask(c.step, st, map[string]string{
		"CODE_DELIVERY_DELIVERY_MEDIUM": t.sent.details.DeliveryMedium,
		"CODE_DELIVERY_DESTINATION":     t.sent.details.Destination,
		"USER_ID_FOR_SRP":               t.srpID(),
	})
}

// target is whom a code is for.
func (t *turn) target(attribute, to string) verification.Target {
	return verification.Target{
		App: t.App, User: t.user, UnknownUser: t.name, Purpose: verification.SignIn, Attribute: attribute, To: to,
		Kind: message.Authentication, Metadata: t.metadata,
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

func (c code) verify(t *turn) (*pass, error) {
	var typed string
	for _, name := range c.answers {
		typed = cmp.Or(typed, t.given[name])
	}
	if typed == "" {
		return nil, missing(c.answers[0])
	}
	if err := t.present(); err != nil {
		return nil, err
	}
	var question verification.Question
	if err := json.Unmarshal(t.state.Data, &question); err != nil {
		return nil, fmt.Errorf("decode question: %w", err)
	}
	if !question.Answers(t.target(question.Attribute, ""), typed) {
		return nil, t.miss(cognitoidp.CodeMismatch("Invalid code or auth state for the user."))
	}
	if question.To != "" {
		if !t.lacksFactor(t.user) {
			return nil, challenge.ErrInvalid
		}
		t.user = adopted(t.user, question)
	}
	done := &pass{proof: c.first, source: "Authentication", effects: []effect{t.spendSession, t.unlock, t.reached(question, typed)}}
	if factor.First(t.state.Proven) {
		done.proof, done.source = c.second, ""
	} else {
		done.effects = append(done.effects, t.welcome)
		t.user = t.welcomed()
	}
	return done, nil
}

// reached is the effect of a code that came back: the address is the user's. Where it is another's verified alias it
// stays unverified; the code has proven the user all the same.
func (t *turn) reached(q verification.Question, typed string) effect {
	return func(tx *db.Tx, u *user.User) error {
		target := t.target(q.Attribute, "")
		target.User = u
		if !q.Answers(target, typed) {
			return challenge.ErrInvalid // the user has another address by now
		}
		if q.To != "" && !t.lacksFactor(u) {
			return challenge.ErrInvalid
		}
		if q.To == "" && u.Verified(q.Attribute) {
			return nil
		}
		changed := adopted(u, q)
		changed.Touch(tx.Now)
		err := account.Save(tx, t.Pool, changed, false)
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

// adopted is the user with the address that a code went to, verified. One that they gave on the way becomes theirs and a
// second factor.
func adopted(u *user.User, q verification.Question) *user.User {
	u = u.Clone()
	u.Attributes[q.Attribute+"_verified"] = "true"
	if q.To != "" {
		u.Attributes[q.Attribute], u.MFA.Email = q.To, true
	}
	return u
}

// welcomed is the user after a proof that needs no password: whoever reads the address is confirmed by that, and a
// password that was reset is gone.
func (t *turn) welcomed() *user.User {
	u := t.user
	if u == nil || u.Status != cognitoidp.UserStatusTypeUnconfirmed && u.Status != cognitoidp.UserStatusTypeResetRequired {
		return u
	}
	u = u.Clone()
	u.Status = cognitoidp.UserStatusTypeConfirmed
	return u
}

// welcome is the effect of such a proof.
func (t *turn) welcome(tx *db.Tx, u *user.User) error {
	switch u.Status {
	case cognitoidp.UserStatusTypeResetRequired:
		u.Password = nil
	case cognitoidp.UserStatusTypeUnconfirmed:
	default:
		return nil
	}
	u.Status = cognitoidp.UserStatusTypeConfirmed
	u.Touch(tx.Now)
	if err := account.Save(tx, t.Pool, u, false); err != nil {
		return fmt.Errorf("confirm the user: %w", err)
	}
	return nil
}
