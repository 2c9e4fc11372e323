//go:build !unix

package drills_test

import "testing"

// killPostgres needs signals, which this system does not have.
func killPostgres(t *testing.T, _ string) { t.Error("cannot kill a process by its id here") }
