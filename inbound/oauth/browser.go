package oauth

import (
	"errors"
	"net/http"
	"strconv"

	"cardea/engine/hosted"
	"cardea/engine/issuer"
	"cardea/feature/federation"
	"cardea/feature/oauth"
	"cardea/platform/browser"
	"cardea/spec/oauth2"
)

// authorize sends the browser back to the app where it is signed in, or to the sign-in page, or back with what is wrong with the
// request.
func (c *call) authorize() error {
	if c.r.Method == http.MethodPost {
		return c.authorizeByForm()
	}
	v, err := c.query()
	if err != nil {
		return err
	}
	out, err := c.Service.Authorize(c.r.Context(), c.pool, v, c.visitor())
	if err != nil {
		return err
	}
	if out.Provider != nil && browser.Arrives(c.r) {
		c.status, err = c.Depart(c.w, c.r, out.Provider)
		return err
	}
	c.goOn(out)
	return nil
}

func (c *call) logout() error {
	confirmation, come, err := c.confirmation()
	if err != nil || come {
		return err
	}
	v, err := c.query()
	if err != nil {
		return err
	}
	out, err := c.Service.Logout(c.r.Context(), c.pool, v, c.visitor(), confirmation)
	if err != nil {
		return err
	}
	if out.Ask != "" {
		c.status = http.StatusOK
		c.AskToSignOut(c.w, c.r, out.Ask)
		return nil
	}
	if name := c.cookies.Name(browser.SSO); c.cookies.Get(c.r, name) != "" {
		c.cookies.Set(c.w, name, "", -1)
	}
	if status, left := c.Part(c.w, c.r, federation.Parting{Session: out.Ended, Query: v.Encode()}); left {
		c.status = status
		return nil
	}
	c.goOn(out)
	return nil
}

// LoggedOut sends a browser on that was signed out by a request and has been elsewhere since, and tells with which status.
func (h *Handler) LoggedOut(w http.ResponseWriter, r *http.Request, asked oauth2.Values) (status int) {
	site := issuer.SiteFrom(r.Context())
	c := &call{
		Handler: h, pool: site.Pool, domain: site.Domain, base: site.BaseURL, w: w, r: r,
		cookies: browser.Cookies{Secure: site.Secure, Path: site.Path}, client: asked.Get("client_id"),
	}
	out, err := h.Service.LoggedOut(r.Context(), site.Pool, asked)
	if err != nil {
		c.refuseBrowser(err)
		return c.status
	}
	c.goOn(out)
	return c.status
}

// visitor is the browser that the request comes from.
func (c *call) visitor() hosted.Browser {
	return hosted.Browser{Domain: c.domain, SSO: c.cookies.Get(c.r, c.cookies.Name(browser.SSO))}
}

// confirmation is what a user's answer to the question whether to sign out has, which is posted from the page alone. What an app
// has posted comes again as a query, as for authorize.
func (c *call) confirmation() (given string, come bool, err error) {
	if c.r.Method != http.MethodPost {
		return "", false, nil
	}
	if err := c.readForm(); err != nil && c.form.Encode() == "" {
		return "", false, err
	}
	if given = c.form.Get("_csrf"); given == "" {
		c.comeByQuery()
		return "", true, nil
	}
	if http.NewCrossOriginProtection().Check(c.r) != nil {
		return "", false, &oauth2.Error{Code: oauth2.InvalidRequest}
	}
	return given, false, nil
}

func (c *call) goOn(out oauth.Onward) {
	if out.SignedOut && out.Location.URI == "" {
		c.status = http.StatusOK
		c.SignedOut(c.w, c.r)
		return
	}
	if out.Location.URI == "" {
		c.redirect(c.base + "/login?" + out.Query)
		return
	}
	c.sendBack(out.Location)
}

// query reads the query of a request.
func (c *call) query() (oauth2.Values, error) {
	v, err := oauth2.Parse(c.r.URL.RawQuery)
	if err != nil {
		return v, &oauth2.Error{Code: oauth2.InvalidRequest}
	}
	c.client = v.Get("client_id")
	return v, nil
}

// sendBack sends the browser to an app, with the answer to its request.
func (c *call) sendBack(to oauth2.Location) {
	if to.Posted() {
		c.status = http.StatusOK
		c.Post(c.w, c.r, to)
		return
	}
	c.redirect(to.String())
}

// redirect sends the browser to an address whose bytes are not to be changed.
func (c *call) redirect(location string) {
	c.status = http.StatusFound
	c.w.Header().Set("Referrer-Policy", "no-referrer")
	c.w.Header()["Location"] = []string{location}
	c.w.WriteHeader(c.status)
}

// refuseBrowser sends the browser back to the app with what is wrong, or shows it where the app is not known or has not
// registered the address.
func (c *call) refuseBrowser(err error) {
	word := c.wordOf(err)
	back, registered := errors.AsType[*hosted.RedirectError](err)
	switch {
	case word == nil:
		c.failure, c.code = err, oauth2.ServerError
		c.show(http.StatusInternalServerError)
	case registered:
		c.code = word.Code
		c.sendBack(back.Location(word))
	case word.Description != "":
		c.code = word.Code
		c.text(http.StatusBadRequest, word.Description)
	default:
		c.code = word.Code
		c.show(http.StatusBadRequest)
	}
}

// show answers with the page of an error.
func (c *call) show(status int) {
	c.status = status
	c.Page(c.w, c.r, status, c.code)
}

// text answers with Cognito's words, which hold nothing of the request.
func (c *call) text(status int, said string) {
	c.status = status
	c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	c.w.Header().Set("Content-Length", strconv.Itoa(len(said)+1))
	c.w.WriteHeader(status)
	_, _ = c.w.Write([]byte(said + "\n")) // the browser may be gone
}
