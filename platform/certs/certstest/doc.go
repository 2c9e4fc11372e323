// Package certstest writes certificates for tests.
package certstest
