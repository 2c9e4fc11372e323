// Package trail says what the audit log tells of a request: who made it, and which of its parameters and of its answer are shown. One
// rule decides that for all operations of all services (Shown). Records are written by platform/audit; docs/audit.md describes them.
package trail
