package domain_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/domain"
	"cardea/spec/id"
)

func TestDomainsAreUniqueByNameAndByKind(t *testing.T) {
	t.Parallel()
	prefix := func(pool id.Pool, name string) *domain.Domain {
		return &domain.Domain{Pool: pool, Name: domain.Name{Region: pool.Region(), Text: name}}
	}
	custom := func(pool id.Pool, name string) *domain.Domain {
		return &domain.Domain{Pool: pool, Name: domain.Name{Text: name}}
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			for _, c := range []struct {
				name   string
				domain *domain.Domain
				want   error
			}{
				{"a prefix", prefix("us-east-1_a", "shop"), nil},
				{"a custom domain beside it", custom("us-east-1_a", "auth.example.com"), nil},
				{"a second prefix of the pool", prefix("us-east-1_a", "other"), db.ErrExists},
				{"a second custom domain of the pool", custom("us-east-1_a", "login.example.com"), db.ErrExists},
				{"another pool's prefix", prefix("us-east-1_b", "shop"), db.ErrExists},
				{"the prefix in another Region", prefix("eu-west-1_c", "shop"), nil},
				{"another pool's custom domain, in another Region", custom("eu-west-1_c", "auth.example.com"), db.ErrExists},
			} {
				if err := domain.Insert(tx, c.domain); !errors.Is(err, c.want) {
					t.Errorf("%s: got %v, want %v", c.name, err, c.want)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestDomainsAreFoundChangedAndDeletedByTheirPool(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		name := domain.Name{Region: "us-east-1", Text: "shop"}
		own := &domain.Domain{Pool: "us-east-1_a", Name: name}
		own.Doc.Version = "1"
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if err := domain.Insert(tx, own); err != nil {
				return err
			}
			for _, other := range []domain.Name{{Region: "eu-west-1", Text: "shop"}, {Text: "shop"}, {Region: "us-east-1", Text: "sho"}} {
				if _, err := domain.Find(tx, other); !errors.Is(err, db.ErrNotFound) {
					t.Errorf("%v: got %v, want ErrNotFound", other, err)
				}
			}
			if err := domain.Update(tx, &domain.Domain{Pool: "us-east-1_b", Name: name}); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("update by another pool: got %v, want ErrNotFound", err)
			}
			if err := domain.Delete(tx, "us-east-1_b", name); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("deletion by another pool: got %v, want ErrNotFound", err)
			}
			own.Doc.Version = "2"
			if err := domain.Update(tx, own); err != nil {
				return err
			}
			got, err := domain.Find(tx, name)
			if err != nil {
				return err
			}
			if diff := cmp.Diff(own, got); diff != "" {
				t.Errorf("written (-), read (+):\n%s", diff)
			}
			if err := domain.Delete(tx, "us-east-1_a", name); err != nil {
				return err
			}
			if _, err := domain.Find(tx, name); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("after deletion: got %v, want ErrNotFound", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
