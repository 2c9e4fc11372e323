//go:build !race

package retention_test

// manyRows is what an attacker may leave within minutes.
const manyRows = 200_000
