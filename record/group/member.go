package group

import (
	"slices"

	"cardea/platform/db"
	"cardea/spec/id"
)

// Add makes a user a member of a group; one who is a member already stays one.
func Add(tx *db.Tx, pool id.Pool, name string, sub id.Sub) error {
	_, err := tx.Exec(`
		INSERT INTO group_member (pool_id, name, sub, added)
		VALUES ($1, $2, $3, $4)
		ON CONFLICT DO NOTHING`,
		pool, name, sub, db.Millis(tx.Now))
	return err
}

// Remove ends a user's membership of a group, if there is one.
func Remove(tx *db.Tx, pool id.Pool, name string, sub id.Sub) error {
	_, err := tx.Exec(`
		DELETE FROM group_member
		WHERE pool_id = $1 AND name = $2 AND sub = $3`,
		pool, name, sub)
	return err
}

// DeleteUser ends all memberships of a user.
func DeleteUser(tx *db.Tx, pool id.Pool, sub id.Sub) error {
	// Without the names SQLite would look through all memberships of the pool, which it believes to be few.
	_, err := tx.Exec(`
		DELETE FROM group_member
		WHERE pool_id = $1 AND sub = $2 AND name IN (SELECT name FROM group_member WHERE pool_id = $1 AND sub = $2)`,
		pool, sub)
	return err
}

// ForUser loads the groups of a user in the order of Compare.
func ForUser(tx *db.Tx, pool id.Pool, sub id.Sub) ([]Group, error) {
	return AskForUser(tx, pool, sub)()
}

// AskForUser is ForUser without waiting: what it gives waits for the answer, as that of db.Ask does.
func AskForUser(tx *db.Tx, pool id.Pool, sub id.Sub) func() ([]Group, error) {
	asked := db.AskAll(tx, scan, `
		SELECT `+columns+`
		FROM group_member m
		JOIN user_group g ON g.pool_id = m.pool_id AND g.name = m.name
		WHERE m.pool_id = $1 AND m.sub = $2`,
		pool, sub)
	return func() ([]Group, error) {
		list, err := asked.Get()
		slices.SortFunc(list, Compare)
		return list, err
	}
}

// Members lists up to limit subs of a group's members in order, beginning after one.
func Members(tx *db.Tx, pool id.Pool, name string, after id.Sub, limit int) ([]id.Sub, error) {
	return db.All(tx, scanSub, `
		SELECT sub
		FROM group_member
		WHERE pool_id = $1 AND name = $2 AND sub > $3
		ORDER BY sub
		LIMIT $4`,
		pool, name, after, limit)
}

func scanSub(row db.Scanner) (sub id.Sub, err error) { return sub, row.Scan(&sub) }
