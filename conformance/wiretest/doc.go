// Package wiretest has what tests of the binary send over the wire and the product itself never does.
package wiretest
