// Package pool remembers user pools: the document that DescribeUserPool shows, the MFA configuration, and the rules that
// follow from them alone (how names are folded, what an attribute may be, how passwords are kept).
//
// A pool read by Get is shared with other readers and must not be changed; Clone it first. Updates are conditional on the
// version that was read. Delete removes everything that any record keeps for the pool.
package pool
