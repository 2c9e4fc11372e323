//go:build !unix

package script_test

import "testing"

// killPostgres is for systems that know signals.
func killPostgres(t *testing.T, _ string) { t.Error("cannot kill a process by its id here") }
