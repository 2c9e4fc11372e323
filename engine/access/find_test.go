package access_test

import (
	"bytes"
	"testing"

	"cardea/engine/access"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/platform/seal"
	"cardea/record/client"
	"cardea/record/datakey"
	"cardea/record/pool"
)

func TestUnknownPoolsAndClientsAreNotFound(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		master, err := seal.NewMaster(bytes.Repeat([]byte{7}, 32))
		if err != nil {
			t.Fatal(err)
		}
		ring := &datakey.Ring{Master: master}
		err = d.Write(t.Context(), func(tx *db.Tx) error {
			if err := ring.Rotate(tx, "us-east-1_home00000"); err != nil {
				return err
			}
			for _, p := range []*pool.Pool{{ID: "us-east-1_home00000"}, {ID: "us-east-1_other0000"}} {
				if err := pool.Insert(tx, p); err != nil {
					return err
				}
			}
			return client.Insert(tx, &client.Client{ID: "app", Pool: "us-east-1_home00000"})
		})
		if err != nil {
			t.Fatal(err)
		}

		ofPool := func(name string) func(tx *db.Tx) error {
			return func(tx *db.Tx) error { _, err := access.Pool(tx, name); return err }
		}
		ofClient := func(name string) func(tx *db.Tx) error {
			return func(tx *db.Tx) error { _, err := (access.Apps{Ring: ring}).Find(tx, name); return err }
		}
		ofBoth := func(p, c string) func(tx *db.Tx) error {
			return func(tx *db.Tx) error { _, _, err := access.PoolClient(tx, p, c); return err }
		}
		for name, c := range map[string]struct {
			region string
			find   func(tx *db.Tx) error
			want   string
		}{
			"pool":                          {"", ofPool("us-east-1_home00000"), ""},
			"pool in its Region":            {"us-east-1", ofPool("us-east-1_home00000"), ""},
			"pool from elsewhere":           {"us-east-2", ofPool("us-east-1_home00000"), "no user pool us-east-1_home00000"},
			"unknown pool":                  {"", ofPool("us-east-1_nowhere00"), "no user pool us-east-1_nowhere00"},
			"client":                        {"", ofClient("app"), ""},
			"unknown client":                {"", ofClient("unknown"), "no app client unknown"},
			"pool's client":                 {"us-east-1", ofBoth("us-east-1_home00000", "app"), ""},
			"other pool's client":           {"", ofBoth("us-east-1_other0000", "app"), "no app client app"},
			"client of an unknown pool":     {"", ofBoth("us-east-1_nowhere00", "app"), "no user pool us-east-1_nowhere00"},
			"pool's client from elsewhere":  {"us-east-2", ofBoth("us-east-1_home00000", "app"), "no user pool us-east-1_home00000"},
			"unknown client from elsewhere": {"us-east-2", ofClient("unknown"), "no app client unknown"},
		} {
			ctx := caller.With(t.Context(), caller.Caller{Region: c.region})
			t.Run(name, func(t *testing.T) { compare(t, d.Read(ctx, c.find), c.want) })
		}
	})
}
