package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"cardea/platform/tracing"
)

// Job is one line of the schedule.
type Job struct {
	// Name is the job's name in leases, logs and metrics.
	Name string

	// Every is how often it runs, give or take a twentieth.
	Every time.Duration

	// Run does the work. Its error is logged; the next run comes as usual.
	Run func(ctx context.Context) error

	// Wake, if set, runs the job at once whenever something is sent on it, without a lease.
	Wake <-chan struct{}

	// Everywhere runs the job on every node, without a lease.
	Everywhere bool
}

// Runner runs jobs, each in a goroutine of its own, never one job twice at a time on this node.
type Runner struct {
	Jobs []Job

	// Lease takes the lease called name for d and reports whether it was free; nil: there are no other nodes.
	Lease func(ctx context.Context, name string, d time.Duration) (bool, error)

	// May, if set, says whether this node may run jobs at the moment. Without it they wait for their next time, and leases are left
	// to other nodes.
	May func() bool

	// Log is told of failed runs; nil is slog.Default.
	Log *slog.Logger

	// Tracer begins a trace for each run; nil begins none.
	Tracer *tracing.Tracer

	// Observe, if set, is told of every finished run.
	Observe func(name string, took time.Duration, err error)
}

// firstRun bounds how long after the start a job first runs.
const firstRun = time.Second

// Start begins the schedule. stop, or the end of ctx, cancels the jobs under way; stop waits for them to end.
func (r *Runner) Start(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	for _, job := range r.Jobs {
		running.Go(func() { r.follow(ctx, job) })
	}
	return func() {
		cancel()
		running.Wait()
	}
}

// follow keeps one job's schedule until ctx ends.
func (r *Runner) follow(ctx context.Context, job Job) {
	timer := time.NewTimer(rand.N(min(firstRun, job.Every) + 1))
	defer timer.Stop()
	for {
		woken := false
		select {
		case <-ctx.Done():
			return
		case _, open := <-job.Wake:
			if !open {
				job.Wake = nil
				continue
			}
			woken = true
		case <-timer.C:
			// Never earlier than the lease of the last run ends.
			timer.Reset(job.Every*19/20 + rand.N(job.Every/10+1))
		}
		if ctx.Err() != nil {
			return
		}
		r.round(ctx, job, woken)
	}
}

// round runs the job if this node gets the lease.
func (r *Runner) round(ctx context.Context, job Job, woken bool) {
	if r.May != nil && !r.May() {
		return
	}
	if !woken && !job.Everywhere && r.Lease != nil {
		free, err := r.Lease(ctx, job.Name, job.Every*9/10)
		if err != nil {
			r.report(ctx, job, fmt.Errorf("take lease: %w", err))
		}
		if err != nil || !free {
			return
		}
	}

	began := time.Now()
	ctx, span := r.Tracer.Job(ctx, job.Name)
	err := contained(ctx, job)
	span.End(err != nil)
	if r.Observe != nil {
		r.Observe(job.Name, time.Since(began), err)
	}
	if err != nil {
		r.report(ctx, job, err)
	}
}

// contained runs the job and makes an error of a panic.
func contained(ctx context.Context, job Job) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	return job.Run(ctx)
}

// report logs a failure, unless it is only the consequence of stopping.
func (r *Runner) report(ctx context.Context, job Job, err error) {
	if ctx.Err() != nil {
		return
	}
	log := r.Log
	if log == nil {
		log = slog.Default()
	}
	log.ErrorContext(ctx, "job", "name", job.Name, "error", err)
}
