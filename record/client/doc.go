// Package client remembers app clients: the document that DescribeUserPoolClient shows, their secrets (sealed, at most two
// at once), and the rules that follow from them alone: which sign-in flows are allowed, how long tokens live, which
// attributes the app may read and write.
//
// A client read by Get or Find is shared with other readers and must not be changed; Clone it first. Updates are
// conditional on the version that was read.
package client
