package server

import (
	"errors"
	"log/slog"
	"net/http"

	"cardea/engine/issuer"
	"cardea/platform/browser"
	"cardea/platform/db"
)

// domainRouter sends requests on the domains of pools to their pages, and all others to the server itself. Neither answers for
// the other: on a domain there is no API, and a page has a domain.
type domainRouter struct {
	sites *issuer.Sites
	pages http.Handler // what is served on every domain; issuer.SiteFrom tells which one it is
	next  http.Handler
	dev   bool
	log   *slog.Logger
}

func (d *domainRouter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	site, err := d.sites.ByHost(r.Context(), r.Host)
	if err != nil || site != nil {
		d.serve(w, r, site, err)
		return
	}
	d.next.ServeHTTP(w, r)
}

// byPath serves domains by their path, for clients of a development server that do not resolve the domains' host names. All of
// them share the server's origin.
func (d *domainRouter) byPath(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !d.sites.Names.IsPath(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		site, err := d.sites.ByPath(r.Context(), r.URL.Path)
		d.serve(w, r, site, err)
	})
}

func (d *domainRouter) serve(w http.ResponseWriter, r *http.Request, site *issuer.Site, err error) {
	switch {
	case errors.Is(err, db.ErrNotFound):
		plain(w, http.StatusNotFound, "There is nothing here.")
		return
	case err != nil:
		d.log.ErrorContext(r.Context(), "find domain", "error", err)
		plain(w, http.StatusInternalServerError, "Something went wrong.")
		return
	}

	r = r.WithContext(issuer.WithSite(r.Context(), site))
	http.StripPrefix(site.Path, d.secured(d.pages)).ServeHTTP(w, r)
}

// secured sets the headers that every answer of a domain has; a page may replace them.
func (d *domainRouter) secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		browser.SetHeaders(w.Header(), issuer.SiteFrom(r.Context()).Secure && !d.dev)
		next.ServeHTTP(w, r)
	})
}
