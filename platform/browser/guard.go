package browser

import (
	"net/http"
	"slices"
)

// Guard is what stands before all pages of a site.
type Guard struct {
	Secure bool // the site is on https
	Next   http.Handler
}

// destinations are the uses, by the Sec-Fetch-Dest header, that a page may be put to. A site's pages load their own style
// sheets and images too.
var destinations = []string{"", "document", "empty", "image", "style", "script"}

// ServeHTTP refuses requests that the visitor did not mean to make, and sets the headers of every answer.
//
// A prefetch must have no effect, and pages are not shown inside others. Browsers without fetch metadata send no such
// headers; form tokens protect them.
func (g Guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
	h.Set("Referrer-Policy", "same-origin") // with no-referrer browsers post forms with Origin: null
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	if g.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}

	ahead := r.Header.Get("Sec-Purpose") != "" || r.Header.Get("Purpose") == "prefetch"
	if ahead || !slices.Contains(destinations, r.Header.Get("Sec-Fetch-Dest")) {
		http.Error(w, "This page is only shown on its own.", http.StatusBadRequest)
		return
	}
	http.NewCrossOriginProtection().Handler(g.Next).ServeHTTP(w, r)
}
