//go:build !linux

package function

import "net"

// guard lets every connection through: this system does not say whose it is.
func guard(l net.Listener, _ *Function) net.Listener { return l }
