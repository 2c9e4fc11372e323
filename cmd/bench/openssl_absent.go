//go:build !(openssl && linux && (amd64 || arm64))

package main

// openSSL is nil in a program that is built without it.
func openSSL() (*arithmetic, error) { return nil, nil }
