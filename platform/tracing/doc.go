// Package tracing makes spans of what requests and jobs do, and sends them to an OpenTelemetry collector.
//
// [Tracer.Request] and [Tracer.Job] begin traces; [Start] adds a span to the trace of a context, and costs next to nothing in a
// context without one. Spans carry kinds, counts and ids that have been checked: never a secret, a user's name, a token or an
// address.
//
// Spans are sent in the background, in the protobuf form of OTLP over HTTP. A collector that is slow or gone slows no request:
// spans that do not fit into the queue are dropped. The exporter is OpenTelemetry's with a client of our own, since the client
// that OpenTelemetry has for HTTP brings all of gRPC with it.
package tracing
