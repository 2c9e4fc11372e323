package login

import (
	"errors"
	"net/http"

	"cardea/engine/hosted"
	"cardea/engine/interaction"
	"cardea/feature/federation"
	"cardea/platform/browser"
	"cardea/spec/oauth2"
)

// chosenField is what a page sends of the identity provider that the visitor has chosen. It is no part of the authorization
// request.
const chosenField = "_provider"

// Depart sends a browser to the identity provider that a request asks for, and tells with which status. Its errors are for the app.
func (h *Handler) Depart(w http.ResponseWriter, r *http.Request, asked *hosted.Request) (status int, err error) {
	v := h.open(w, r, page{})
	v.request, v.asked = asked, asked.Given().Without("lang")
	v.bind()
	err = v.depart(asked.Upstream(), asked.Given())
	if _, back := errors.AsType[*hosted.RedirectError](err); err != nil && !back {
		err = asked.Refused(err)
	}
	return v.status, err
}

// departs sends the visitor of the first page to the identity provider that they have chosen there, or that the request asks for.
func (v *visit) departs() bool {
	if v.page.path != loginPath || !browser.Arrives(v.r) {
		return false
	}
	if chosen := v.r.URL.Query().Get(chosenField); chosen != "" && v.hasSeenApp() {
		if err := v.depart(chosen, v.asked); err != nil {
			v.refuseChoice(err)
		}
		return true
	}
	if v.request.Upstream() == "" || v.account.Sub != "" {
		return false
	}
	if err := v.depart(v.request.Upstream(), v.asked); err != nil {
		v.refuseArrival(err)
	}
	return true
}

// hasSeenApp tells whether the visitor comes from a page that has shown them whose app it is, as far as that matters: anybody may have
// made an app that has registered itself.
func (v *visit) hasSeenApp() bool {
	return !v.request.Client.SelfRegistered() || v.r.Header.Get("Sec-Fetch-Site") == "same-origin"
}

// depart sends the browser to an identity provider, which is told of the request, with the trip in a cookie. Nothing is stored here.
func (v *visit) depart(provider string, told oauth2.Values) error {
	if !v.request.Serves(provider) {
		return hosted.ErrProvider
	}
	out, err := v.Federation.Start(v.r.Context(), federation.Visit{Site: v.site, Values: told}, provider)
	if err != nil {
		return err
	}
	out.Trip.Query = v.asked.Encode()
	sealed := interaction.SealTrip(v.request.Box, v.traveller(out.Trip.Handle), out.Trip)
	if sealed == "" {
		return &oauth2.Error{Code: oauth2.InvalidRequest, Description: "The request is too long."}
	}
	v.rememberTrip(out.Trip.Handle, sealed)
	v.w.Header().Set("Referrer-Policy", "no-referrer")
	if out.Form != nil {
		v.once = true
		v.respond(http.StatusOK, v.cards().goTo(titleOf(provider), *out.Form))
		return nil
	}
	if v.r.Method == http.MethodPost {
		v.leave(out.Location)
		return nil
	}
	v.redirect(http.StatusFound, out.Location)
	return nil
}

// rememberTrip has the browser keep a trip, in the place of the oldest if it is on many.
func (v *visit) rememberTrip(handle, sealed string) {
	v.cookies().SetOneOf(v.w, v.r, browser.OneOf{
		Prefix: tripPrefix, Most: maxOpen, Name: v.tripName(handle), Value: sealed, Age: int(interaction.TripLife.Seconds()),
	})
}

// goTo is a form with a request to a provider, which the browser posts there at once.
func (t cards) goTo(provider string, form federation.Form) Card {
	c := Card{Page: "go-to-provider", Heading: t.SignInWith(provider), Submit: t.Continue(), Posts: true, Action: form.Action}
	for _, p := range form.Fields {
		c.Hidden = append(c.Hidden, Pair(p))
	}
	return c
}
