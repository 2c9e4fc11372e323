package signin

import (
	"context"

	"cardea/engine/factor"
	"cardea/engine/lockout"
	"cardea/record/client"
)

// interrupted is a step during which something happens between judge and commit.
type interrupted struct {
	step
	meanwhile func()
}

func (i interrupted) judge(a *attempt) (*success, error) {
	done, err := i.step.judge(a)
	if err == nil {
		i.meanwhile()
	}
	return done, err
}

func (interrupted) judgedInCommit() bool { return false }

// Interrupted takes one step of a sign-in by an app, and has something happen once its answer was judged as right and before
// that is committed.
func (s *Service) Interrupted(ctx context.Context, in Request, meanwhile func()) (*Outcome, error) {
	in.Source = func(c *client.Client) lockout.Source { return lockout.Source{Client: c.ID} }
	if f, ok := flows[in.Name]; ok {
		return s.run(ctx, in, interrupted{beginning{f}, meanwhile})
	}
	return s.run(ctx, in, interrupted{answer{proofs[in.Name]}, meanwhile})
}

// Committed is a right answer that is to be committed.
type Committed struct {
	Proof   factor.Proof
	Session bool   // it came with a Session
	Next    string // the challenge that follows; empty: none
	Second  bool   // that is about a second factor
}

// WaitsForDisk tells whether its commit waits for the disk.
func (c Committed) WaitsForDisk() bool {
	a := &attempt{decision: decision{done: &success{proof: c.Proof}, next: proofs[c.Next], second: c.Second}}
	a.opened = c.Session
	return a.waitsForDisk()
}
