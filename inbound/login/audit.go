package login

import (
	"cmp"
	"net/http"

	"cardea/engine/trail"
	"cardea/platform/audit"
	"cardea/spec/oauth2"
)

// eventNames are CloudTrail's names for pages, where they are others than the pages' own.
var eventNames = map[string]string{
	"SignUp": "Signup", "Code": "Mfa", "SelectMFAType": "MfaOption", "AssociateSoftwareToken": "MfaRegister", "ChangePassword": "ResetPassword",
	"Choose": "SelectChallenge", "Passkey": "Login_Passkey", "AddPasskey": "Passkeys_Add", "IdpResponse": "OAuth2Response",
	"AssertionConsumer": "SAML2Response", "SamlLogout": "SAML2Logout", "ConfirmUser": "Confirm_With_Link",
}

// event is what the audit log is told of the visit; nil where it is not kept, or the visit was refused for its rate. Of what the visitor
// has typed it is told nothing.
func (v *visit) event() *audit.Event {
	if v.Audit == nil || v.refused {
		return nil
	}
	values, _ := oauth2.Parse(v.r.URL.RawQuery) // of what is malformed nothing is told
	return trail.Page{
		Name: eventName(v.page.name, v.r.Method), Domain: v.r.Host, Pool: v.site.Pool, Values: values, Status: v.status,
		ReadOnly: reads(v.r.Method) && !v.once,
	}.Event()
}

func eventName(page, method string) string {
	name := cmp.Or(eventNames[page], page)
	if reads(method) {
		return name + "_GET"
	}
	return name + "_POST"
}

func reads(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// event is what the audit log is told of the visit to the page of a link, whose query has a code.
func (v *linkVisit) event() *audit.Event {
	if v.Audit == nil {
		return nil
	}
	return trail.Page{
		Name: eventName(v.Operation, v.r.Method), Pool: v.link.Pool, Status: v.Status, ReadOnly: reads(v.r.Method),
	}.Event()
}
