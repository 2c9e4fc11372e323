package login

import (
	"html/template"
	"io"
	"net/http"
	"slices"

	"cardea/feature/branding"
	"cardea/feature/federation"
	"cardea/spec/oauth2"
)

// What the samples are about.
const (
	sampleApp   = "Acme"
	sampleName  = "ana@example.com"
	sampleMail  = "a•••@e•••.com"
	samplePhone = "+•••••••4567"
	sampleKey   = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSW"
)

// sample is one page in one state.
type sample struct {
	name string
	card Card
	id   string        // of the request, where the page tells it
	look branding.Look // of a style
}

// samples are all pages in the states that they can be in.
func samples(t cards) []sample {
	return slices.Concat(appSamples(t), linkSamples(t), errorSamples(t), ownSamples(t))
}

// appSamples are the pages on the way to an app.
func appSamples(t cards) []sample {
	name := Field{Name: "username", Label: t.Email(), Type: "email", Autocomplete: "username webauthn", Required: true, Focus: true}
	rules := []Rule{{t.RuleLength(8), "^.{8,}"}, {t.RuleLower(), `\p{Ll}`}, {t.RuleUpper(), `\p{Lu}`}, {t.RuleNumber(), `\d`}, {t.RuleSymbol(), `[^\p{L}\d]`}}
	return append(ofStyles(t, name), []sample{
		{name: "sign-in", card: t.withSignUp(t.identify(sampleApp, name, false))},
		{name: "sign-in-passkey", card: t.withSignUp(offered(t.identify(sampleApp, name, false)))},
		{name: "sign-in-passkey-failed", card: alert(t.withSignUp(offered(t.identify(sampleApp, name, false))), t.PasskeyFailed())},
		{name: "sign-in-password", card: t.withSignUp(t.identify(sampleApp, name, true))},
		{name: "sign-in-wrong", card: blame(filled(t.identify(sampleApp, name, true), sampleName), 1, t.SentenceIncorrect())},
		{name: "sign-in-locked", card: alert(filled(t.identify(sampleApp, name, true), sampleName), t.SentenceLocked())},
		{name: "sign-in-unconfirmable", card: alert(filled(t.identify(sampleApp, name, true), sampleName), t.SentenceDisabled())},
		{name: "sign-in-confirmed", card: notice(filled(t.identify(sampleApp, name, true), sampleName), t.ConfirmDone())},
		{name: "sign-in-empty", card: blame(t.identify(sampleApp, name, true), 0, t.SentenceMissing())},
		{name: "sign-in-expired", card: alert(t.identify(sampleApp, name, true), t.SentenceAgain())},
		{name: "sign-in-reset-done", card: notice(filled(t.identify(sampleApp, name, true), sampleName), t.ResetDone())},
		{name: "reuse", card: t.reuse(sampleApp, sampleName, t.address(loginPath))},
		{name: "choose", card: t.choose(sampleName, t.way("WEB_AUTHN"), t.way("EMAIL_OTP"), t.way("SMS_OTP"), t.way("PASSWORD"))},
		{name: "password", card: t.enterPassword(sampleName)},
		{name: "password-long-name", card: t.enterPassword("wolfeschlegelsteinhausenbergerdorff.maximiliana-konstantina@internationale-gesellschaften.example.com")},
		{name: "passkey", card: t.usePasskey(sampleName, "{}")},
		{name: "passkey-failed", card: alert(t.usePasskey(sampleName, "{}"), t.PasskeyFailed())},
		{name: "code", card: t.enterCode(sampleName, sampleMail, 3)},
		{name: "code-wrong", card: blame(t.enterCode(sampleName, samplePhone, 3), 0, t.SentenceCodeWrong())},
		{name: "code-again", card: notice(t.enterCode(sampleName, sampleMail, 3), t.SentAgain())},
		{name: "code-somewhere", card: t.enterCode(sampleName, "", 3)},
		{name: "code-app", card: t.enterAppCode(sampleName, sampleApp)},
		{name: "second-factor", card: t.secondFactor(sampleName, []string{"SOFTWARE_TOKEN_MFA", "SMS_MFA", "EMAIL_OTP"})},
		{name: "set-up", card: t.setUp(sampleName, []string{"SOFTWARE_TOKEN_MFA", "EMAIL_OTP"})},
		{name: "authenticator", card: t.addAuthenticator(sampleName, samplePicture, sampleKey)},
		{name: "new-password", card: t.changePassword(sampleName, rules, Field{Name: "given_name", Label: t.AttributeGivenName(), Type: "text", Autocomplete: "given-name", Required: true})},
		{name: "new-password-weak", card: blame(t.changePassword(sampleName, rules), 0, t.SentencePasswordWeak())},
		{name: "sign-up", card: t.signUp(sampleApp, rules, name)},
		{name: "sign-up-taken", card: blame(filled(t.signUp(sampleApp, rules, name, Field{Name: "nickname", Label: t.AttributeNickname(), Type: "text"}), sampleName), 0, t.SentenceTaken())},
		{name: "sign-up-terms", card: t.withTerms(t.signUp(sampleApp, rules, name), branding.Terms{OfUse: "/", Privacy: "/"})},
		{name: "sign-up-empty", card: blame(blame(t.signUp(sampleApp, rules, name), 0, t.SentenceMissing()), 1, t.SentenceMissing())},
		{name: "sign-up-refused", card: alert(filled(t.signUp(sampleApp, rules, name), sampleName), "There are no seats left.")},
		{name: "confirm", card: t.confirm(sampleName, sampleMail)},
		{name: "confirm-expired", card: blame(t.confirm(sampleName, sampleMail), 0, t.SentenceCodeExpired())},
		{name: "confirm-again", card: notice(t.confirm(sampleName, sampleMail), t.SentAgain())},
		{name: "confirm-limited", card: alert(t.confirm(sampleName, ""), t.SentenceLimit())},
		{name: "confirm-told", card: alert(t.confirmDone(), "There are no seats left.")},
		{name: "confirm-by-link", card: t.awaitLink(sampleName, sampleMail)},
		{name: "confirm-link", card: linkPage{cards: t}.askToConfirm()},
		{name: "confirm-link-limited", card: alert(linkPage{cards: t}.askToConfirm(), t.SentenceLocked())},
		{name: "confirm-link-done", card: t.linkDone()},
		{name: "confirm-link-told", card: alert(t.linkDone(), "There are no seats left.")},
		{name: "confirm-link-failed", card: t.wrongLink()},
		{name: "forgot", card: t.forgot(name)},
		{name: "forgot-required", card: alert(filled(t.forgot(name), sampleName), t.SentenceResetRequired())},
		{name: "forgot-refused", card: alert(filled(t.forgot(name), sampleName), t.SentenceDisabled())},
		{name: "reset", card: t.reset(sampleName, sampleMail, rules)},
		{name: "reset-wrong", card: blame(t.reset(sampleName, sampleMail, rules), 0, t.SentenceCodeWrong())},
		{name: "reset-weak", card: blame(filled(t.reset(sampleName, sampleMail, rules), "123456"), 1, t.SentencePasswordWeak())},
		{name: "reset-again", card: notice(t.reset(sampleName, sampleMail, rules), t.SentAgain())},
		{name: "reset-told", card: alert(t.resetDone(), "There are no seats left.")},
		{name: "add-passkey", card: t.addPasskey(sampleName)},
		{name: "add-passkey-failed", card: alert(t.addPasskey(sampleName), t.AddPasskeyFailed())},
		{name: "add-passkey-known", card: alert(t.addPasskey(sampleName), t.AddPasskeyKnown())},
		{name: "add-passkey-many", card: alert(t.addPasskey(sampleName), t.AddPasskeyMany())},
		{name: "add-passkey-asked", card: t.askedForPasskey(t.addPasskey(sampleName))},
		{name: "add-passkey-none", card: t.failed(t.AddPasskeyNone())},
		{name: "send-back", card: waiting(t.sendBack(sampleApp, oauth2.Location{}))},
		{name: "post-again", card: waiting(t.postAgain(oauth2.Values{}.With("code", "x").With("state", "y")))},
		{name: "go-to-provider", card: waiting(t.goTo("Acme", federation.Form{Action: "/", Fields: []oauth2.Pair{{Name: "SAMLRequest", Value: "x"}}}))},
		{name: "sign-out", card: t.signOut()},
		{name: "signed-out", card: t.signedOut()},
		{name: "device", card: t.enterDevice("")},
		{name: "device-filled", card: t.enterDevice("WDJB-MJHT")},
		{name: "device-wrong", card: blame(t.enterDevice("WDJB-MJHT"), 0, t.DeviceWrong())},
		{name: "device-limited", card: alert(t.enterDevice("WDJB-MJHT"), t.SentenceLocked())},
		{name: "device-ask", card: t.askAboutDevice(sampleName, sampleApp, "WDJB-MJHT", []string{"openid", "email", "https://api.example.com/read"})},
		{name: "device-allowed", card: t.deviceAllowed()},
		{name: "device-denied", card: t.deviceDenied()},
		{name: "device-over", card: t.deviceOver("/")},
	}...)
}

// errorSamples are the pages where no other can be shown.
func errorSamples(t cards) []sample {
	return []sample{
		{name: "error-client", card: t.failed(t.ErrorClient())},
		{name: "error-which", card: t.failed(t.ErrorWhich())},
		{name: "error-redirect", card: t.failed(t.ErrorRedirect())},
		{name: "error-request", card: t.failed(t.ErrorRequest())},
		{name: "error-answer", card: t.failed(t.ErrorAnswer())},
		{name: "error-provider", card: t.withStart(t.failed(t.SentenceProviderFailed())), id: "1-5759e988-bd862e3fe1be46a994272793"},
		{name: "error-declined", card: t.withStart(t.failed(t.SentenceDeclined()))},
		{name: "error-over", card: t.failed(t.ErrorOver())},
		{name: "error-later", card: t.withStart(t.failed(t.ErrorLater())), id: "1-5759e988-bd862e3fe1be46a994272793"},
	}
}

func alert(c Card, said string) Card {
	c.Alert = said
	return c
}

// offered is a card that offers a passkey, which no browser has.
func offered(c Card) Card {
	c.Offer = &Offer{Options: `{"challenge":"AAAA","rpId":"localhost","allowCredentials":[]}`, Ceremony: "sample", Renew: 225}
	return c
}

func notice(c Card, said string) Card {
	c.Notice = said
	return c
}

// waiting is a card whose form waits for its button.
func waiting(c Card) Card {
	c.Posts = false
	return c
}

// blame gives a field an error.
func blame(c Card, field int, said string) Card {
	c.Fields = slices.Clone(c.Fields)
	c.Fields[field].Error = said
	return c
}

// filled is a card with what was typed into its first field.
func filled(c Card, value string) Card {
	c.Fields = slices.Clone(c.Fields)
	c.Fields[0].Value = value
	return c
}

// samplePicture stands for a QR code.
const samplePicture template.URL = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3Cpath d='M0 0h3v3H0zM5 0h3v3H5zM0 5h3v3H0zM4 4h1v1H4zM6 4h2v1H6zM4 6h1v2H4zM6 6h2v2H6z'/%3E%3C/svg%3E"

// Gallery shows every page in every state, with sample data. It is a program's own site: nothing can be done there.
type Gallery struct {
	Templates *Templates // of an operator, as for all pools
}

// ServeHTTP lists the pages, and shows one.
func (g Gallery) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if image, found := sampleImages[r.URL.Path]; found {
		w.Header().Set("Content-Type", "image/svg+xml")
		_, _ = io.WriteString(w, image) // the visitor may be gone
		return
	}
	texts := textsFor(g.Templates.texts(""), r, r.URL.Query().Get("lang"))
	own := cards{texts, func(path string) string { return "/" }}
	f := frame{Texts: texts, App: sampleApp, Again: "/", Card: own.failed(texts.ErrorAway()), operator: g.Templates}
	if r.URL.Path == "/" {
		f.Card = Card{Page: "gallery", Heading: "Pages"}
	}
	for _, s := range samples(own) {
		switch r.URL.Path {
		case "/":
			f.Card.Links = append(f.Card.Links, Link{Text: s.name, Address: s.name + "?lang=" + texts.Tag})
		case "/" + s.name:
			f.Card, f.ID, f.Look = s.card, s.id, s.look
		}
	}
	write(w, r, http.StatusOK, f)
}
