package signin

import (
	"context"

	"cardea/engine/factor"
	"cardea/engine/lockout"
	"cardea/record/client"
)

// interrupted is a step between whose judgement and commit something happens.
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

// WaitsForDisk tells whether the commit of a right answer waits for the disk: of a proof that leads to the answer of a
// challenge, "" for the end of the sign-in.
func WaitsForDisk(proof factor.Proof, next string, second bool) bool {
	a := &attempt{decision: decision{done: &success{proof: proof}, next: proofs[next], second: second}}
	return a.waitsForDisk()
}
