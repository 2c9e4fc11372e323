package account_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"cardea/engine/account"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
	"cardea/spec/userfilter"
)

func TestSearchFindsByAnyAttribute(t *testing.T) {
	each(t, func() *pool.Pool { return aliasPool(insensitive) }, func(w world) {
		long := strings.Repeat("x", 200)
		for i := range 7 {
			w.create(fmt.Sprint("User", i), attrs{"name": fmt.Sprint("N", i%2), "custom:team": long + fmt.Sprint(i), "email": fmt.Sprintf("U%d@b.example", i)})
		}
		last := w.create("zed", nil)
		w.write(func(tx *db.Tx) error {
			last.Enabled, last.Status = false, cognitoidp.UserStatusTypeConfirmed
			return account.Save(tx, w.pool, last, false)
		})

		for filter, want := range map[string]int{
			``:                              8,
			`username = "user3"`:            1,
			`username ^= "USER"`:            7,
			`name = "N0"`:                   4,
			`name = "n0"`:                   4,
			`name ^= "n"`:                   7,
			`email ^= "u"`:                  7,
			`custom:team = "` + long + `2"`: 1,
			`custom:team = "` + strings.ToUpper(long) + `2"`:    1,
			`custom:team = "` + long + `"`:                      0,
			`custom:team ^= "` + long + `"`:                     7,
			`status = "Disabled"`:                               1,
			`status ^= "Ena"`:                                   7,
			`status = "disabled"`:                               0,
			`cognito:user_status = "confirmed"`:                 1,
			`cognito:user_status = "UNCONFIRMED"`:               7,
			`sub = "` + string(last.Sub) + `"`:                  1,
			`sub ^= "` + string(last.Sub)[:30] + `"`:            1,
			`sub = "` + strings.ToUpper(string(last.Sub)) + `"`: 1,
			`sub ^= ""`:          8,
			`phone_number ^= ""`: 0,
		} {
			got := map[id.Sub]bool{}
			cursor := ""
			for range 10 {
				var found []*user.User
				w.write(func(tx *db.Tx) (err error) {
					f, err := userfilter.Parse(filter)
					if err != nil {
						return err
					}
					found, cursor, err = account.Search(tx, w.pool, f, cursor, 3)
					return err
				})
				for _, u := range found {
					if got[u.Sub] {
						w.Errorf("%s: %s is found twice", filter, u.Username)
					}
					got[u.Sub] = true
				}
				if cursor == "" {
					break
				}
			}
			if len(got) != want || cursor != "" {
				w.Errorf("%s: found %d, want %d", filter, len(got), want)
			}
		}
		w.write(func(tx *db.Tx) error {
			_, _, err := account.Search(tx, w.pool, userfilter.Filter{Attribute: "custom:none"}, "", 3)
			if !errors.Is(err, account.ErrUnsearchable) {
				w.Errorf("unknown attribute: %v", err)
			}
			return nil
		})
	})
}

func TestAnOldValueLeavesTheSearchIndex(t *testing.T) {
	each(t, func() *pool.Pool { return aliasPool() }, func(w world) {
		indexed := func(name, value string) int {
			var hits []user.Hit
			w.write(func(tx *db.Tx) (err error) {
				hits, err = user.Search(tx, w.pool.ID, user.Query{Name: name, Key: user.TermKey(value), Limit: 9})
				return err
			})
			return len(hits)
		}
		u := w.create("alice", attrs{"email": "old@b.example", "name": "alice"})
		if _, err := w.change(u, attrs{"email": "new@b.example"}); err != nil {
			w.Fatal(err)
		}
		if indexed("email", "old@b.example") != 0 || indexed("email", "new@b.example") != 1 {
			w.Error("a search for the old address finds the user")
		}

		w.write(func(tx *db.Tx) error {
			return errors.Join(account.Delete(tx, w.pool, u), user.Insert(tx, u)) // a row without an index of its own
		})
		for name, value := range map[string]string{
			"email": "new@b.example", "name": "alice", user.TermUsername: "alice", user.TermStatus: "UNCONFIRMED", user.TermEnabled: "Enabled",
		} {
			if indexed(name, value) != 0 {
				w.Errorf("an index entry of the deleted user is left: %s", name)
			}
		}
	})
}
