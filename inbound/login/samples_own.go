package login

import (
	"time"

	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
)

// sampleTime is when everything in the samples has happened.
var sampleTime = time.Date(2026, 3, 14, 15, 9, 0, 0, time.UTC)

// sampleAccount is the first of a user's own pages.
func (t cards) sampleAccount() Card {
	rows := []Row{
		{Label: t.AccountDetails(), Value: "Ana Example"},
		{Label: t.Email(), Value: sampleName, Mark: t.AccountConfirmed(), Good: true},
		{Label: t.Phone(), Mark: t.AccountNone()},
		{Label: t.Password()},
		{Label: t.AccountPasskeys()},
		{Label: t.AccountSecond(), Mark: t.AccountOn(), Good: true},
		{Label: t.AccountSessions()},
	}
	for i := range rows {
		rows[i].Address = "/"
	}
	return Card{
		Page: "account", Heading: t.Account(), Account: sampleName, Rows: rows,
		Extra: []Extra{{Name: "sign-out", Value: "here", Label: t.AccountSignOut()}},
	}
}

func (t cards) sampleSteps() []step {
	return []step{
		{setting: cognitoidp.ChallengeNameTypeSmsMfa, label: t.SecondFactorSms(), address: "/"},
		{setting: cognitoidp.ChallengeNameTypeSoftwareTokenMfa, label: t.SecondFactorApp(), on: true, first: true, settled: true},
		{setting: cognitoidp.ChallengeNameTypeEmailOtp, label: t.SecondFactorEmail(), on: true, settled: true},
	}
}

func samplePlaces() []*signedIn {
	at := awsjson.At(sampleTime)
	return []*signedIn{
		{cognitoidp.SessionDescriptionType{SessionId: "a", DeviceType: "Firefox on Windows", CreateDate: at, IsCurrentSession: true}, []string{sampleApp}},
		{cognitoidp.SessionDescriptionType{
			SessionId: "b", DeviceType: "Safari on iPhone", CreateDate: at, LastIPAddress: "192.0.2.7",
			LastLocation: &cognitoidp.SessionLocationType{City: "Lisbon", Country: "Portugal"},
		}, []string{sampleApp, "Acme Reports"}},
		{cognitoidp.SessionDescriptionType{SessionId: "c", DeviceType: "unknown", CreateDate: at}, []string{"Acme for Android"}},
	}
}

// ownSamples are the user's own pages in the states that they can be in.
func ownSamples(t cards) []sample {
	name := Field{Name: "username", Label: t.Email(), Type: "email", Required: true}
	rules := []Rule{{t.RuleLength(8), "^.{8,}"}, {t.RuleNumber(), `\d`}}
	own := []sample{
		{name: "account", card: t.sampleAccount()},
		{name: "account-saved", card: notice(t.sampleAccount(), t.AccountSaved())},
		{name: "account-details", card: Card{Page: "details", Heading: t.AccountDetails(), Submit: t.AccountSave(), Fields: []Field{t.attribute("name"), t.attribute("birthdate")}}},
		{name: "account-email", card: t.newContact(Row{Label: t.Email(), Value: sampleName, Mark: t.AccountConfirmed(), Good: true}, t.attribute("email"), "")},
		{name: "account-email-wrong", card: blame(t.newContact(Row{Label: t.Email(), Value: sampleName, Mark: t.AccountUnconfirmed()}, t.attribute("email"), "ana"), 0, t.SentenceEmailInvalid())},
		{name: "account-confirm", card: t.confirmContact(sampleMail)},
		{name: "account-confirm-wrong", card: blame(t.confirmContact(sampleMail), 0, t.SentenceCodeWrong())},
		{name: "account-password", card: t.ownPassword(true, rules)},
		{name: "account-password-wrong", card: blame(t.ownPassword(true, rules), 0, t.AccountPasswordWrong())},
		{name: "account-password-first", card: t.ownPassword(false, rules)},
		{name: "account-passkeys", card: t.passkeys([]Row{t.removable("iCloud Keychain", t.AccountAdded(), "a", sampleTime), t.removable("Security key", t.AccountAdded(), "b", sampleTime)}, "/")},
		{name: "account-passkeys-none", card: t.passkeys(nil, "/")},
		{name: "account-second", card: t.secondSteps(t.sampleSteps())},
		{name: "account-second-needed", card: alert(t.secondSteps(t.sampleSteps()), t.AccountSecondNeeded())},
		{name: "account-authenticator", card: t.addAuthenticator("", samplePicture, sampleKey)},
		{name: "account-devices", card: t.devices([]Row{t.removable("Firefox on Windows", t.AccountAdded(), "a", sampleTime)})},
		{name: "account-devices-none", card: t.devices(nil)},
		{name: "account-sessions", card: t.signedInAt(samplePlaces())},
		{name: "account-sessions-ended", card: notice(t.signedInAt(samplePlaces()), t.AccountSessionsEnded())},
	}
	for i := range own {
		if c := &own[i].card; c.Page != "account" {
			c.Links = append(c.Links, Link{Text: t.Back(), Address: "/"})
		}
	}
	return append(own, sample{name: "account-recent", card: notice(filled(t.identify(sampleApp, name, true), sampleName), t.AccountRecent())})
}
