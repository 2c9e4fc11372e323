package outbox

import (
	"fmt"
	"time"

	"cardea/platform/db"
)

// Depth is how many messages of one queue and medium wait, and since when.
type Depth struct {
	Queue    int64
	Medium   string
	Messages int64
	Written  time.Time // the oldest
	Due      time.Time // when the one that is first to be delivered is, or was, due
}

// Depths counts the messages that wait, without decoys.
func Depths(tx *db.Tx) ([]Depth, error) {
	depths, err := db.All(tx, func(row db.Scanner) (d Depth, err error) {
		var written, due int64
		err = row.Scan(&d.Queue, &d.Medium, &d.Messages, &written, &due)
		d.Written, d.Due = db.Time(written), db.Time(due)
		return d, err
	}, `
		SELECT queue, medium, COUNT(*), MIN(written), MIN(due)
		FROM outbox
		WHERE medium <> ''
		GROUP BY queue, medium`)
	if err != nil {
		return nil, fmt.Errorf("count messages: %w", err)
	}
	return depths, nil
}
