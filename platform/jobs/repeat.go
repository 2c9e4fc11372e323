package jobs

import (
	"context"
	"time"
)

// Repeat runs step until it reports that there is no more to do. After each it pauses for as long as the step took, so that
// a large job uses no more than half of the database's time.
func Repeat(ctx context.Context, step func() (more bool, err error)) error {
	for {
		began := time.Now()
		more, err := step()
		if err != nil || !more {
			return err
		}
		select {
		case <-time.After(time.Since(began)):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
