package login

import (
	"errors"
	"net/http"

	"cardea/engine/rates"
	"cardea/engine/throttle"
	"cardea/spec/oauth2"
)

// categories are those by which what is sent to pages is counted, by their names, as the operations are that do the same. What users change
// of their own accounts is counted by none.
var categories = map[string]string{
	"Login": rates.Authentication, "Choose": rates.Authentication, "Password": rates.Authentication, "Passkey": rates.Authentication,
	"Code": rates.Authentication, "SelectMFAType": rates.Authentication, "AssociateSoftwareToken": rates.Authentication,
	"Link": rates.Authentication, "ChangePassword": rates.Recovery,
	"SignUp": rates.Creation, "Confirm": rates.Creation, "ResendCode": rates.Messages,
	"ForgotPassword": rates.Recovery, "ConfirmForgotPassword": rates.Recovery,
	"IdpResponse": rates.Federation, "AssertionConsumer": rates.Federation,
}

// withinRates counts what the visitor has sent for their network and for the pool, or answers throttle.ErrTooFast.
func (v *visit) withinRates() error {
	if err := v.Rates.FromSource(v.r.Context()); err != nil {
		return err
	}
	s := rates.Subject{Pool: string(v.site.Pool)}
	if v.page.name != "Login" {
		s.Challenge = v.page.name
	}
	return v.Rates.Admit(v.r.Context(), categories[v.page.name], s)
}

// tooMany refuses what was sent, given the error of withinRates.
func (v *visit) tooMany(err error) error {
	if !errors.Is(err, throttle.ErrTooFast) {
		return err
	}
	v.refused, v.code = true, oauth2.TemporarilyUnavailable
	v.w.Header().Set("Retry-After", "1")
	v.respond(http.StatusTooManyRequests, v.failedCard(v.texts.SentenceLimit()))
	return nil
}
