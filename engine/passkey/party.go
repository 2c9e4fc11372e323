package passkey

import (
	"net/url"
	"slices"
	"strings"

	"cardea/engine/issuer"
	"cardea/record/client"
	"cardea/record/pool"
)

// localhost is the relying party of a developer's machine, the only one without a dot and without https.
const localhost = "localhost"

// androidApp begins what an Android app has for an origin: the hash of the certificate that signed it.
const androidApp = "android:apk-key-hash:"

// Party is the relying party of a ceremony: whose passkeys it is about, and where it may take place. The zero Party is none.
type Party struct {
	ID   string // the domain that the passkeys are good for
	page string // the origin of the pool's own page that asks; empty: an app does
}

// Parties finds the relying parties of pools.
type Parties struct{ Names issuer.Names }

// Of finds the relying party of a pool: the one that its settings name, or else its domain. Page is the origin of the page of the
// pool's domain that asks; empty: an app does. Of answers ErrUnconfigured when there is none, or none that browsers let the page
// use.
//
// On a developer's machine a page that cannot use the pool's relying party has its own host in the place of it: browsers let no
// host below localhost use that name, and one domain has pages at two hosts.
func (n Parties) Of(p *pool.Pool, page string) (Party, error) {
	rp := n.Names.PoolHost(p)
	if config := p.MFA.WebAuthnConfiguration; config != nil && config.RelyingPartyId != "" {
		rp = config.RelyingPartyId
	}
	origin, host := originOf(page)
	if page != "" && !serves(rp, host) {
		rp = ""
		if host == localhost || strings.HasSuffix(host, "."+localhost) {
			rp = host
		}
	}
	if rp == "" {
		return Party{}, ErrUnconfigured
	}
	return Party{rp, origin}, nil
}

// serves tells whether browsers let a page of a host use the passkeys of a relying party: it is that, or below it.
func serves(rp, host string) bool {
	return rp != "" && (host == rp || rp != localhost && strings.HasSuffix(host, "."+rp))
}

// allows tells whether a page or app of this origin may use the passkeys. The pool's own page is alone where it asks. In apps they
// are the relying party itself, and those addresses of the client that lie below it. Any other page below it is refused, since an
// attacker may control a forgotten subdomain.
func (p Party) allows(c *client.Client, origin string) bool {
	switch {
	case p.page != "":
		return origin == p.page
	case p.ID == localhost:
		return isLocal(origin)
	case origin == "https://"+p.ID:
		return true
	}
	addresses := slices.Concat(c.Doc.CallbackURLs, c.Doc.LogoutURLs)
	if strings.HasPrefix(origin, androidApp) {
		return slices.Contains(addresses, origin)
	}
	return slices.ContainsFunc(addresses, func(address string) bool {
		known, host := originOf(address)
		return known == origin && strings.HasPrefix(known, "https:") && serves(p.ID, host)
	})
}

// isLocal tells whether an origin is a server on the developer's own machine, at any port.
func isLocal(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() != localhost || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	return origin == u.Scheme+"://"+u.Host // an origin has no path and no user
}

// defaultPorts are the ports that origins do not name.
var defaultPorts = map[string]string{"https": "443", "http": "80"}

// originOf gives the origin of an address as browsers write it, and its host name; both are empty when it is not on the web.
func originOf(address string) (origin, host string) {
	u, err := url.Parse(address)
	if err != nil || defaultPorts[strings.ToLower(u.Scheme)] == "" {
		return "", ""
	}
	scheme, host := strings.ToLower(u.Scheme), strings.ToLower(u.Hostname())
	origin = scheme + "://" + host
	if port := u.Port(); port != "" && port != defaultPorts[scheme] {
		origin += ":" + port
	}
	return origin, host
}
