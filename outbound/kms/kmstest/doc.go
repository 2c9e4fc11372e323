// Package kmstest is a KMS behind a real HTTP server, for tests: GenerateDataKey, with signatures checked.
package kmstest
