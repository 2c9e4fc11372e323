// Package script tests the binary over HTTP by scripts that a user of Cardea can read.
//
// Each *.txtar is a testscript with the commands of commands_test.go: call an operation, keep a value from the answer,
// read a code from the inbox. The sources of the binary are inputs of the tests (inputs_test.go), so that a result from the
// cache belongs to this binary. The package has only tests.
package script
