// Command modelgen turns a service description into Go. Run in a folder such as spec/cognitoidp by go generate, it reads
//
//	model/operations.json, model/shapes.json   the service's operations and shapes
//	features.txt                               which feature answers which operation
//	optional.txt                               number and boolean shapes for which "absent" is a value of its own
//
// and writes *.gen.go beside them (structs, enum constants, fault constructors, the validation table, one interface per
// feature, the dispatch table) and docs/coverage.md, which shows the services of all folders beside it. The same input gives the same bytes. It refuses an operation that
// no feature claims, or two; names that collide; and patterns that it cannot translate.
package main
