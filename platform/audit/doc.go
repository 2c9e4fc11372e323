// Package audit writes the audit log: one record for each request, in the form of AWS CloudTrail's, to a file, to standard output, and
// to a queue from which they are sent elsewhere. docs/audit.md describes records and settings for operators.
//
// What a record may hold is decided by those who make it; this package adds nothing of a request to it.
package audit
