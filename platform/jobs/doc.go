// Package jobs runs the background work of the server by a schedule.
//
// Before each run a job takes a lease that lasts until about the next one, so that of several nodes one does the work
// and a crash delays it by no more than its interval. Jobs are safe to run twice all the same: a run that takes longer
// than its interval may overlap with another node's. The caller stores the leases (record/lease).
package jobs
