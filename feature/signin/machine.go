package signin

import (
	"context"
	"fmt"

	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// Start asks for a sign-in to begin.
type Start struct {
	Admin      bool   // through an operation signed with AWS credentials, which names the pool
	Pool       string // empty unless Admin
	Client     string
	Flow       string // an AuthFlowType
	Parameters map[string]string
	Metadata   map[string]string
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
}

// Outcome is what a step of a sign-in ends in: Tokens, or else a Challenge with its Parameters and Session.
type Outcome struct {
	Challenge  string
	Parameters map[string]string // empty, not nil, beside Tokens
	Session    string            // empty when the challenge carries its state elsewhere
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

// pass is a proof that held. It counts only once all its effects are committed.
type pass struct {
	source  string // why tokens are made, as token.Grant has it
	effects []effect
}

// effect is what a proof that held changes; u is the user as the writing transaction sees it. An effect may refuse,
// which undoes the others.
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
	t := &turn{Service: s, ctx: ctx, given: in.Parameters, metadata: in.Metadata}
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
	t := &turn{Service: s, ctx: ctx, given: in.Responses, metadata: in.Metadata, session: in.Session}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
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
		return t.resume(tx, mismatch)
	})
	if err != nil {
		return nil, err
	}
	done, err := p.verify(t)
	if err != nil {
		return nil, err
	}
	return s.advance(t, done)
}

// advance goes on after a proof that held: to the next challenge, or to tokens.
func (s *Service) advance(t *turn, done *pass) (*Outcome, error) {
	next := s.next(t)
	if next == nil {
		return s.grant(t, done)
	}
	err := s.DB.Write(t.ctx, func(tx *db.Tx) error {
		u, err := user.Get(tx, t.pool.ID, t.user.Sub)
		if err != nil {
			return fmt.Errorf("read the user again: %w", err)
		}
		return done.commit(tx, u)
	})
	if err != nil {
		return nil, err
	}
	return next.challenge(t)
}

// next is the proof that is still missing, nil when there is none (02-auth-flows §3, A and B).
func (s *Service) next(t *turn) proof {
	if t.user.Status == cognitoidp.UserStatusTypeForceChangePassword {
		return newPassword{}
	}
	if t.pool.Doc.MfaConfiguration == cognitoidp.UserPoolMfaTypeOn || t.pool.MFA.MfaConfiguration == cognitoidp.UserPoolMfaTypeOn {
		return secondFactor{}
	}
	return nil
}

// grant has tokens made and everything that led to them committed at once.
func (s *Service) grant(t *turn, done *pass) (*Outcome, error) {
	tokens, err := s.Tokens.Mint(t.ctx, token.Grant{
		Pool: t.pool, Client: t.client, Sub: t.user.Sub, Source: done.source, Metadata: t.metadata,
		Commit: done.commit,
	})
	if err != nil {
		return nil, err
	}
	return &Outcome{Tokens: tokens, Parameters: map[string]string{}}, nil
}

func (p *pass) commit(tx *db.Tx, u *user.User) error {
	for _, apply := range p.effects {
		if err := apply(tx, u); err != nil {
			return err
		}
	}
	return nil
}
