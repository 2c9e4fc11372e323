// Package script tells stories: the real binary over the real wire, in scripts that a user could read.
//
// Each story under testdata is a testscript with the commands of commands_test.go: call an operation, keep a value from
// the answer, read a code from the inbox. crash_test.go kills the server in the middle of its work and checks that
// nothing which it acknowledged is lost. There is nothing here but tests.
package script
