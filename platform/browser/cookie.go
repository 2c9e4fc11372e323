package browser

import (
	"net/http"
	"slices"
	"strings"
)

// SSO is the cookie of a single sign-on session.
const SSO = "sso"

// Cookies are those of a site. On https their names bind them to the site's own host. Sites by path share an origin, and the
// names of their cookies differ.
type Cookies struct {
	Secure bool   // the site is on https
	Path   string // of a site by path; empty for others
}

// Name is how a cookie is called in the browser.
func (c Cookies) Name(name string) string {
	return c.Prefix(name) + strings.ReplaceAll(c.Path, "/", "-")
}

// Prefix is how the names of all cookies begin whose own names begin like this.
func (c Cookies) Prefix(name string) string {
	if c.Secure {
		return "__Host-cardea-" + name
	}
	return "cardea-" + name
}

// Set sends a cookie, by its name in the browser. An age of 0 is that of the browser's session, and a negative one deletes it.
func (c Cookies) Set(w http.ResponseWriter, name, value string, age int) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: c.Secure, SameSite: http.SameSiteLaxMode,
	})
}

// OneOf is a cookie of several whose own names begin with Prefix, of which a browser has at most Most.
type OneOf struct {
	Prefix string
	Most   int

	Name, Value string // the name is that in the browser
	Age         int    // in seconds
}

// SetOneOf sends a cookie, and deletes those of the others that are too many, the oldest first.
func (c Cookies) SetOneOf(w http.ResponseWriter, r *http.Request, one OneOf) {
	c.Set(w, one.Name, one.Value, one.Age)
	var others []string
	for _, other := range r.Cookies() {
		if strings.HasPrefix(other.Name, c.Prefix(one.Prefix)) && other.Name != one.Name {
			others = append(others, other.Name)
		}
	}
	others = slices.Compact(others)
	for len(others) >= one.Most { // browsers send the oldest first
		c.Set(w, others[0], "", -1)
		others = others[1:]
	}
}

// Get reads a cookie, by its name in the browser; empty: there is none.
func (c Cookies) Get(r *http.Request, name string) string {
	found, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return found.Value
}
