package token_test

import (
	"testing"

	"cardea/platform/db"
	"cardea/record/session"
)

// A session of the implicit grant has no refresh token, not even one that nobody is told.
func TestImplicitSessionsHaveNoRefreshToken(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		g := w.grant()
		g.Kind, g.Scopes, g.Implicit = session.OAuth, []string{"openid"}, true
		made, err := w.mint(g, nil)
		if err != nil || made.AccessToken == "" || made.RefreshToken != "" {
			t.Fatalf("got %v, %v", made, err)
		}
		w.write(t, func(tx *db.Tx) error {
			hash, err := db.One(tx, func(row db.Scanner) (hash string, err error) { return hash, row.Scan(&hash) }, `
				SELECT refresh_hash
				FROM session`)
			if err == nil && hash != "" {
				t.Errorf("the session has the refresh token %s", hash)
			}
			return err
		})
	})
}
