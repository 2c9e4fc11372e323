// Package lease remembers which work has been taken, and until when, so that of several nodes one does it.
//
// A lease is a moment before which nobody may take the name again, its taker included. It is not given back: work that
// must happen about once an hour takes a lease of about an hour, and a crash delays it by no more than that.
package lease
