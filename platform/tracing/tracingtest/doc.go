// Package tracingtest is a collector of traces for tests: a small real server, which takes spans by OTLP over HTTP, as
// protobuf, and says which have come.
package tracingtest
