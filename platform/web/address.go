package web

import "net/netip"

// special lists the networks of IPv4, and of the global part of IPv6, that have no public hosts.
var special = prefixes(
	"0.0.0.0/8",        // this network
	"10.0.0.0/8",       // private
	"100.64.0.0/10",    // carrier-grade NAT; also a cloud's metadata
	"127.0.0.0/8",      // loopback
	"168.63.129.16/32", // a cloud's metadata, on a public address
	"169.254.0.0/16",   // link-local, metadata
	"172.16.0.0/12",    // private
	"192.0.0.0/24",     // protocol assignments, metadata
	"192.0.2.0/24",     // documentation
	"192.88.99.0/24",   // 6to4 relays
	"192.168.0.0/16",   // private
	"198.18.0.0/15",    // benchmarks
	"198.51.100.0/24",  // documentation
	"203.0.113.0/24",   // documentation
	"224.0.0.0/4",      // multicast
	"240.0.0.0/4",      // reserved, broadcast
	"2001::/23",        // protocol assignments: Teredo and others that carry an IPv4 address
	"2001:db8::/32",    // documentation
	"2002::/16",        // 6to4 carries an IPv4 address
	"3fff::/20",        // documentation
)

var (
	// global is where public IPv6 hosts are; ULA, link-local, multicast, mapped and site-local forms are not in it.
	global = netip.MustParsePrefix("2000::/3")

	// nat64 carries an IPv4 address in its last four bytes.
	nat64 = netip.MustParsePrefix("64:ff9b::/96")
)

// public reports whether addr may be a host on the public Internet.
func public(addr netip.Addr) bool {
	addr = plain(addr)
	if addr.Is6() && !global.Contains(addr) {
		return false
	}
	return addr.IsValid() && !within(special, addr)
}

// plain is the address that an IPv6 form of an IPv4 address stands for.
func plain(addr netip.Addr) netip.Addr {
	addr = addr.WithZone("").Unmap()
	if nat64.Contains(addr) {
		bytes := addr.As16()
		return netip.AddrFrom4([4]byte(bytes[12:]))
	}
	return addr
}

func within(list []netip.Prefix, addr netip.Addr) bool {
	for _, prefix := range list {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		list[i] = netip.MustParsePrefix(text)
	}
	return list
}
