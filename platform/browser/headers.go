package browser

import "net/http"

// SetHeaders sets what every answer of a site has: it is not stored, not shown inside other pages, and may load and do nothing. A
// page that needs more has a Policy of its own. Strict tells browsers to come by https alone from now on.
func SetHeaders(h http.Header, strict bool) {
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
	h.Set("Referrer-Policy", "same-origin") // with no-referrer browsers post forms with Origin: null
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	if strict {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}
