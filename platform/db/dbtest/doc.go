// Package dbtest runs a test on both engines, each time in a database of its own: a copy of one that has the schema.
//
// PostgreSQL is the server that CARDEA_TEST_POSTGRES names, or a throw-away one started from the machine's binaries,
// once per test program; a machine that has neither fails the test, it does not skip it. The command
// cmd/internal/pgtmp starts one server for many test programs.
package dbtest
