package retention_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"cardea/engine/retention"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/replay"
	"cardea/spec/id"
)

const pool = id.Pool("us-east-1_AbC123xyz")

// fill loads rows into one table with one statement: row computes the columns from the number i.
func fill(t *testing.T, d *db.DB, rows int, table, row string) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(fmt.Sprintf(
			"INSERT INTO %s WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT %s FROM n",
			table, rows, row))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, d *db.DB, table string) (n int64) {
	t.Helper()
	err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
		n, err = db.One(tx, func(row db.Scanner) (n int64, err error) { return n, row.Scan(&n) }, "SELECT count(*) FROM "+table)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Two of a thousand rows of each kind are still needed.
func TestExpiredRowsAreDeleted(t *testing.T) {
	t.Parallel()
	const (
		text = "CAST(i AS TEXT)"
		end  = "CASE WHEN i <= 2 THEN 4102444800000 ELSE i END" // two rows end in 2100, the others ended in 1970

		sessions = "session (pool_id, id, expires, revoked, kind, origin, sub, client_id, scopes, device_key, sso, auth_time, created, " +
			"active, ip, device_type, refresh_hash, refresh_replaced)"
		filler = ", 'api', '', '', '', '', '', '', 0, 0, 0, '', '', '', 0"
	)
	for _, c := range []struct{ rule, table, row string }{
		{"sessions", sessions, "'p', " + text + ", " + end + ", 0" + filler},
		{"sessions", sessions, "'p', " + text + ", 4102444800000, CASE WHEN i <= 2 THEN 0 ELSE i END" + filler},
		{"used sign-in sessions", "replay (pool_id, key, expires)", "'p', " + text + ", " + end},
		{"custom sign-ins", "custom_auth (pool_id, id, holder, source, round, sealed, expires)", "'p', " + text + ", '', '', 0, '', " + end},
		{"codes", "code (pool_id, sub, purpose, attribute, hash, tries, expires)", "'p', " + text + ", '', '', '', 0, " + end},
		{"single sign-on sessions", "sso_session (pool_id, id, domain, sub, hash, proofs, password_set, auth_time, expires)",
			"'p', " + text + ", '', '', '', '', 0, 0, " + end},
		{"device grants", "device_grant (pool_id, id, hash, user_code, client_id, state, secret, sub, doc, polled, pause, created, expires)",
			"'p', " + text + ", " + text + ", " + text + ", '', '', '', '', '', 0, 0, 0, " + end},
		{"pushed requests", "pushed_request (pool_id, hash, client_id, query, created, expires)", "'p', " + text + ", '', '', 0, " + end},
		{"notices of logouts", "logout_notice (pool_id, client_id, sso, sub, attempts, due, expires)",
			"'p', 'c', " + text + ", '', 0, 0, " + end},
		{"traces of federated sign-ins", "federation_trace (pool_id, id, provider, failed, began, expires, doc)",
			"'p', " + text + ", '', TRUE, 0, " + end + ", ''"},
		{"counters", "quota (pool_id, name, uses, expires)", "'p', " + text + ", 0, " + end},
		{"failed attempts", "attempt (pool_id, key, failures, failed, locked_until)", "'p', " + text + ", 0, " + end + ", 0"},
		{"devices", "device (pool_id, sub, device_key, group_key, client_id, name, sdk, ip, confirmed, remembered, created, modified, authenticated)",
			"'p', '', " + text + ", '', '', '', '', '', FALSE, FALSE, " + end + ", 0, 0"},
		{"passkey registrations", "passkey_ceremony (pool_id, sub, client_id, challenge, expires)", "'p', " + text + ", '', '', " + end},
	} {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				fill(t, d, 1000, c.table, c.row)
				apply(t, d, c.rule)
				var table string
				if _, err := fmt.Sscan(c.table, &table); err != nil {
					t.Fatal(err)
				}
				if n := count(t, d, table); n != 2 {
					t.Errorf("%d rows are left, want the 2 that are of use", n)
				}
			})
		})
	}
}

func apply(t *testing.T, d *db.DB, name string) {
	t.Helper()
	for _, rule := range retention.Rules {
		if rule.Name == name {
			if err := rule.Apply(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("there is no rule %q", name)
}

func TestTwoHundredThousandExpiredRowsAreDeletedWhileOthersWrite(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		fill(t, d, manyRows, "replay (pool_id, key, expires)", "'p', CAST(i AS TEXT), 1")

		ctx, stop := context.WithCancel(t.Context())
		var written, longest atomic.Int64
		done := make(chan error)
		go func() {
			for n := 0; ctx.Err() == nil; n++ {
				began := time.Now()
				err := d.Write(ctx, func(tx *db.Tx) error {
					return replay.Use(tx, pool, fmt.Sprint("other ", n), tx.Now.Add(time.Hour))
				})
				if err != nil && !errors.Is(err, context.Canceled) {
					done <- err
					return
				}
				written.Add(1)
				time.Sleep(time.Millisecond) // some hundred writes a second
				longest.Store(max(longest.Load(), int64(time.Since(began))))
			}
			done <- nil
		}()
		began := time.Now()
		apply(t, d, "used sign-in sessions")
		took := time.Since(began)
		stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}

		others := written.Load()
		t.Logf("deleted in %v, %.0f rows a second; others wrote %d rows meanwhile, and waited %v at most",
			took, manyRows/took.Seconds(), others, time.Duration(longest.Load()))
		if n := count(t, d, "replay"); n > others+1 {
			t.Errorf("%d expired rows are left", n-others)
		}
		if batches := int64(manyRows / 500); others < batches/4 {
			t.Errorf("others wrote %d rows while %d batches were deleted", others, batches)
		}
	})
}
