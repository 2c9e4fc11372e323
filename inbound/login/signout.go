package login

import "net/http"

// AskToSignOut shows the question whether to sign out. It is answered by a form with csrf to the page's own address.
func (h *Handler) AskToSignOut(w http.ResponseWriter, r *http.Request, csrf string) {
	v := h.open(w, r, page{})
	c := v.cards().signOut()
	c.Hidden = []Pair{{"_csrf", csrf}}
	v.respond(http.StatusOK, c)
}

// SignedOut tells that the visitor is signed out. No app is known that they could sign in to again.
func (h *Handler) SignedOut(w http.ResponseWriter, r *http.Request) {
	v := h.open(w, r, page{})
	v.once = true
	v.tellSignedOut()
}

func (v *visit) tellSignedOut() {
	c := v.cards().signedOut()
	c.Links = nil
	v.respond(http.StatusOK, c)
}

// signOut asks whether to sign out.
func (t cards) signOut() Card {
	return Card{Page: "sign-out", Heading: t.SignOut(), Lead: []string{t.SignOutLead()}, Submit: t.SignOutSubmit()}
}
