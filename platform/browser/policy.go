package browser

import "strings"

// Policy is the Content-Security-Policy of a page: nothing but its own images and style sheets is allowed unless it says so.
type Policy struct {
	Nonce  string // of the style and the script inside the page
	Script bool   // it has a script inside
	Calls  bool   // its script calls its own origin

	// Stays says that its forms never end on another site. Where they may, form-action is not set: browsers apply it to
	// every redirect that follows, and would stop the visitor on the way back to the app.
	Stays bool
}

func (p Policy) String() string {
	list := []string{"default-src 'none'", "img-src 'self' data:", "style-src 'self' 'nonce-" + p.Nonce + "'"}
	if p.Script {
		list = append(list, "script-src 'nonce-"+p.Nonce+"'")
	}
	if p.Calls {
		list = append(list, "connect-src 'self'")
	}
	if p.Stays {
		list = append(list, "form-action 'self'")
	}
	return strings.Join(append(list, "base-uri 'none'", "frame-ancestors 'none'"), "; ")
}
