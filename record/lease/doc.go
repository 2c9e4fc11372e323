// Package lease remembers which work has been taken, and until when, so that of several nodes one does it.
//
// A lease names some work and expires at a given moment. Until then no node can take it again, not even the one that holds
// it. Leases are not released: work that must happen about once an hour takes a lease of about an hour, and a crash delays
// it by no more than that.
package lease
