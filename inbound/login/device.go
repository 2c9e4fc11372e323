package login

import (
	"errors"
	"net/http"
	"strings"

	"cardea/engine/hosted"
	"cardea/engine/lockout"
)

// userCodeField is what the form of a device's code has, and the address that devices may show as a picture.
const userCodeField = "user_code"

// enterDevice asks for the code that a device shows, and goes on with what the device asks for. A code in the address is filled in
// and not looked up.
func (v *visit) enterDevice() {
	takes, err := v.Hosted.TakesDevices(v.r.Context(), v.site.Pool)
	switch {
	case err != nil:
		v.failed(err)
	case !takes:
		v.respond(http.StatusNotFound, v.cards().failed(v.texts.ErrorAway()))
	case v.r.Method == http.MethodPost:
		v.findDevice()
	default:
		code := hosted.ReadUserCode(v.r.URL.Query().Get(userCodeField))
		v.respond(http.StatusOK, v.cards().enterDevice(hosted.ShowUserCode(code)))
	}
}

func (v *visit) findDevice() {
	if !v.readForm() {
		return
	}
	typed := v.typed(userCodeField)
	if len(typed) > 64 {
		typed = ""
	}
	card := v.cards().enterDevice(typed)
	if strings.TrimSpace(typed) == "" {
		v.respond(http.StatusOK, blame(card, 0, v.texts.SentenceMissing()))
		return
	}
	found, err := v.Hosted.FindDevice(v.r.Context(), v.site.Pool, typed)
	switch {
	case errors.Is(err, hosted.ErrDevice):
		v.code = "Refused"
		v.respond(http.StatusOK, blame(card, 0, v.texts.DeviceWrong()))
	case errors.Is(err, lockout.ErrRateLimited):
		v.code = "Refused"
		v.respond(http.StatusOK, alert(card, v.texts.SentenceLocked()))
	case err != nil:
		v.failed(err)
	default:
		v.asked = found
		v.goTo(loginPath)
	}
}

// deviceCard asks whoever has signed in whether the device is theirs.
func (v *visit) deviceCard() Card {
	device := v.request.Device
	if device == nil {
		return v.cards().deviceOver(v.site.BaseURL + devicePath)
	}
	return v.cards().askAboutDevice(v.it.Name, v.app(), hosted.ShowUserCode(device.UserCode), v.request.Scopes)
}

// answerDevice takes their answer.
func (v *visit) answerDevice() {
	allow := v.typed("allow") == "yes" && v.typed("deny") == ""
	if err := v.Hosted.Decide(v.r.Context(), v.request, v.it.Session, allow); err != nil {
		v.refuse(err)
		return
	}
	v.forget()
	v.once = true
	if allow {
		v.respond(http.StatusOK, v.cards().deviceAllowed())
		return
	}
	v.code = "access_denied"
	v.respond(http.StatusOK, v.cards().deviceDenied())
}

// enterDevice asks for the code that a device shows.
func (t cards) enterDevice(code string) Card {
	return Card{
		Page: "device", Heading: t.Device(), Lead: []string{t.DeviceLead()}, Submit: t.Continue(),
		Fields: []Field{{
			Name: userCodeField, Label: t.DeviceCode(), Type: "text", Autocomplete: "off", Value: code, Required: true, Focus: true,
		}},
	}
}

// askAboutDevice asks whether a device may have what it asks for.
func (t cards) askAboutDevice(name, app, code string, scopes []string) Card {
	return Card{
		Page: "device-ask", Heading: t.DeviceAsk(), Account: name,
		Lead:   []string{t.DeviceAskLead(app, code), t.DeviceAskScopes(strings.Join(scopes, " "))},
		Hidden: []Pair{{"allow", "yes"}}, Submit: t.DeviceAllow(),
		Extra: []Extra{{Name: "deny", Value: "yes", Label: t.DeviceDeny()}},
	}
}

func (t cards) deviceAllowed() Card {
	return Card{Page: "device-allowed", Heading: t.DeviceAllowed(), Lead: []string{t.DeviceAllowedLead()}}
}

func (t cards) deviceDenied() Card {
	return Card{Page: "device-denied", Heading: t.DeviceDenied(), Lead: []string{t.DeviceDeniedLead()}}
}

// deviceOver says that a device no longer waits. again is where another code is entered.
func (t cards) deviceOver(again string) Card {
	return Card{Page: "device-over", Heading: t.Device(), Lead: []string{t.DeviceOver()}, Links: []Link{{Text: t.DeviceAgain(), Address: again}}}
}
