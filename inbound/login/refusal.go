package login

import (
	"errors"
	"net/http"

	"cardea/engine/hosted"
)

// refuseChoice shows the first page again, with why the visitor was not sent to the provider that they have chosen there.
func (v *visit) refuseChoice(err error) {
	if back, ok := errors.AsType[*hosted.RedirectError](err); ok {
		err = back.Err
	}
	v.refuse(err)
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
	said := v.say(err)
	if said == "" {
		v.failed(err)
		return
	}
	v.respond(http.StatusBadRequest, v.failedCard(said))
}

// tellApp sends the browser back to the app with what is wrong, if it is anything that an app is told.
func (v *visit) tellApp(err error) bool {
	back, judged := errors.AsType[*hosted.RedirectError](err)
	if !judged && v.request != nil {
		back, judged = errors.AsType[*hosted.RedirectError](v.request.Refused(err))
	}
	word := v.Tell(err)
	if !judged || back.Answer.URI == "" || word == nil {
		return false
	}
	v.code = word.Code
	v.sendBack(back.Location(word))
	return true
}
