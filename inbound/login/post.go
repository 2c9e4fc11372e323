package login

import (
	"net/http"

	"cardea/spec/oauth2"
)

// Post shows the page that posts the answer to an authorization request to the app (OAuth 2.0 Form Post Response Mode).
func (h *Handler) Post(w http.ResponseWriter, r *http.Request, to oauth2.Location) {
	v := h.open(w, r, page{})
	v.sendBack(to)
}

// sendBack sends the visitor to the app with the answer to its request.
func (v *visit) sendBack(to oauth2.Location) {
	v.w.Header().Set("Referrer-Policy", "no-referrer")
	if !to.Posted() {
		v.leave(to.String())
		return
	}
	v.once = true
	v.respond(http.StatusOK, v.cards().sendBack(v.app(), to))
}

// sendBack is a form with the answer to an app's request, which the browser posts to the app. The page does not name the address
// in any other place, and its form has nothing of this site.
func (t cards) sendBack(app string, to oauth2.Location) Card {
	c := Card{Page: "send-back", Heading: t.SendBack(app), Submit: t.Continue(), Posts: true, Action: to.URI}
	for _, p := range to.Pairs {
		c.Hidden = append(c.Hidden, Pair(p))
	}
	return c
}
