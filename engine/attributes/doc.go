// Package attributes checks what is written into users against their pool's schema and their app's permissions, and lists
// what may be read.
//
// It answers conditions (errors.go). What a change of an attribute leads to, such as a code to a new address, is
// engine/account's business.
package attributes
