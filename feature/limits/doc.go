// Package limits answers the operations on the limits of request rates (docs/cognito/pools-and-clients.md, "Provisioned limits"). What
// a limit bounds is engine/rates'.
package limits
