// Package webhook signs the calls that Cardea makes to an operator's own service, so that the service can recognize forged
// and replayed calls. docs/operating.md, "Signed webhooks", describes the scheme for receivers.
package webhook
