//go:build race

package retention_test

// manyRows is smaller with the race detector, which makes the embedded database many times slower.
const manyRows = 10_000
