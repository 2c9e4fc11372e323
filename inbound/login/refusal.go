package login

import (
	"errors"
	"net/http"

	"cardea/engine/hosted"
	"cardea/feature/federation"
	"cardea/spec/oauth2"
)

// refuseChoice shows the first page again, with why the visitor was not sent to the provider that they have chosen there.
func (v *visit) refuseChoice(err error) {
	if back, ok := errors.AsType[*hosted.RedirectError](err); ok {
		err = back.Err
	}
	said := v.sayOfProvider(err)
	if said == "" || isOfRequest(err) {
		v.refuse(err)
		return
	}
	if !v.findOffers() {
		return
	}
	v.named = true
	v.respond(http.StatusOK, alert(v.loginCard(), said))
}

// refuseArrival tells the app why its user was not signed in with a provider. Where there is no app to be told, as for a device or
// the user's own pages, the user is.
func (v *visit) refuseArrival(err error) {
	if v.tellApp(err) {
		return
	}
	if isOfRequest(err) {
		v.refuseRequest(err)
		return
	}
	said := v.sayOfProvider(err)
	if said == "" {
		v.failed(err)
		return
	}
	v.named = true
	v.respond(http.StatusBadRequest, v.failedCard(said))
}

// sayOfProvider gives the sentence for what went wrong with a provider, empty for a failure. What the provider has said, and what is
// wrong with that, is for the app and for its operator.
func (v *visit) sayOfProvider(err error) string {
	if said := v.say(err); said != "" {
		return said
	}
	word := v.Tell(err)
	if word == nil {
		return ""
	}
	v.code = word.Code
	if word.Code == oauth2.AccessDenied {
		return v.texts.SentenceDeclined()
	}
	return v.texts.SentenceProviderFailed()
}

// tellApp sends the browser back to the app with what is wrong, if it is anything that an app is told.
func (v *visit) tellApp(err error) bool {
	if v.request != nil {
		err = v.request.Refused(err)
	}
	back, judged := errors.AsType[*hosted.RedirectError](err)
	word := v.Tell(err)
	if !judged || word == nil || errors.Is(err, federation.ErrTrip) {
		return false
	}
	v.code = word.Code
	v.sendBack(back.Location(word))
	return true
}
