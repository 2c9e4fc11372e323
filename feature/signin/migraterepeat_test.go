package signin_test

import (
	"sync"
	"testing"
	"time"

	"cardea/outbound/trigger/triggertest"
	"cardea/platform/db"
)

// The transaction that is met takes back the name, so that the migration succeeds; PostgreSQL runs it a second time, as each has
// read what the other has written. On SQLite it waits.
func TestAMigrationThatIsRunAgainStoresOnePassword(t *testing.T) {
	policy := M{"Policies": M{"PasswordPolicy": M{"MinimumLength": 6, "PasswordHistorySize": 2}}}
	eachMigration(t, policy, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		directory(f, map[string]M{"bob": migrant("CONFIRMED", "name", "Bob")})
		var running sync.WaitGroup
		err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
			for _, statement := range []string{
				"INSERT INTO user_name (pool_id, key, kind, sub) VALUES ($1, 'bob', 'username', 'somebody')",
				"DELETE FROM user_name WHERE pool_id = $1 AND key = 'bob'",
				"UPDATE pool SET version = version WHERE pool_id = $1",
				"UPDATE user_account SET version = version WHERE pool_id = $1",
			} {
				if _, err := tx.Exec(statement, w.pool); err != nil {
					return err
				}
			}
			running.Go(func() { tokens(t, w.Must(t, "InitiateAuth", w.byPassword("bob", old))) })
			time.Sleep(200 * time.Millisecond) // the commit begins and waits
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		running.Wait()
		if former := w.stored(t, "bob").History; len(former) != 0 {
			t.Errorf("a user who has had one password has %d former ones", len(former))
		}
		tokens(t, w.Must(t, "InitiateAuth", w.byPassword("bob", old)))
	})
}
