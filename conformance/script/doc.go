// Package script tells stories: the real binary over the real wire, in scripts that a user could read.
//
// Each *.txtar is a testscript with the commands of commands_test.go: call an operation, keep a value from the answer,
// read a code from the inbox. crash_test.go kills the server in the middle of its work and checks that nothing which it
// acknowledged is lost. The sources of the binary are inputs of the tests (inputs_test.go), so that a result from the
// cache is one of this binary. There is nothing here but tests.
package script
