package server

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ownHosts refuses requests whose Host is not one of this server's own. A development server does not
// authenticate its callers; without this check any web page could call it by a name that resolves to 127.0.0.1
// (DNS rebinding).
type ownHosts struct {
	names []string // lower case, without port
	anyIP bool     // the server listens on every address, so each literal address may be its own
	next  http.Handler
}

// guardHosts protects next. addr is where the server listens; names are further host names that it answers to.
func guardHosts(addr string, names []string, next http.Handler) http.Handler {
	g := ownHosts{names: []string{"localhost", "127.0.0.1", "::1"}, next: next}
	host, _, _ := net.SplitHostPort(addr)
	if ip, err := netip.ParseAddr(host); host == "" || (err == nil && ip.IsUnspecified()) {
		g.anyIP = true
	}
	for _, name := range append(names, host) {
		if name != "" {
			g.names = append(g.names, strings.ToLower(name))
		}
	}
	return g
}

func (g ownHosts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !g.allows(r.Host) {
		plain(w, http.StatusForbidden, fmt.Sprintf(
			"This development server answers only to its own names, and %.100q is not one of them. Start it with --host to add a name.", r.Host))
		return
	}
	g.next.ServeHTTP(w, r)
}

// allows checks the name in a Host header. The port is not checked: an attack is recognized by its host name,
// and port forwarding (containers, SSH) changes the port of legitimate requests.
func (g ownHosts) allows(header string) bool {
	host := header
	if name, _, err := net.SplitHostPort(header); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
	if slices.Contains(g.names, host) {
		return true
	}
	_, err := netip.ParseAddr(host)
	return g.anyIP && err == nil
}

// trustProxies gives requests that came through a trusted proxy the address of the client behind it, and removes the
// forwarding headers from all others.
func trustProxies(trusted []netip.Prefix, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if client, ok := clientBehind(trusted, r); ok {
			r.RemoteAddr = net.JoinHostPort(client.String(), "0")
		} else {
			r.Header.Del("X-Forwarded-Proto")
		}
		r.Header.Del("X-Forwarded-For")
		r.Header.Del("Forwarded")
		r.Header.Del("X-Real-Ip")
		next.ServeHTTP(w, r)
	})
}

// clientBehind walks X-Forwarded-For from its end, where our own proxies write, to the first address that is not a
// trusted proxy's. An entry that does not parse ends the search.
func clientBehind(trusted []netip.Prefix, r *http.Request) (netip.Addr, bool) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !within(trusted, peer.Addr()) {
		return netip.Addr{}, false
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	client := peer.Addr()
	for _, hop := range slices.Backward(hops) {
		addr, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		client = addr
		if !within(trusted, addr) {
			break
		}
	}
	return client.Unmap(), true
}

func within(networks []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(addr.Unmap()) })
}
