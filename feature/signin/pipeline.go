package signin

import (
	"context"
	"errors"
	"fmt"

	"cardea/engine/factor"
	"cardea/platform/db"
	"cardea/record/user"
)

// step is one request of a sign-in: the beginning of a flow (flow.go) or the answer to a challenge (proof.go).
type step interface {
	// load reads whom the step is about and what it is judged by.
	load(a *attempt, tx *db.Tx) error
	// askFirst asks the triggers that come before the judgement.
	askFirst(a *attempt) error
	// judge gives a success, a *failure for a wrong answer that counts, or another error for one that does not. It reads
	// and writes nothing in the database; that of a custom challenge asks the function whose challenge it is.
	judge(a *attempt) (*success, error)
	// judgedInCommit tells whether judging takes microseconds, so that it may be done inside a transaction.
	judgedInCommit() bool
}

// success is an answer that holds. It counts only once all its effects are committed.
type success struct {
	proof   factor.Proof // what it proves; empty for a choice
	source  string       // why tokens are made, as token.Grant has it; empty: as before
	user    *user.User   // as the effects will leave them; nil: as they are stored
	effects []effect
	then    proof // what was chosen to come next; nil: what the rules say
}

// effect is what a right answer changes; u is the user as the committing transaction sees them. An effect may refuse, which
// undoes the others.
type effect func(tx *db.Tx, u *user.User) error

// errAskFirst says that a trigger has to be asked before the commit, which must not happen inside a transaction.
var errAskFirst = errors.New("a trigger has to be asked outside the transaction")

// run takes one step of a sign-in:
//
//	load → judge → decide → ask → commit → finish
//
// Load is a read snapshot and commit is a write transaction. Nothing is locked between them, so commit checks again what
// the steps before it relied on. A step that is quick to judge does all of this in one write transaction, which saves a
// snapshot, unless a trigger has to be asked.
func (s *Service) run(ctx context.Context, in Request, st step) (*Outcome, error) {
	var a *attempt
	err := errAskFirst
	if st.judgedInCommit() {
		a, err = s.inOneTransaction(ctx, in, st)
	}
	if errors.Is(err, errAskFirst) {
		a, err = s.inTwoTransactions(ctx, in, st)
	}
	if err != nil {
		a.countFailure(err)
		return nil, err
	}
	return a.finish()
}

// inTwoTransactions loads in one transaction and commits in another. What lies between them may take its time.
func (s *Service) inTwoTransactions(ctx context.Context, in Request, st step) (*attempt, error) {
	var a *attempt
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		a = newAttempt(s, ctx, in) // nothing is left of a run that has lost its connection
		return st.load(a, tx)
	})
	if err != nil {
		return a, err
	}
	if err := a.conclude(st); err != nil {
		return a, a.recordFailure(err)
	}
	if a.nothingToCommit() {
		return a, nil
	}

	err = a.write(func(tx *db.Tx) error {
		if err := a.reload(tx); err != nil {
			return err
		}
		return a.commit(tx)
	})
	return a, err
}

// inOneTransaction loads, judges and commits in one transaction. It answers errAskFirst when a trigger would have to be asked.
func (s *Service) inOneTransaction(ctx context.Context, in Request, st step) (a *attempt, err error) {
	var refusal error
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		a, refusal = newAttempt(s, ctx, in), nil
		if err := st.load(a, tx); err != nil {
			return err
		}
		if a.asksOutside() {
			return errAskFirst
		}
		err := a.conclude(st)
		if wrong, ok := errors.AsType[*failure](err); ok {
			refusal, err = a.record(tx, wrong)
			return err
		}
		if err != nil {
			return err
		}
		return a.commit(tx)
	})
	if err == nil {
		err = refusal
	}
	return a, err
}

// conclude does what lies between loading and committing: it judges the answer, decides what comes next, and asks the
// triggers. It reads and writes nothing.
func (a *attempt) conclude(st step) error {
	if err := st.askFirst(a); err != nil {
		return err
	}
	done, err := st.judge(a)
	if err != nil {
		return err
	}
	if err := a.decide(done); err != nil {
		return err
	}
	return a.ask()
}

// decision is what comes after a right answer.
type decision struct {
	done    *success
	next    proof    // what is still missing; nil: nothing
	options []string // what next offers to choose from
	second  bool     // next is about a second factor

	undecided bool  // the functions of a custom sign-in say what comes next
	refusal   error // they have failed the sign-in: what was answered is used up, and the caller is told this
}

// decide counts a right answer in and finds the proof that is still missing, or that the functions of a custom sign-in have to
// say.
func (a *attempt) decide(done *success) error {
	if done.proof != "" {
		a.state = a.state.With(done.proof)
	}
	if done.source != "" {
		a.state.Source = done.source
	}
	a.decision = decision{done: done, next: done.then, options: a.options}
	if done.then != nil {
		return nil
	}
	var err error
	if a.undecided, err = a.functionsDecide(); err != nil || a.undecided {
		return err
	}
	return a.followRules()
}

// followRules finds the proof that the rules say is still missing.
func (a *attempt) followRules() error {
	missing, err := factor.Next(a.Pool, a.expected(), a.state.Proven)
	if err != nil {
		return err
	}
	switch {
	case missing.Challenge == "":
		return nil
	case missing.Second && a.device.standsIn != nil:
		a.next, a.second = askDevice, true
	default:
		a.next, a.options, a.second = proofs[missing.Challenge], missing.Options, missing.Second
	}
	return nil
}

// expected is the user as the right answer will leave them.
func (a *attempt) expected() *user.User {
	if a.done.user != nil {
		return a.done.user
	}
	return a.User
}

// nothingToCommit tells whether a step has changed nothing: it leads to a challenge that sends nothing, or to none.
func (a *attempt) nothingToCommit() bool {
	_, posts := a.next.(poster)
	return (a.next != nil || a.refusal != nil) && !posts && len(a.done.effects) == 0
}

// write runs the committing transaction.
func (a *attempt) write(fn func(tx *db.Tx) error) error {
	if a.waitsForDisk() {
		return a.DB.Write(a.ctx, fn)
	}
	return a.DB.WriteSoon(a.ctx, fn)
}

// waitsForDisk tells whether the commit must be durable before the answer is given. It need not be for a right password
// after which a second factor is due: repeated after a crash, it leads to that second factor again and no further. It must
// be where a message is sent, which must not be lost, and where a Session is used up, which the next reader must see.
func (a *attempt) waitsForDisk() bool {
	_, posts := a.next.(poster)
	return a.done.proof != factor.Password || !a.second || posts || a.opened
}

// reload reads the user again, as the committing transaction sees them. They must not have been signed out since the answer was
// judged.
func (a *attempt) reload(tx *db.Tx) error {
	if a.User == nil {
		return nil
	}
	asked := user.Ask(tx, a.Pool.ID, a.User.Sub)
	a.askAhead(tx)
	u, err := asked.Get()
	if errors.Is(err, db.ErrNotFound) {
		return a.overtaken()
	}
	if err != nil {
		return fmt.Errorf("read the user again: %w", err)
	}
	if u.Enabled && !u.SignedOut.Equal(a.User.SignedOut) { // disabled users are told so
		return a.overtaken()
	}
	a.User = u
	return nil
}

// askAhead asks for what the commit is going to read besides the user, so that all of it travels together (db.Ask).
func (a *attempt) askAhead(tx *db.Tx) {
	if a.done.proof != "" {
		a.try = a.try.Ahead(tx)
	}
	if a.next == nil && a.refusal == nil {
		a.ending.ahead(tx, a.Pool.ID, a.User.Sub)
	}
}

// commit applies the effects of a right answer, and then posts the message of the challenge that follows or inserts what
// the finished sign-in needs: all of it or nothing. The user must still have the password that the sign-in began with, which
// is looked at first, since effects may change it.
func (a *attempt) commit(tx *db.Tx) error {
	if a.User != nil && db.Millis(a.User.PasswordSet) != a.state.Set {
		return a.overtaken()
	}
	for _, apply := range a.done.effects {
		if err := apply(tx, a.User); err != nil {
			return err
		}
	}
	if p, ok := a.next.(poster); ok {
		return p.post(a, tx)
	}
	if a.next != nil || a.refusal != nil {
		return nil
	}
	return a.ending.commit(a, tx)
}

// finish answers with the next challenge, with what the finished sign-in gives, or that functions have failed it. Everything is
// durable by now.
func (a *attempt) finish() (*Outcome, error) {
	if a.refusal != nil {
		return nil, a.refusal
	}
	if a.next == nil {
		return a.ending.outcome(a)
	}
	if a.User != nil {
		a.state.Set = db.Millis(a.User.PasswordSet) // this step may have set a new password
	}
	out, err := a.next.challenge(a)
	if err == nil {
		out.Available, out.Name = a.available, a.found
	}
	return out, err
}
