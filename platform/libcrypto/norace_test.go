//go:build !race && openssl && linux && (amd64 || arm64)

package libcrypto

// raceDetector tells whether the tests run with the race detector.
const raceDetector = false
