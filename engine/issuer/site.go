package issuer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"cardea/platform/db"
	"cardea/record/domain"
	"cardea/spec/id"
)

// Remembered is how long a node relies on what it has read of a domain: a domain that another node deletes or changes is
// served as it was for at most so long. Changes by the node itself hold at once.
const Remembered = 5 * time.Second

// maxSites bounds what is remembered; beyond it an arbitrary domain is dropped.
const maxSites = 10_000

// pathPrefix begins the paths of domains on a development server.
const pathPrefix = "/_domains/"

// Site is a domain of a pool, as a request reached it. It is shared and must not be changed.
type Site struct {
	Pool    id.Pool
	Domain  string // as operations name it: a prefix or a whole domain name
	Custom  bool   // it is a whole domain name
	Version int64  // of the pages: 1 is the classic hosted UI, 2 managed login
	BaseURL string // of all links to it, without a slash at the end; made of the configuration and never of the request
	Path    string // the path of BaseURL: empty, but for domains by path on a development server
	Secure  bool   // BaseURL is https

	Certificate string // the CertificateArn of a custom domain
}

// Origin is the origin of the site's pages, as BaseURL has it.
func (s *Site) Origin() string { return strings.TrimSuffix(s.BaseURL, s.Path) }

// Sites finds the sites that requests are for, by what it remembers of their domains.
type Sites struct {
	Names Names
	known *db.Cache[*Site] // by host name or path; nil: there is none
}

// NewSites makes the Sites of a database.
func NewSites(d *db.DB, names Names) *Sites {
	return &Sites{Names: names, known: &db.Cache[*Site]{DB: d, Table: domain.Table, Age: Remembered, Max: maxSites}}
}

// ByHost finds the site that a Host header names. It answers nil when the host is no domain's, so that the request is for the
// server itself, and db.ErrNotFound when it has the form of a prefix domain's that does not exist.
func (s *Sites) ByHost(ctx context.Context, header string) (*Site, error) {
	host := hostName(header)
	name, prefix := s.Names.prefix(host)
	if !prefix {
		if !strings.Contains(host, ".") || s.Names.own(host) {
			return nil, nil
		}
		name = domain.Name{Text: host}
	}
	site, err := s.find(ctx, host, name)
	if errors.Is(err, db.ErrNotFound) && !prefix {
		return nil, nil
	}
	return site, err
}

// ByPath finds the site of a path on a development server, "/_domains/<name>/…", or answers db.ErrNotFound. The name is a
// prefix of the server's own Region, a custom domain, or the whole host name of another prefix domain.
func (s *Sites) ByPath(ctx context.Context, path string) (*Site, error) {
	element, below := strings.CutPrefix(path, pathPrefix)
	element, _, slash := strings.Cut(element, "/")
	if !s.Names.ByPath || !below || !slash || hostName(element) != element {
		return nil, db.ErrNotFound
	}
	name := domain.Name{Region: s.Names.Region, Text: element}
	if strings.Contains(element, ".") {
		var prefix bool
		if name, prefix = s.Names.prefix(element); !prefix {
			name = domain.Name{Text: element}
		}
	}
	if s.Names.path(name) != pathPrefix+element { // each domain has one path
		return nil, db.ErrNotFound
	}
	return s.find(ctx, pathPrefix+element, name)
}

// IsPath tells whether a path is below those of domains on a development server.
func (n Names) IsPath(path string) bool { return n.ByPath && strings.HasPrefix(path, pathPrefix) }

// find looks a domain up. Key is its host name or its path.
func (s *Sites) find(ctx context.Context, key string, name domain.Name) (*Site, error) {
	site, err := s.known.Get(ctx, key, func(tx *db.Tx) (*Site, error) {
		d, err := domain.Find(tx, name)
		if errors.Is(err, db.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("find domain: %w", err)
		}
		return s.site(key, d), nil
	})
	if err == nil && site == nil {
		err = db.ErrNotFound
	}
	return site, err
}

func (s *Sites) site(key string, d *domain.Domain) *Site {
	site := &Site{Pool: d.Pool, Domain: d.Name.Text, Custom: d.Name.Custom(), Version: 1}
	if version := d.Doc.ManagedLoginVersion; version != nil {
		site.Version = *version
	}
	if config := d.Doc.CustomDomainConfig; config != nil {
		site.Certificate = config.CertificateArn
	}
	if strings.HasPrefix(key, pathPrefix) {
		site.Path = key
		site.BaseURL = s.Names.PublicURL + key
	} else {
		site.BaseURL = s.Names.hostURL(key)
	}
	site.Secure = strings.HasPrefix(site.BaseURL, "https:")
	return site
}

type siteKey struct{}

// WithSite makes the context of a request for a site.
func WithSite(ctx context.Context, site *Site) context.Context {
	return context.WithValue(ctx, siteKey{}, site)
}

// SiteFrom is the site that a request is for.
func SiteFrom(ctx context.Context) *Site {
	site, _ := ctx.Value(siteKey{}).(*Site)
	return site
}
