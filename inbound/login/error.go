package login

import (
	"net/http"

	"cardea/inbound/login/text"
	"cardea/spec/oauth2"
)

// errorsByCode are the sentences for the codes of authorization requests that no app can be told.
var errorsByCode = words{
	"invalid_client":    (*text.Texts).ErrorClient,
	"redirect_mismatch": (*text.Texts).ErrorRedirect,
	"server_error":      (*text.Texts).ErrorLater,

	oauth2.InvalidRequestURI: (*text.Texts).ErrorOver,
}

// showError is the page that Cognito's endpoints send browsers to. It shows nothing of the request.
func (v *visit) showError() { v.respondError(http.StatusBadRequest, v.r.URL.Query().Get("error")) }

func (v *visit) respondError(status int, code string) {
	say := errorsByCode[code]
	if say == nil {
		say = (*text.Texts).ErrorRequest
	}
	v.respond(status, v.failedCard(say(v.texts)))
}

// failedCard says why no page can be shown, with a way back: to the beginning of the authorization request, once it was judged.
func (v *visit) failedCard(why string) Card {
	c := v.cards().failed(why)
	if v.request != nil {
		c = v.cards().withStart(c)
	}
	return c
}

// ShowError answers a request for another endpoint of the site with the page of an error. The page of a failure tells the id
// that the request's caller has. No link on it leads back to the request.
func (h *Handler) ShowError(w http.ResponseWriter, r *http.Request, status int, code string) {
	v := h.open(w, r, page{})
	v.once = true
	v.respondError(status, code)
}
