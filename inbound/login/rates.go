package login

import (
	"errors"
	"net/http"

	"cardea/engine/rates"
	"cardea/engine/throttle"
	"cardea/spec/oauth2"
)

// categories are those by which what is sent to pages is counted, by their names, as the operations are that do the same. To sign out of
// a browser is counted by none: no operation does it.
var categories = map[string]string{
	"Login": rates.Authentication, "Choose": rates.Authentication, "Password": rates.Authentication, "Passkey": rates.Authentication,
	"Code": rates.Authentication, "SelectMFAType": rates.Authentication, "AssociateSoftwareToken": rates.Authentication,
	"Link": rates.Authentication, "Device": rates.Authentication, "ConfirmDevice": rates.Authentication, "ChangePassword": rates.Recovery,
	"SignUp": rates.Creation, "Confirm": rates.Creation, "ResendCode": rates.Messages,
	"ForgotPassword": rates.Recovery, "ConfirmForgotPassword": rates.Recovery,
	"IdpResponse": rates.Federation, "AssertionConsumer": rates.Federation,

	"Details": rates.Update, "Email": rates.Update, "Phone": rates.Update, "VerifyEmail": rates.Update, "VerifyPhone": rates.Update,
	"Sessions": rates.Update, "OwnPassword": rates.Recovery,
	"AddPasskey": rates.Resources, "Passkeys": rates.Resources, "SecondStep": rates.Resources, "Authenticator": rates.Resources,
	"Devices": rates.Resources,
}

// senders are the buttons by which pages have codes sent in the place of what else they do.
var senders = map[string]string{"Email": "verify", "Phone": "verify", "VerifyEmail": "resend", "VerifyPhone": "resend"}

// category is the one by which what the visitor has sent is counted, once its form is read where that tells.
func (v *visit) category() string {
	if button := senders[v.page.name]; button != "" && v.typed(button) != "" {
		return rates.Messages
	}
	return categories[v.page.name]
}

// withinSource counts what the visitor has sent for their network, or answers throttle.ErrTooFast.
func (v *visit) withinSource() error { return v.Rates.FromSource(v.r.Context()) }

// withinRates counts what the visitor has sent for the pool, or answers throttle.ErrTooFast. What a page of a sign-in is sent answers a
// challenge, but at the first one, where every sign-in begins.
func (v *visit) withinRates() error {
	s := rates.Subject{Pool: string(v.site.Pool)}
	if v.page.name != "Login" {
		s.Challenge = v.page.name
	}
	return v.Rates.Admit(v.r.Context(), v.category(), s)
}

// tooMany refuses what was sent, given the error of withinSource or withinRates.
func (v *visit) tooMany(err error) error {
	if !errors.Is(err, throttle.ErrTooFast) {
		return err
	}
	v.refused, v.code = true, oauth2.TemporarilyUnavailable
	v.w.Header().Set("Retry-After", "1")
	v.respond(http.StatusTooManyRequests, v.failedCard(v.texts.SentenceLimit()))
	return nil
}
