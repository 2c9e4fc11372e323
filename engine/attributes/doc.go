// Package attributes checks what is written into users against their pool's schema and their app's permissions, and lists
// what may be read.
//
// Its faults have the wording that Cognito gives them at every operation (see docs/decisions); features return them as
// they are. What a change of an attribute leads to, such as a code to a new address, is engine/account's business.
package attributes
