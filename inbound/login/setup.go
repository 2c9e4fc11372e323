package login

import (
	"encoding/base64"
	"html/template"
	"net/url"
	"slices"
	"strings"

	"rsc.io/qr"

	"cardea/spec/cognitoidp"
)

// keyShown is where an interaction keeps the key of an authenticator app that is being set up.
const keyShown = "key"

// setUpCard asks for the second factor to set up, and then shows the key of the authenticator app.
func (v *visit) setUpCard() Card {
	t := v.cards()
	if key := v.it.Shown[keyShown]; key != "" {
		return t.addAuthenticator(v.it.Name, picture(v.app(), v.it.Name, key), key)
	}
	return t.setUp(v.it.Name, v.list("MFAS_CAN_SETUP"))
}

// setUp takes the choice of a second factor, an e-mail address for codes, or the first code of an authenticator app.
func (v *visit) setUp() {
	switch {
	case v.it.Shown[keyShown] != "":
		v.proveAuthenticator()
	case v.typed("answer") == cognitoidp.ChallengeNameTypeSoftwareTokenMfa:
		v.addAuthenticator()
	default:
		v.reply(v.it.Page, v.it.Session, map[string]string{"EMAIL": strings.TrimSpace(v.typed("email"))})
	}
}

// addAuthenticator draws the key of an authenticator app, and shows it.
func (v *visit) addAuthenticator() {
	if !slices.Contains(v.list("MFAS_CAN_SETUP"), cognitoidp.ChallengeNameTypeSoftwareTokenMfa) {
		v.startAgain()
		return
	}
	out, err := v.MFA.AssociateSoftwareToken(v.r.Context(), &cognitoidp.AssociateSoftwareTokenRequest{Session: v.it.Session})
	if err != nil {
		v.refuse(err)
		return
	}
	it := v.it
	it.Session, it.Shown[keyShown] = out.Session, out.SecretCode
	v.keep(it)
	v.goTo(setUpPath)
}

func (v *visit) proveAuthenticator() {
	if v.unanswered("code") {
		return
	}
	out, err := v.MFA.VerifySoftwareToken(v.r.Context(), &cognitoidp.VerifySoftwareTokenRequest{
		Session: v.it.Session, UserCode: v.typedCode(),
	})
	if err != nil {
		v.refuse(err)
		return
	}
	v.reply(cognitoidp.ChallengeNameTypeMfaSetup, out.Session, map[string]string{})
}

// picture is the key as a QR code, in the form that authenticator apps read.
func picture(app, name, key string) template.URL {
	address := url.URL{
		Scheme: "otpauth", Host: "totp", Path: "/" + app + ":" + name,
		RawQuery: url.Values{"secret": {key}, "issuer": {app}}.Encode(),
	}
	code, err := qr.Encode(address.String(), qr.M)
	if err != nil {
		return "" // too long to be drawn: the key is there as text
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(code.PNG()))
}
