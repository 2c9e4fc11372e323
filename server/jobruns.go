package server

import (
	"context"
	"maps"
	"sync"
	"time"

	"cardea/platform/db"
	"cardea/platform/jobs"
	"cardea/platform/telemetry"
	"cardea/record/lease"
)

// runsInterval is how often a node stores which jobs have succeeded on it: several run every few seconds.
const runsInterval = 30 * time.Second

// jobRuns are the successes of jobs on this node that are not stored yet. One node runs a job at a time, so that only what is
// stored tells whether it runs at all.
type jobRuns struct {
	store *db.DB
	jobs  []jobs.Job // those that one node runs

	mu   sync.Mutex
	last map[string]time.Time
}

// newJobRuns begins with no successes; of the jobs it is told of all.
func newJobRuns(store *db.DB, list []jobs.Job) *jobRuns {
	r := &jobRuns{store: store, last: map[string]time.Time{}}
	for _, job := range list {
		if !job.Everywhere {
			r.jobs = append(r.jobs, job)
		}
	}
	return r
}

// job stores the successes of this node.
func (r *jobRuns) job() jobs.Job {
	return jobs.Job{Name: "store successes of jobs", Every: runsInterval, Everywhere: true, Run: r.save}
}

// succeeded notes that a job has succeeded just now.
func (r *jobRuns) succeeded(name string) {
	now := r.store.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, job := range r.jobs {
		if job.Name == name {
			r.last[name] = now
		}
	}
}

func (r *jobRuns) save(ctx context.Context) error {
	r.mu.Lock()
	last := r.last
	r.last = map[string]time.Time{}
	r.mu.Unlock()
	if len(last) == 0 {
		return nil
	}
	err := r.store.Write(ctx, func(tx *db.Tx) error { return lease.Succeeded(tx, last) })
	if err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		maps.Copy(last, r.last) // what has succeeded since is later
		r.last = last
	}
	return err
}

// read answers for each job how often it is to run, and when it last succeeded on any node; 0 if it never has.
func (r *jobRuns) read(ctx context.Context) (values []telemetry.Value, err error) {
	var runs map[string]time.Time
	err = r.store.Read(ctx, func(tx *db.Tx) (err error) {
		runs, err = lease.Runs(tx)
		return err
	})
	for _, job := range r.jobs {
		values = append(values,
			telemetry.Value{Name: lastAnywhere, Value: float64(db.Millis(runs[job.Name])) / 1000, Labels: []string{job.Name}},
			telemetry.Value{Name: jobInterval, Value: job.Every.Seconds(), Labels: []string{job.Name}})
	}
	return values, err
}

// observeJob counts a run of a job.
func (s *Server) observeJob(name string, took time.Duration, err error) {
	s.metrics.Job(name, took, err)
	if err == nil {
		s.runs.succeeded(name)
	}
}
