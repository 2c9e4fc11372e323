package passkey

import (
	"net/url"
	"slices"
	"strings"

	"cardea/record/client"
)

// androidApp begins what an Android app has for an origin: the hash of the certificate that signed it.
const androidApp = "android:apk-key-hash:"

// allowed tells whether a page or app of this origin may use the relying party's passkeys through the client: the relying
// party itself, and those addresses of the client that lie under it. Any other page
// under it is refused, since an attacker may control a forgotten subdomain.
func allowed(rp string, c *client.Client, origin string) bool {
	if rp == localhost {
		return isLocal(origin)
	}
	if origin == "https://"+rp {
		return true
	}
	addresses := slices.Concat(c.Doc.CallbackURLs, c.Doc.LogoutURLs)
	if strings.HasPrefix(origin, androidApp) {
		return slices.Contains(addresses, origin)
	}
	return slices.ContainsFunc(addresses, func(address string) bool {
		known := originOf(address)
		return known != "" && known == origin && isUnder(rp, known)
	})
}

// isOwn tells whether an origin is that of the pool's own page, which has asked for the passkey, and lies under the relying party.
func isOwn(rp, page, origin string) bool {
	if known := originOf(page); known != "" {
		page = known
	}
	return page == origin && isUnder(rp, origin)
}

// isLocal tells whether an origin is a server on the developer's own machine, at any port.
func isLocal(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() != localhost || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	return origin == u.Scheme+"://"+u.Host // an origin has no path and no user
}

// originOf gives the origin of an address as browsers write it, empty when the address is not on the web.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || !strings.EqualFold(u.Scheme, "https") {
		return ""
	}
	host := strings.ToLower(u.Hostname())
	if port := u.Port(); port != "" && port != "443" {
		host += ":" + port
	}
	return "https://" + host
}

// isUnder tells whether a web origin's host is the relying party or one of its subdomains.
func isUnder(rp, origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && (u.Hostname() == rp || strings.HasSuffix(u.Hostname(), "."+rp))
}
