package signin

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cardea/engine/factor"
	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/record/user"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
)

// Start asks for a sign-in to begin.
type Start struct {
	Admin      bool   // through an operation signed with AWS credentials, which names the pool
	Pool       string // empty unless Admin
	Client     string
	Flow       string // an AuthFlowType
	Session    string // of a sign-up just confirmed; empty otherwise
	Parameters map[string]string
	Metadata   map[string]string
	From       awsjson.Caller // the user's end
	Forwarded  string         // the user's address as a server has it; for apps it counts if the client may say so
}

// Reply answers a challenge.
type Reply struct {
	Admin     bool
	Pool      string // empty unless Admin
	Client    string
	Challenge string // a ChallengeNameType
	Session   string
	Responses map[string]string
	Metadata  map[string]string
	From      awsjson.Caller
	Forwarded string
}

// Outcome is what a step of a sign-in ends in: Tokens, or else a Challenge with its Parameters and Session.
type Outcome struct {
	Challenge  string
	Parameters map[string]string // empty, not nil, beside Tokens
	Session    string            // empty when the challenge carries its state elsewhere
	Available  []string          // what else the user could begin with, for USER_AUTH's first answer
	Tokens     *cognitoidp.AuthenticationResultType
}

// proof is one way of showing who one is.
type proof interface {
	// needs lists the members that an answer must have, besides USERNAME.
	needs() []string
	// open finds out, from what was sealed at the challenge, whom the answer is about. It sets the turn's state, and
	// answers what to say when USERNAME turns out to mean someone else.
	open(t *turn, tx *db.Tx) (mismatch, err error)
	// challenge tells the client what to answer.
	challenge(t *turn) (*Outcome, error)
	// verify judges an answer: the pass that it earns, or a fault. Failures are recorded before it returns.
	verify(t *turn) (*pass, error)
}

// loader is a proof that is judged by more than the user's row. It loads that once the turn's user is known.
type loader interface {
	load(t *turn, tx *db.Tx) error
}

// preparer is a proof whose challenge changes something. It does so in the transaction that settles the answer before it, if
// there is one: neither counts without the other.
type preparer interface {
	prepare(t *turn, tx *db.Tx) error
}

// pass is an answer that was right. It counts only once all its effects are committed.
type pass struct {
	proof   factor.Proof // what it proves; empty for a choice
	source  string       // why tokens are made, as token.Grant has it; empty: as before
	effects []effect
	quiet   bool  // all the effects do is to forgive earlier failures
	brief   bool  // the effects change nothing about the user, and need not outlive the program if a second factor follows
	then    proof // what was chosen to come next; nil: what the rules say
}

// effect is what a right answer changes; u is the user as the writing transaction sees it. An effect may refuse, which
// undoes the others.
type effect func(tx *db.Tx, u *user.User) error

// Begin starts a flow. Its errors are faults of InitiateAuth.
func (s *Service) Begin(ctx context.Context, in Start) (*Outcome, error) {
	f, ok := flows[in.Flow]
	if !ok {
		return nil, cognitoidp.InvalidParameter(in.Flow + " is not supported by this server yet.")
	}
	if !f.in(in.Admin) {
		return nil, cognitoidp.InvalidParameter("Initiate Auth method not supported")
	}
	t := &turn{
		Service: s, ctx: ctx, given: in.Parameters, metadata: in.Metadata, session: in.Session,
		from: in.From, forwarded: in.Forwarded,
	}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		if err := t.enter(tx, in.Admin, in.Pool, in.Client); err != nil {
			return err
		}
		if err := f.admit(t); err != nil {
			return err
		}
		return f.load(t, tx)
	})
	if err != nil {
		return nil, err
	}
	return f.begin(t)
}

// Answer judges the answer to a challenge. Its errors are faults of RespondToAuthChallenge.
func (s *Service) Answer(ctx context.Context, in Reply) (*Outcome, error) {
	p, ok := proofs[in.Challenge]
	if !ok {
		return nil, cognitoidp.InvalidParameter(in.Challenge + " is not supported by this server yet.")
	}
	if _, ok := p.(light); ok {
		return s.answerAtOnce(ctx, in, p)
	}
	t := s.answering(ctx, in)
	err := s.DB.Read(ctx, func(tx *db.Tx) error { return t.reopen(tx, in, p) })
	if err != nil {
		return nil, err
	}
	done, err := p.verify(t)
	if err != nil {
		return nil, err
	}
	return s.advance(t, done)
}

// answering is the turn of an answer.
func (s *Service) answering(ctx context.Context, in Reply) *turn {
	return &turn{
		Service: s, ctx: ctx, given: in.Responses, metadata: in.Metadata, session: in.Session,
		from: in.From, forwarded: in.Forwarded,
	}
}

// reopen finds out whom an answer is about, and what it is judged by.
func (t *turn) reopen(tx *db.Tx, in Reply, p proof) error {
	if err := t.enter(tx, in.Admin, in.Pool, in.Client); err != nil {
		return err
	}
	if err := t.require(append([]string{"USERNAME"}, p.needs()...)...); err != nil {
		return err
	}
	if err := t.proveClient(t.given["USERNAME"]); err != nil {
		return err
	}
	mismatch, err := p.open(t, tx)
	if err != nil {
		return err
	}
	if err := t.resume(tx, mismatch); err != nil {
		return err
	}
	if l, ok := p.(loader); ok {
		return l.load(t, tx)
	}
	return nil
}

// advance goes on after a right answer: to the next challenge, or to tokens.
func (s *Service) advance(t *turn, done *pass) (*Outcome, error) {
	next, err := t.after(done)
	if err != nil {
		return nil, err
	}
	if next == nil {
		tokens, err := s.Tokens.Mint(t.ctx, t.grant(done))
		return t.outcome(tokens), err
	}
	if err := s.settle(t, done, next); err != nil {
		return nil, err
	}
	return next.challenge(t)
}

// after counts a right answer in, and finds the proof that is still missing, nil when there is none.
func (t *turn) after(done *pass) (proof, error) {
	if done.proof != "" {
		t.state.Proven = append(slices.Clone(t.state.Proven), done.proof)
	}
	if done.source != "" {
		t.state.Source = done.source
	}
	if done.then != nil {
		return done.then, nil
	}
	step, refused := factor.Next(t.Pool, t.user, t.state.Proven)
	if refused {
		return nil, cognitoidp.NotAuthorized("The user has no second factor that this user pool accepts, and can set up none.")
	}
	if step.Challenge == "" {
		return nil, nil
	}
	t.options, t.second = step.Options, step.Second
	if step.Second && t.device != nil {
		return askDevice, nil
	}
	return proofs[step.Challenge], nil
}

// settle commits what a right answer changes, when another challenge follows: its answer sees whether the user is still the
// same.
func (s *Service) settle(t *turn, done *pass, next proof) error {
	if done.quiet {
		settled, err := t.nothingToForgive()
		if err != nil || settled {
			return err
		}
	}
	prepares, ok := next.(preparer)
	if done.brief && t.second && !ok {
		return s.DB.WriteSoon(t.ctx, func(tx *db.Tx) error { return t.commit(tx, t.user, done) })
	}
	before := t.user
	var after *user.User
	err := s.DB.Write(t.ctx, func(tx *db.Tx) (err error) {
		t.user = before
		if after, err = t.again(tx); err != nil {
			return err
		}
		if err := t.commit(tx, after, done); err != nil {
			return err
		}
		if !ok {
			return nil
		}
		t.user = after
		return prepares.prepare(t, tx)
	})
	if err != nil {
		return err
	}
	t.settled(after)
	return nil
}

// nothingToForgive tells whether a password that was sent, and was right, has come without a failure before it. That nobody
// is locked out now is all there is to see then.
func (t *turn) nothingToForgive() (clean bool, err error) {
	err = t.DB.Read(t.ctx, func(tx *db.Tx) (err error) {
		clean, err = t.try.Clean(tx)
		return err
	})
	if err != nil || !clean {
		return false, err
	}
	return true, t.lasting(t.user)
}

// settled has the sign-in go on with the user as a right answer has left them.
func (t *turn) settled(u *user.User) {
	if u != nil {
		t.user, t.state.Set = u, db.Millis(u.PasswordSet)
	}
}

// again reads the turn's user as a writing transaction sees them.
func (t *turn) again(tx *db.Tx) (*user.User, error) {
	if t.user == nil {
		return nil, nil
	}
	u, err := user.Get(tx, t.Pool.ID, t.user.Sub)
	if errors.Is(err, db.ErrNotFound) {
		return nil, t.void()
	}
	if err != nil {
		return nil, fmt.Errorf("read the user again: %w", err)
	}
	return u, nil
}

// grant is the finished sign-in: with its tokens everything that led to them is committed.
func (t *turn) grant(done *pass) token.Grant {
	return token.Grant{
		App: t.App, Sub: t.user.Sub, Proofs: t.state.Proven, Source: t.state.Source,
		Metadata: t.metadata, From: t.from, Device: t.bind,
		Commit: func(tx *db.Tx, u *user.User) error { return t.commit(tx, u, done) },
	}
}

// outcome is that of a sign-in that has ended in tokens, if it has.
func (t *turn) outcome(tokens *cognitoidp.AuthenticationResultType) *Outcome {
	if tokens == nil {
		return nil
	}
	tokens.NewDeviceMetadata = t.named
	return &Outcome{Tokens: tokens, Parameters: map[string]string{}}
}

// commit applies the effects of a right answer, if the user still has the password that the sign-in began with.
func (t *turn) commit(tx *db.Tx, u *user.User, done *pass) error {
	if u != nil && db.Millis(u.PasswordSet) != t.state.Set {
		return t.void()
	}
	for _, apply := range done.effects {
		if err := apply(tx, u); err != nil {
			return err
		}
	}
	return nil
}
