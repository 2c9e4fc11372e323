// Package identitypool remembers identity pools: the document that DescribeIdentityPool shows, the roles, and what becomes of the
// claims of a provider's users (principal tags).
//
// A pool read by Get is shared with other readers and must not be changed; Clone it first. Updates are conditional on the version
// that was read. Delete removes the pool's identities and their logins with it.
package identitypool
