package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cardea/platform/db"
	"cardea/record/node"
)

// Older nodes have noticed after a heartbeat, when they live.
const (
	waitFor  = 30 * time.Second
	lookEach = 250 * time.Millisecond
)

// Older are the nodes whose programs do not know a migration.
type Older struct {
	DB    *db.DB
	Needs string           // the migration
	Now   func() time.Time // the clock by which nodes are taken for dead

	sightings
}

// Wait returns when none of the nodes serves any more, or with an error that names those that still do. They stop by themselves,
// since the migration was announced.
func (o *Older) Wait(ctx context.Context) error {
	for began := o.Now(); ; {
		serving, err := o.serving(ctx)
		if err != nil {
			return fmt.Errorf("look for older nodes: %w", err)
		}
		if len(serving) == 0 {
			return nil
		}
		if o.Now().Sub(began) > waitFor {
			return fmt.Errorf("older nodes still serve, stop them: %s", strings.Join(serving, ", "))
		}
		select {
		case <-time.After(lookEach):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// serving names the nodes that live and have not stopped serving.
func (o *Older) serving(ctx context.Context) (names []string, err error) {
	var rows []*node.Node
	err = o.DB.Read(ctx, func(tx *db.Tx) error {
		kept, err := node.Kept(tx)
		if err != nil || !kept {
			return err // programs of that age say nothing of themselves
		}
		rows, err = node.List(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	now := o.Now()
	o.see(rows, now, nil)
	for _, row := range rows {
		if row.Newest < o.Needs && !row.Fenced && !o.others[row.ID].dead(now) {
			names = append(names, fmt.Sprintf("%s (version %s)", row.Host, row.Version))
		}
	}
	slices.Sort(names)
	return names, nil
}
