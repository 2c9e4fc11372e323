// Package attributes checks what is written into users against their pool's schema and their app's permissions, and lists
// what may be read.
//
// It answers conditions (errors.go). engine/account decides what follows from a change of an attribute, such as a code to a
// new address.
package attributes
