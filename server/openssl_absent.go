//go:build !(openssl && linux && (amd64 || arm64))

package server

func loadOpenSSL(string) (arithmetic, error) { return arithmetic{}, errNoOpenSSL }
