package server

import (
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
)

// registerProfiles adds the pages of Go's profiler to those of the operator. They name functions and count what they allocate, and
// one who asks for them costs processor time: on an address that other machines may reach they are there only if the
// configuration says so. The command line, which the profiler would also show, is left out.
func registerProfiles(admin *http.ServeMux, addr string, everywhere bool) {
	if !everywhere && !loopback(addr) {
		return
	}
	admin.HandleFunc("GET /debug/pprof/", pprof.Index)
	admin.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	admin.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
}

// loopback reports whether only this machine reaches an address to listen on.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
