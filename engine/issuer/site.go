package issuer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
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

// Sites finds the sites that requests are for.
type Sites struct {
	DB    *db.DB
	Names Names
	Now   func() time.Time

	mu      sync.RWMutex
	changes int // grows with each change by this node
	known   map[string]knownSite
}

type knownSite struct {
	site *Site // nil: there is none
	read time.Time
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

// Changed makes the node see a change of a domain as soon as tx is committed.
func (s *Sites) Changed(tx *db.Tx) {
	tx.OnCommit(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.changes++
		s.known = nil
	})
}

// find looks a domain up, in memory first. Key is its host name or its path.
func (s *Sites) find(ctx context.Context, key string, name domain.Name) (*Site, error) {
	s.mu.RLock()
	found, ok := s.known[key]
	changes := s.changes
	s.mu.RUnlock()
	now := s.Now()
	if age := now.Sub(found.read); !ok || age > Remembered || age < 0 {
		site, err := s.read(ctx, key, name)
		if err != nil {
			return nil, err
		}
		found = knownSite{site, now}
		s.keep(key, found, changes)
	}
	if found.site == nil {
		return nil, db.ErrNotFound
	}
	return found.site, nil
}

// read reads a site, nil if there is none.
func (s *Sites) read(ctx context.Context, key string, name domain.Name) (site *Site, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		d, err := domain.Find(tx, name)
		if errors.Is(err, db.ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("find domain: %w", err)
		}
		site = s.site(key, d)
		return nil
	})
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

// keep remembers a site unless a domain has changed since it was read.
func (s *Sites) keep(key string, found knownSite, changes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changes != changes {
		return
	}
	if s.known == nil {
		s.known = map[string]knownSite{}
	}
	if _, known := s.known[key]; !known && len(s.known) >= maxSites {
		for victim := range s.known {
			delete(s.known, victim)
			break
		}
	}
	s.known[key] = found
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
