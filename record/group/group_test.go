package group

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/spec/id"
)

const testPool = id.Pool("us-east-1_AbCdEf123")

func write(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func TestGroupIsReadAsStored(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			want := &Group{
				Pool: testPool, Name: "admins", Description: "nul \x00 and all", RoleArn: "arn:aws:iam::123456789012:role/r",
				Precedence: new(int64(0)), Created: tx.Now, Modified: tx.Now,
			}
			if err := Insert(tx, want); err != nil {
				return err
			}
			if err := Insert(tx, want); !errors.Is(err, db.ErrExists) {
				t.Errorf("second insert: %v, want ErrExists", err)
			}
			want.Precedence, want.Description = nil, ""
			if err := Update(tx, want); err != nil {
				return err
			}
			got, err := Get(tx, testPool, "admins")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("group (-want +got):\n%s", diff)
			}
			return err
		})
	})
}

func TestForUserOrdersByPrecedence(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		alice, bob := id.NewSub(), id.NewSub()
		write(t, d, func(tx *db.Tx) error {
			for name, precedence := range map[string]*int64{"none-b": nil, "none-a": nil, "ten": new(int64(10)), "zero": new(int64(0)), "ten-too": new(int64(10))} {
				g := &Group{Pool: testPool, Name: name, Precedence: precedence}
				if err := errors.Join(Insert(tx, g), Add(tx, testPool, name, alice), Add(tx, testPool, name, alice)); err != nil {
					return err
				}
			}
			return Add(tx, testPool, "ten", bob)
		})

		names := func(sub id.Sub) (names []string) {
			write(t, d, func(tx *db.Tx) error {
				groups, err := ForUser(tx, testPool, sub)
				for _, g := range groups {
					names = append(names, g.Name)
				}
				return err
			})
			return names
		}
		if diff := cmp.Diff([]string{"zero", "ten", "ten-too", "none-a", "none-b"}, names(alice)); diff != "" {
			t.Errorf("groups (-want +got):\n%s", diff)
		}

		write(t, d, func(tx *db.Tx) error {
			return errors.Join(Remove(tx, testPool, "zero", alice), Delete(tx, testPool, "ten"))
		})
		if diff := cmp.Diff([]string{"ten-too", "none-a", "none-b"}, names(alice)); diff != "" {
			t.Errorf("groups after removal (-want +got):\n%s", diff)
		}
		write(t, d, func(tx *db.Tx) error { return DeleteUser(tx, testPool, alice) })
		if got := append(names(alice), names(bob)...); len(got) != 0 {
			t.Errorf("groups after deletion: %v", got)
		}
	})
}

func TestMembersPageInOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			for i := range 5 {
				if err := Add(tx, testPool, "g", id.Sub(fmt.Sprint("sub-", 4-i))); err != nil {
					return err
				}
			}
			first, err := Members(tx, testPool, "g", "", 3)
			if err != nil {
				return err
			}
			second, err := Members(tx, testPool, "g", first[2], 3)
			if diff := cmp.Diff([]id.Sub{"sub-0", "sub-1", "sub-2", "sub-3", "sub-4"}, append(first, second...)); diff != "" {
				t.Errorf("members (-want +got):\n%s", diff)
			}
			return err
		})
	})
}
