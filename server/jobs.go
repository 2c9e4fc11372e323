package server

import (
	"context"
	"fmt"
	"time"

	"cardea/engine/device"
	"cardea/engine/message"
	"cardea/engine/token"
	"cardea/engine/verification"
	"cardea/platform/db"
	"cardea/platform/jobs"
	"cardea/record/attempt"
	"cardea/record/lease"
	"cardea/record/passkey"
)

// oldGuess is how long a failed guess is remembered: far longer than it locks anything.
const oldGuess = 24 * time.Hour

// moreOutboxes is how many loops deliver messages besides the first.
const moreOutboxes = 3

// schedule is the background work of a server. Each job is safe to run twice, and to stop at any time.
func schedule(keys *token.Keys, minter *token.Minter, codes *verification.Codes) []jobs.Job {
	store, ring := keys.DB, keys.Ring
	list := []jobs.Job{
		{Name: "deliver messages", Every: message.Interval, Run: codes.Outbox.Deliver, Wake: codes.Outbox.Posted()},
		{Name: "make signing keys", Every: 5 * time.Second, Run: keys.Refill},
		{Name: "prune sessions", Every: 10 * time.Minute, Run: minter.Prune},
		{Name: "prune codes", Every: 10 * time.Minute, Run: codes.Prune},
		{Name: "prune passkey registrations", Every: 10 * time.Minute, Run: writing(store, func(tx *db.Tx) error {
			return passkey.Prune(tx, tx.Now)
		})},
		{Name: "prune inbox", Every: 10 * time.Minute, Run: writing(store, func(tx *db.Tx) error {
			_, err := codes.Outbox.Prune(tx, 500)
			return err
		})},
		{Name: "prune devices", Every: time.Hour, Run: func(ctx context.Context) error { return device.Prune(ctx, store) }},
		{Name: "forgive failed guesses", Every: time.Hour, Run: writing(store, func(tx *db.Tx) error {
			_, err := attempt.DeleteBefore(tx, tx.Now.Add(-oldGuess))
			return err
		})},
		{Name: "wrap data keys anew", Every: 24 * time.Hour, Run: writing(store, func(tx *db.Tx) error {
			_, err := ring.Rewrap(tx)
			return err
		})},
	}
	// More loops, so that one slow conversation with a relay does not hold up everyone's codes. They may all run at
	// once: each message is claimed before it is sent.
	for n := range moreOutboxes {
		list = append(list, jobs.Job{
			Name: fmt.Sprintf("deliver messages %d", n+2), Every: time.Minute, Everywhere: true,
			Run: codes.Outbox.Deliver, Wake: codes.Outbox.Posted(),
		})
	}
	return list
}

// writing makes a job of one write transaction.
func writing(store *db.DB, do func(tx *db.Tx) error) func(context.Context) error {
	return func(ctx context.Context) error { return store.Write(ctx, do) }
}

// startJobs begins the schedule and returns how to end it, which waits for jobs under way.
func (s *Server) startJobs(ctx context.Context) (stop func()) {
	runner := &jobs.Runner{Jobs: s.jobs, Log: s.config.Log, Observe: s.metrics.Job}
	if s.DB.Engine() == "postgres" {
		runner.Lease = s.lease // a SQLite file has one server
	}
	return runner.Start(ctx)
}

// lease takes a lease in the store, so that one node runs each job.
func (s *Server) lease(ctx context.Context, name string, d time.Duration) (free bool, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		free, err = lease.Take(tx, name, d)
		return err
	})
	return free, err
}

// RunJob runs the job of this name once, for tests that cannot wait for the schedule.
func (s *Server) RunJob(ctx context.Context, name string) error {
	for _, job := range s.jobs {
		if job.Name == name {
			return job.Run(ctx)
		}
	}
	return fmt.Errorf("there is no job %q", name)
}
