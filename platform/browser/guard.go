package browser

import (
	"net/http"
	"slices"
)

// destinations are the uses, by the Sec-Fetch-Dest header, that a page may be put to. A site's pages load their own style
// sheets and images too.
var destinations = []string{"", "document", "empty", "image", "style", "script"}

// Guard refuses requests for pages that the visitor did not mean to make: those that another site's page has made, and those that
// are made ahead, which must have no effect. Browsers without fetch metadata do not tell; form tokens protect them.
func Guard(pages http.Handler) http.Handler {
	own := http.NewCrossOriginProtection().Handler(pages)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isAhead(r) || !slices.Contains(destinations, r.Header.Get("Sec-Fetch-Dest")) {
			http.Error(w, "This page is only shown on its own.", http.StatusBadRequest)
			return
		}
		own.ServeHTTP(w, r)
	})
}

// isAhead tells whether a browser asks for a page that its user may never open.
func isAhead(r *http.Request) bool {
	return r.Header.Get("Sec-Purpose") != "" || r.Header.Get("Purpose") == "prefetch"
}

// Navigates tells whether a browser goes to an address, as far as it says: in a window or a frame, and not ahead of its user or
// for a part of another page.
func Navigates(r *http.Request) bool {
	return !isAhead(r) && slices.Contains([]string{"", "document", "iframe", "frame"}, r.Header.Get("Sec-Fetch-Dest"))
}

// Arrives tells whether a browser comes to an address in a window of its own, as far as it says, from whatever site.
func Arrives(r *http.Request) bool {
	return !isAhead(r) && slices.Contains([]string{"", "document"}, r.Header.Get("Sec-Fetch-Dest"))
}
