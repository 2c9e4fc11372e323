// Package telemetry has the server's logs, by log/slog, and metrics, for Prometheus.
//
// Metrics count five kinds of events: operations answered, messages given to senders, database transactions, background
// jobs and signatures. No label holds what a request sends, so the number of series is
// bounded. Callers decide what they log: never a body, a code, a token or a password.
package telemetry
