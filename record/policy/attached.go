package policy

import (
	"fmt"

	"cardea/platform/db"
)

// Attach gives a principal a managed policy. Once more changes nothing.
func Attach(tx *db.Tx, principalID, policyARN string) error {
	return attach(tx, principalID, false, policyARN)
}

// SetBoundary makes a managed policy the permissions boundary of a principal, in the place of another; "" removes it.
func SetBoundary(tx *db.Tx, principalID, policyARN string) error {
	if _, err := tx.Exec(`
		DELETE FROM attached_policy
		WHERE principal_id = $1 AND boundary = TRUE`,
		principalID); err != nil {
		return fmt.Errorf("remove boundary of %s: %w", principalID, err)
	}
	tx.Changed(Table)
	if policyARN == "" {
		return nil
	}
	return attach(tx, principalID, true, policyARN)
}

func attach(tx *db.Tx, principalID string, boundary bool, policyARN string) error {
	_, err := tx.Exec(`
		INSERT INTO attached_policy (principal_id, boundary, policy_arn)
		VALUES ($1, $2, $3)
		ON CONFLICT DO NOTHING`,
		principalID, boundary, policyARN)
	if err != nil {
		return fmt.Errorf("attach %s to %s: %w", policyARN, principalID, err)
	}
	tx.Changed(Table)
	return nil
}

// Detach takes a managed policy from a principal, or answers db.ErrNotFound.
func Detach(tx *db.Tx, principalID, policyARN string) error {
	rows, err := tx.Exec(`
		DELETE FROM attached_policy
		WHERE principal_id = $1 AND boundary = FALSE AND policy_arn = $2`,
		principalID, policyARN)
	if err != nil {
		return fmt.Errorf("detach %s from %s: %w", policyARN, principalID, err)
	}
	if rows == 0 {
		return db.ErrNotFound
	}
	tx.Changed(Table)
	return nil
}

// AttachedTo returns the ARNs of the managed policies that a principal has, in their order.
func AttachedTo(tx *db.Tx, principalID string) ([]string, error) {
	return arns(tx, principalID, false)
}

// BoundaryOf is the ARN of a principal's permissions boundary, or "".
func BoundaryOf(tx *db.Tx, principalID string) (string, error) {
	all, err := arns(tx, principalID, true)
	if err != nil || len(all) == 0 {
		return "", err
	}
	return all[0], nil
}

func arns(tx *db.Tx, principalID string, boundary bool) ([]string, error) {
	list, err := db.All(tx, scanText, `
		SELECT policy_arn
		FROM attached_policy
		WHERE principal_id = $1 AND boundary = $2
		ORDER BY policy_arn`,
		principalID, boundary)
	if err != nil {
		return nil, fmt.Errorf("list policies of %s: %w", principalID, err)
	}
	return list, nil
}

func scanText(row db.Scanner) (text string, err error) {
	err = row.Scan(&text)
	return text, err
}
