package userpool

import (
	"context"
	"fmt"

	"cardea/engine/access"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
)

// DeleteUserPool removes a pool with everything in it, for good. Deletion protection and a domain prevent it.
func (s *Service) DeleteUserPool(ctx context.Context, in *cognitoidp.DeleteUserPoolRequest) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := access.Pool(tx, in.UserPoolId)
		if err != nil {
			return err
		}
		if p.Doc.DeletionProtection == cognitoidp.DeletionProtectionTypeActive {
			return cognitoidp.InvalidParameter("The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.")
		}
		if p.Doc.Domain != "" || p.Doc.CustomDomain != "" {
			return cognitoidp.InvalidParameter("User pool cannot be deleted. It has a domain configured that should be deleted first.")
		}
		if err := pool.Delete(tx, p.ID); err != nil {
			return fmt.Errorf("delete pool: %w", err)
		}
		s.announce(tx)
		return nil
	})
}
