package server

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cardea/engine/cluster"
	"cardea/engine/message"
	"cardea/engine/rates"
	"cardea/engine/retention"
	"cardea/platform/db"
	"cardea/platform/jobs"
	"cardea/record/lease"
)

// Loops that deliver messages besides the first: some for all messages, so that one slow relay does not delay
// everything, and some for urgent ones only, so that a flood of others does not delay these.
const (
	moreLoops   = 3
	urgentLoops = 2
)

// Loops that tell apps of logouts, so that one slow app does not delay everything, and how often they look.
const (
	logoutLoops    = 3
	logoutInterval = 5 * time.Second
)

// readLimits is the job by which a node learns of limits that others have set.
const readLimits = "read limits of request rates"

// schedule is the background work of a server. Each job is safe to run twice, and to stop at any time.
func schedule(e *engines, f *features) []jobs.Job {
	store, ring, outbox := e.store, e.ring, e.outbox
	list := []jobs.Job{
		{Name: "deliver messages", Every: message.Interval, Run: outbox.Deliver, Wake: outbox.Posted()},
		{Name: "look for functions", Every: time.Minute, Everywhere: true, Run: e.unresolved.Scan, Wake: e.unresolved.Wake()},
		{Name: "store traces of federated sign-ins", Every: time.Minute, Everywhere: true, Run: f.federation.Traces.Store, Wake: f.federation.Traces.Wake()},
		{Name: readLimits, Every: rates.Interval, Everywhere: true, Run: e.limiter.Load},
		{Name: "make signing keys", Every: 5 * time.Second, Run: e.keys.Refill},
		{Name: "wrap data keys anew", Every: 10 * time.Minute, Run: rewrapJob(store, ring)},
	}
	// All loops may run at once: each message is claimed before it is sent.
	for n := range moreLoops {
		list = append(list, jobs.Job{
			Name: fmt.Sprintf("deliver messages %d", n+2), Every: time.Minute, Everywhere: true,
			Run: outbox.Deliver, Wake: outbox.Posted(),
		})
	}
	for n := range urgentLoops {
		list = append(list, jobs.Job{
			Name: fmt.Sprintf("deliver urgent messages %d", n+1), Every: message.Interval, Everywhere: true,
			Run: outbox.DeliverUrgent, Wake: outbox.PostedUrgent(),
		})
	}
	for n := range logoutLoops {
		list = append(list, jobs.Job{
			Name: fmt.Sprintf("tell apps of logouts %d", n+1), Every: logoutInterval, Everywhere: true, Run: e.logouts.Deliver,
		})
	}
	inbox := retention.Rule{Name: "inbox", Prune: outbox.Prune}
	for _, rule := range append(slices.Clone(retention.Rules), inbox) {
		list = append(list, jobs.Job{
			Name: "prune " + rule.Name, Every: time.Minute,
			Run: func(ctx context.Context) error { return rule.Apply(ctx, store) },
		})
	}
	return list
}

// startJobs begins the schedule and returns how to end it, which waits for jobs under way. A node that differs from the others does
// no work: it would send wrong links, and seal under keys that others lack.
func (s *Server) startJobs(ctx context.Context) (stop func()) {
	node := s.health.node
	s.health.beat(ctx)
	beats := &jobs.Runner{
		Jobs: []jobs.Job{{Name: "heartbeat", Every: cluster.Interval, Everywhere: true, Run: node.Beat}}, Log: s.config.Log, Observe: s.metrics.Job,
	}
	runner := &jobs.Runner{Jobs: s.jobs, May: node.MayWork, Log: s.config.Log, Tracer: s.tracer, Observe: s.observeJob}
	if s.DB.Engine() == "postgres" {
		runner.Lease = s.lease // a SQLite file has one server
	}
	stopBeats, stopJobs := beats.Start(ctx), runner.Start(ctx)
	return func() { stopJobs(); stopBeats() }
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
			err := job.Run(ctx)
			s.observeJob(name, 0, err)
			return err
		}
	}
	return fmt.Errorf("there is no job %q", name)
}
