package principal

import (
	"fmt"

	"cardea/platform/db"
)

// Join puts a user into a group. Once more changes nothing.
func Join(tx *db.Tx, groupID, userID string) error {
	_, err := tx.Exec(`
		INSERT INTO principal_member (group_id, user_id)
		VALUES ($1, $2)
		ON CONFLICT DO NOTHING`,
		groupID, userID)
	if err != nil {
		return fmt.Errorf("put user %s into group %s: %w", userID, groupID, err)
	}
	tx.Changed(Table)
	return nil
}

// Leave takes a user out of a group. Once more changes nothing.
func Leave(tx *db.Tx, groupID, userID string) error {
	_, err := tx.Exec(`
		DELETE FROM principal_member
		WHERE group_id = $1 AND user_id = $2`,
		groupID, userID)
	if err != nil {
		return fmt.Errorf("take user %s out of group %s: %w", userID, groupID, err)
	}
	tx.Changed(Table)
	return nil
}

// GroupsOf returns the groups that a user is in, in the order of their names.
func GroupsOf(tx *db.Tx, userID string) ([]*Principal, error) {
	list, err := db.All(tx, scan, `
		SELECT p.kind, p.id, p.version, p.name, p.path, p.doc, p.created
		FROM principal_member m
		JOIN principal p ON p.id = m.group_id
		WHERE m.user_id = $1
		ORDER BY p.name_key`,
		userID)
	if err != nil {
		return nil, fmt.Errorf("list groups of %s: %w", userID, err)
	}
	return list, nil
}

// MembersOf returns up to limit users of a group in the order of their names, from the first whose name comes after the one
// given.
func MembersOf(tx *db.Tx, groupID, after string, limit int) ([]*Principal, error) {
	list, err := db.All(tx, scan, `
		SELECT p.kind, p.id, p.version, p.name, p.path, p.doc, p.created
		FROM principal_member m
		JOIN principal p ON p.id = m.user_id
		WHERE m.group_id = $1 AND p.name_key > $2
		ORDER BY p.name_key
		LIMIT $3`,
		groupID, key(after), limit)
	if err != nil {
		return nil, fmt.Errorf("list members of %s: %w", groupID, err)
	}
	return list, nil
}
