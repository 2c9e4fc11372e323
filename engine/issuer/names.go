package issuer

import (
	"net/url"
	"strings"

	"cardea/record/domain"
	"cardea/record/pool"
	"cardea/spec/id"
)

// Names are the addresses of pools: their issuers, where their documents are read, and their domains.
type Names struct {
	// PublicURL is the address under which clients reach the server, without a path.
	PublicURL string
	// Base begins every issuer, {region} standing for the pool's Region; empty means PublicURL.
	Base string
	// BaseDomain ends the host names of prefix domains, <prefix>.auth.<Region>.<BaseDomain>. Without it they have none.
	BaseDomain string
	// ByPath makes domains known by their path below PublicURL, /_domains/<name>, and not by their host name. It is for
	// development, on machines that do not resolve the host names.
	ByPath bool
	// Region is the one whose prefixes need no Region in such a path.
	Region string
}

// Issuer is the issuer of a pool's tokens, without a slash at the end: "https://auth.example.com/us-east-1_AbC123xyz".
func (n Names) Issuer(pool id.Pool) string {
	if n.Base == "" {
		return n.Public(pool)
	}
	return strings.ReplaceAll(n.Base, "{region}", pool.Region()) + "/" + string(pool)
}

// Public is the address below which a pool's documents are read, in the same form.
func (n Names) Public(pool id.Pool) string { return n.PublicURL + "/" + string(pool) }

// Host is the host name of a domain; empty if the server has none for it.
func (n Names) Host(name domain.Name) string {
	switch {
	case name.Custom():
		return name.Text
	case n.BaseDomain == "":
		return ""
	}
	return name.Text + ".auth." + name.Region + "." + n.BaseDomain
}

// PoolURL is the address of a pool's domain without a slash at the end, for links to its pages: of the custom domain if it has
// both kinds. It is empty if the pool has no domain that this server serves.
func (n Names) PoolURL(p *pool.Pool) string {
	host := n.PoolHost(p)
	switch {
	case host == "":
		return ""
	case n.ByPath:
		return n.PublicURL + n.path(domainOf(p))
	}
	return n.hostURL(host)
}

// PoolHost is the host name of a pool's domain: of the custom domain if it has both kinds. It is empty if the pool has no domain
// that this server serves.
func (n Names) PoolHost(p *pool.Pool) string {
	name := domainOf(p)
	if name.Text == "" {
		return ""
	}
	return n.Host(name)
}

// domainOf is the name of a pool's domain, custom before prefix; without Text if it has none.
func domainOf(p *pool.Pool) domain.Name {
	if p.Doc.CustomDomain != "" {
		return domain.Name{Text: p.Doc.CustomDomain}
	}
	return domain.Name{Region: p.ID.Region(), Text: p.Doc.Domain}
}

// PagesURL is the address of a pool's pages without a slash at the end: of its domain, or of the server if it has none.
func (n Names) PagesURL(p *pool.Pool) string {
	if address := n.PoolURL(p); address != "" {
		return address
	}
	return n.PublicURL
}

// PublicHost is the host name that clients reach the server by, and the one to which the names of custom domains point.
func (n Names) PublicHost() string {
	if u, err := url.Parse(n.PublicURL); err == nil {
		return strings.ToLower(u.Hostname())
	}
	return ""
}

// Reserved tells whether a host name cannot be a pool's custom domain: it is the server's own, or has the form of a prefix
// domain's.
func (n Names) Reserved(host string) bool {
	_, prefix := n.prefix(host)
	return prefix || n.own(host)
}

// own tells whether a host name is the server's own. Its API and its issuers are served there, and never a domain.
func (n Names) own(host string) bool {
	if host == n.PublicHost() {
		return true
	}
	_, base, _ := strings.Cut(strings.ToLower(n.Base), "://")
	base, _, _ = strings.Cut(base, ":") // the port
	before, after, varies := strings.Cut(base, "{region}")
	if !varies {
		return base != "" && host == base
	}
	return strings.HasPrefix(host, before) && strings.HasSuffix(host, after)
}

// prefix takes the host name of a prefix domain apart. What ends in the base domain and has its form can be nothing else.
func (n Names) prefix(host string) (name domain.Name, ok bool) {
	rest, found := strings.CutSuffix(host, "."+n.BaseDomain)
	if !found || n.BaseDomain == "" {
		return name, false
	}
	labels := strings.Split(rest, ".")
	if len(labels) != 3 || labels[1] != "auth" {
		return name, false
	}
	return domain.Name{Region: labels[2], Text: labels[0]}, true
}

// hostURL is the address of a host name, reached as PublicURL is: with its scheme and its port.
func (n Names) hostURL(host string) string {
	u, err := url.Parse(n.PublicURL)
	if err != nil {
		return ""
	}
	if port := u.Port(); port != "" {
		host += ":" + port
	}
	return u.Scheme + "://" + host
}

// path is the path of a domain below PublicURL.
func (n Names) path(name domain.Name) string {
	if !name.Custom() && name.Region == n.Region {
		return pathPrefix + name.Text
	}
	return pathPrefix + n.Host(name)
}
