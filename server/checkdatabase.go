package server

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cardea/platform/config"
	"cardea/platform/db"
)

// CheckDatabase looks at the database of c as a server would find it, and whether the master keys of c open it. It changes nothing.
func CheckDatabase(ctx context.Context, c Config) (found config.Findings) {
	fresh, wrong, doubtful := db.Inspect(ctx, c.Database)
	found.Wrong = config.Within("database.url", errors.Join(wrong...))
	found.Doubtful = config.Within("database.url", errors.Join(doubtful...))
	if fresh || len(wrong) > 0 || len(c.MasterKeys) == 0 {
		return found
	}
	keys, err := openMasterKeys(ctx, c, db.Options{ReadOnly: true})
	if err != nil {
		found.Wrong = errors.Join(found.Wrong, config.Within("database.url", err))
		return found
	}
	defer keys.Close()
	status, err := keys.Status(ctx)
	found.Wrong = errors.Join(found.Wrong, config.Within("database.url", err))
	for _, n := range status.Nodes {
		if front := n.front(); front != "" && !slices.Contains(keys.master.IDs(), front) {
			found.Wrong = errors.Join(found.Wrong, config.Within("master_key", fmt.Errorf(
				"the server on %s (%s) wraps data keys by the key %s, which is not configured", n.Host, n.ID, front)))
		}
	}
	for _, key := range status.Keys {
		if key.Position == Missing {
			found.Wrong = errors.Join(found.Wrong, config.Within("master_key", fmt.Errorf(
				"the key %s is not configured, and %d data keys need it: put it behind the others until cardea keys status says that it may be dropped",
				key.ID, key.DataKeys)))
		}
	}
	return found
}
