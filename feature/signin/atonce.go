package signin

import (
	"context"

	"cardea/engine/token"
	"cardea/platform/db"
)

// light is a proof that takes less to judge than a transaction costs. Its answers are judged in the transaction that acts on
// them, the turn's tx, which is the only one.
type light interface {
	proof
	light()
}

// answerAtOnce judges an answer and acts on it in one transaction.
func (s *Service) answerAtOnce(ctx context.Context, in Reply, p proof) (*Outcome, error) {
	var t *turn
	var next proof
	var made *token.Opened
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		t, next, made = s.answering(ctx, in), nil, nil
		t.tx = tx
		if err := t.reopen(tx, in, p); err != nil {
			return err
		}
		done, err := p.verify(t)
		if t.missed != nil {
			return nil // that it was recorded is all there is to commit
		}
		if err != nil {
			return err
		}
		if next, err = t.after(done); err != nil {
			return err
		}
		if next == nil {
			made, err = s.Tokens.Open(tx, t.loaded, t.grant(done))
			return err
		}
		if err := t.commit(tx, t.loaded, done); err != nil {
			return err
		}
		t.settled(t.loaded)
		if prepares, ok := next.(preparer); ok {
			return prepares.prepare(t, tx)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}

	t.tx = nil
	switch {
	case t.missed != nil:
		return nil, t.missed
	case next != nil:
		return next.challenge(t)
	}
	tokens, err := s.Tokens.Sign(ctx, made)
	return t.outcome(tokens), err
}
