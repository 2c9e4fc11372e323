package login

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"cardea/engine/hosted"
	"cardea/engine/interaction"
	"cardea/inbound/login/text"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// offerField is what the form has of a page that offers a passkey on the way to the app.
const offerField = "offer"

// managed is the version of a domain's pages that are managed login.
const managed = 2

// offerLife is how long the code with which a visitor goes on to the app may wait for them: it lives five minutes. Later they get
// another one.
const offerLife = 4 * time.Minute

// ofEnrolment are what the page says of the API's faults. What else there is comes from an authenticator or a browser that failed.
var ofEnrolment = words{
	"LimitExceededException":                  (*text.Texts).AddPasskeyMany,
	"InvalidParameterException":               (*text.Texts).AddPasskeyFailed,
	"WebAuthnChallengeNotFoundException":      (*text.Texts).AddPasskeyFailed,
	"WebAuthnClientMismatchException":         (*text.Texts).AddPasskeyFailed,
	"WebAuthnCredentialNotSupportedException": (*text.Texts).AddPasskeyFailed,
	"WebAuthnOriginNotAllowedException":       (*text.Texts).AddPasskeyFailed,
	"WebAuthnRelyingPartyMismatchException":   (*text.Texts).AddPasskeyFailed,
}

// hasPasskeys tells whether visitors of the domain can make passkeys: classic pages have no page for it.
func (v *visit) hasPasskeys() bool {
	return v.site.Version == managed && v.Passkeys.Offered(v.request.Pool, v.site.Origin())
}

// own is the visitor who has proven a moment ago who they are, if they are whom the page has shown.
func (v *visit) own() hosted.Visit {
	b := v.browser()
	b.Shown = id.Sub(v.typed(accountField))
	return hosted.Visit{Pool: v.site.Pool, Values: v.asked, Origin: v.site.Origin(), Browser: b, Within: hosted.Recent}
}

// enterAddPasskey finds who makes a passkey. Whoever has not signed in a moment ago does so first; who was only offered one goes on
// to the app.
func (v *visit) enterAddPasskey() bool {
	if !v.hasPasskeys() {
		v.code = "WebAuthnNotEnabledException"
		v.respond(http.StatusBadRequest, v.cards().failed(v.texts.AddPasskeyNone()))
		return false
	}
	var err error
	v.account, err = v.Hosted.AccountOf(v.r.Context(), v.own())
	switch {
	case errors.Is(err, hosted.ErrLoginRequired) && (v.it.Page == stepOffer || v.typed(offerField) != ""):
		v.leavePasskeys()
	case errors.Is(err, hosted.ErrLoginRequired):
		v.signInFirst()
	case err != nil:
		v.refuse(err)
	}
	return err == nil
}

func (v *visit) addPasskeyCard() Card {
	t := v.cards()
	c := t.addPasskey(v.account.Name)
	c.Hidden = append(c.Hidden, Pair{accountField, string(v.account.Sub)})
	if v.it.Page != stepOffer {
		return t.askedForPasskey(c)
	}
	c.Hidden = append(c.Hidden, Pair{offerField, "yes"})
	return c
}

// addPasskey makes a passkey, in two steps: the options for the browser, and what it has made of them.
func (v *visit) addPasskey() {
	switch {
	case v.typed("skip") != "":
		v.leavePasskeys()
	case v.typed("start") != "":
		v.startPasskey()
	case v.typed("credential") == "":
		v.passkeyNotMade()
	default:
		_, err := v.Passkeys.CompleteWebAuthnRegistration(v.Hosted.AsVisitor(v.r.Context(), v.own()), &cognitoidp.CompleteWebAuthnRegistrationRequest{
			Credential: json.RawMessage(v.typed("credential")),
		})
		if err != nil {
			v.refuseOwn(err)
			return
		}
		v.leavePasskeys()
	}
}

// startPasskey answers the page's script with the options for the browser.
func (v *visit) startPasskey() {
	out, err := v.Passkeys.StartWebAuthnRegistration(v.Hosted.AsVisitor(v.r.Context(), v.own()), &cognitoidp.StartWebAuthnRegistrationRequest{})
	if err != nil {
		v.refuseOwn(err)
		return
	}
	v.status = http.StatusOK
	v.w.Header().Set("Content-Type", "application/json")
	_, _ = v.w.Write(out.CredentialCreationOptions) // the visitor may be gone
}

// passkeyNotMade says why there is no passkey, as far as that is known: the browser has told, or none can be made.
func (v *visit) passkeyNotMade() {
	said := v.texts.AddPasskeyFailed()
	if v.typed("problem") == "InvalidStateError" { // WebAuthn's word for an authenticator that is in the exclude list
		said = v.texts.AddPasskeyKnown()
	} else if _, err := v.Passkeys.StartWebAuthnRegistration(v.Hosted.AsVisitor(v.r.Context(), v.own()), &cognitoidp.StartWebAuthnRegistrationRequest{}); err != nil {
		v.refuseOwn(err)
		return
	}
	v.respond(http.StatusOK, alert(v.addPasskeyCard(), said))
}

// refuseOwn answers an error of an operation on the visitor's own account.
func (v *visit) refuseOwn(err error) {
	if errors.Is(err, hosted.ErrLoginRequired) {
		v.goTo(addPasskeyPath) // which finds out what to do
		return
	}
	v.refuse(err)
}

// leavePasskeys sends the visitor back to the app: with the code that waits for them, or as they have come.
func (v *visit) leavePasskeys() {
	switch offered := v.it.Page == stepOffer; {
	case offered && v.Now().Sub(time.UnixMilli(v.it.At)) > offerLife:
		v.reuse(v.typed(accountField))
	case offered:
		v.finish(&hosted.Finished{Location: *v.it.Back})
	case v.typed(offerField) != "": // it has been there for too long
		v.startAgain()
	default:
		v.finish(&hosted.Finished{Location: v.cameFrom(), Own: v.request.Own()})
	}
}

// cameFrom is the address of the app that the visitor has come with, as it has come.
func (v *visit) cameFrom() oauth2.Location {
	to := oauth2.Location{URI: v.request.Answer.URI}
	if v.request.State != "" {
		to.Pairs = []oauth2.Pair{{Name: "state", Value: v.request.State}}
	}
	return to
}

// offerPasskey leads somebody who has just signed up, and signed in, to the offer of a passkey before they go on to the app. It
// reports whether it has.
func (v *visit) offerPasskey(back oauth2.Location) bool {
	if !v.request.Chooses() || !v.hasPasskeys() {
		return false
	}
	v.lasting = interaction.Lasting{}
	v.keep(interaction.Interaction{Page: stepOffer, Back: &back})
	if v.it.Page != stepOffer { // the address is too long to be kept
		return false
	}
	v.goTo(addPasskeyPath)
	return true
}
