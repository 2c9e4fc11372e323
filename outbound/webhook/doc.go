// Package webhook signs the calls that Cardea makes to an operator's own service, so that the service can tell a true call
// from a forged or a replayed one. docs/operating.md, "Signed webhooks", is the scheme as a receiver sees it.
package webhook
