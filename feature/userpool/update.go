package userpool

import (
	"context"

	"cardea/record/pool"
	"cardea/spec/cognitoidp"
)

// UpdateUserPool replaces a pool's settings: what the request omits goes back to its default, but for the name, the tier and
// which attributes are verified before they are updated. The schema, aliases and user name attributes cannot be changed.
func (s *Service) UpdateUserPool(ctx context.Context, in *cognitoidp.UpdateUserPoolRequest) (*cognitoidp.UpdateUserPoolResponse, error) {
	err := s.change(ctx, in.UserPoolId, func(p *pool.Pool) error {
		return s.configure(p, in, updating)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.UpdateUserPoolResponse{}, nil
}
