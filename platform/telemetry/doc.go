// Package telemetry is what the server tells about itself: logs by log/slog and metrics for Prometheus.
//
// Everything is counted at five places and nowhere else: operations answered, messages handed over, database
// transactions, background jobs and signatures. No label holds what a request sends, so the number of series is
// bounded. What a log line says is decided by its writer; never a body, a code, a token or a password.
package telemetry
