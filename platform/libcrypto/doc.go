// Package libcrypto is OpenSSL 3's arithmetic where it is much faster than Go's: RSA signatures, and powers modulo a prime,
// which it also computes in constant time. It loads libcrypto.so.3 at run time by github.com/ebitengine/purego, without cgo.
//
// All of it is built with the tag openssl, on Linux for amd64 and arm64; otherwise the package is empty. Only server and
// cmd/bench use it, and only with that tag (docs/decisions/0022-a-second-binary-with-openssl.md).
//
// Errors of libcrypto are kept for each thread, so a goroutine stays on its thread from a call to the reading of its error.
// What is secret is written into memory of libcrypto and cleansed before that is freed.
package libcrypto
