// Command pgtmp runs a command with a throw-away PostgreSQL server that CARDEA_TEST_POSTGRES names, so that many test
// programs share one:
//
//	go run ./cmd/internal/pgtmp [-durable] -- go test ./...
//
// Its exit status is the command's.
package main
