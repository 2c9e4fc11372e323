package login

import (
	"cardea/engine/factor"
	"cardea/engine/hosted"
	"cardea/engine/interaction"
	"cardea/engine/passkey"
	"cardea/feature/signin"
	"cardea/inbound/login/text"
	"cardea/spec/cognitoidp"
	"cardea/spec/oauth2"
)

// ofOwnPassword is what the page of the password says of a refusal: there is no name that might be wrong.
var ofOwnPassword = words{"NotAuthorizedException": (*text.Texts).AccountPasswordWrong}

func (o *ownVisit) passwordCard() (Card, error) {
	t := o.cards()
	return t.ownPassword(o.who.User.Password != nil, t.rules(o.request)), nil
}

// ownPassword asks for a new password, and for the one in force, if there is one.
func (t cards) ownPassword(has bool, rules []Rule) Card {
	c := Card{Page: "own-password", Heading: t.AccountPassword(), Submit: t.AccountSave()}
	if has {
		old := t.currentPassword()
		old.Name, old.Label = "current", t.AccountPasswordCurrent()
		c.Fields = []Field{old}
	}
	c.Fields = append(c.Fields, t.newPasswordField(rules))
	return c
}

// savePassword changes the password. That ends all single sign-on sessions, this one too, since its cookie may be in other hands;
// the visitor is signed in with the new password at once, as far as that is enough.
func (o *ownVisit) savePassword() error {
	has := o.who.User.Password != nil
	if has && o.missing("current") || o.missing("password") {
		return nil
	}
	in := &cognitoidp.ChangePasswordRequest{PreviousPassword: o.typed("current"), ProposedPassword: o.typed("password")}
	if err := o.check("ChangePassword", &in.AccessToken, in); err != nil {
		return err
	}
	if _, err := o.Passwords.ChangePassword(o.ctx(), in); err != nil {
		o.say(err)
		if o.code == "NotAuthorizedException" {
			o.complain(o.say(err), "current")
			return nil
		}
		return err
	}

	name := o.name()
	o.keep(interaction.Interaction{Notice: "password", Name: name})
	o.signInAnew(name, in.ProposedPassword)
	return nil
}

// signInAnew signs the visitor in by a password that was just set.
func (o *ownVisit) signInAnew(name, password string) {
	o.asked = o.asked.With("prompt", oauth2.PromptLogin) // a request of its own, so that what the account's pages say stays
	o.owner.Request = hashOf(o.asked)
	v := o.visit
	v.it = interaction.Interaction{Name: name}
	out, err := v.Signin.Begin(v.r.Context(), signin.Request{
		Name: cognitoidp.AuthFlowTypeUserPasswordAuth, Given: map[string]string{"USERNAME": name, "PASSWORD": password},
	}.AtPages(v.r.Context(), v.authorization()))
	if err != nil {
		v.failure = err // for the log: the password is changed, and what keeps its user out is told when they sign in
		v.beginAgain(name, "reset")
		return
	}
	v.goOn(out, nil)
}

// hasPasskeys tells whether the pool's users sign in with passkeys.
func (o *ownVisit) hasPasskeys() bool { return passkey.Enabled(o.who.Pool) }

func (o *ownVisit) passkeysCard() (Card, error) {
	out, err := o.API.Passkeys.ListWebAuthnCredentials(o.ctx(), &cognitoidp.ListWebAuthnCredentialsRequest{})
	if err != nil {
		return Card{}, err
	}
	t := o.cards()
	var rows []Row
	for _, c := range out.Credentials {
		rows = append(rows, t.removable(c.FriendlyCredentialName, t.AccountAdded(), c.CredentialId, c.CreatedAt.Time))
	}
	add := ""
	if o.visit.hasPasskeys() {
		add = o.site.BaseURL + addPasskeyPath + "?" + hosted.OwnRequest(string(o.request.Client.ID), ownPasskeysPath).Encode()
	}
	return t.passkeys(rows, add), nil
}

// passkeys lists the passkeys of the account.
func (t cards) passkeys(rows []Row, add string) Card {
	c := Card{Page: "passkeys", Heading: t.AccountPasskeys(), Lead: []string{t.AccountPasskeysLead()}, Rows: rows}
	if len(rows) == 0 {
		c.Lead = append(c.Lead, t.AccountPasskeysNone())
	}
	if add != "" {
		c.Links = []Link{{Text: t.AccountPasskeysAdd(), Address: add}}
	}
	return c
}

func (o *ownVisit) removePasskey() error {
	in := &cognitoidp.DeleteWebAuthnCredentialRequest{CredentialId: o.typed("remove")}
	if err := o.check("DeleteWebAuthnCredential", &in.AccessToken, in); err != nil {
		return err
	}
	if _, err := o.API.Passkeys.DeleteWebAuthnCredential(o.ctx(), in); err != nil && !isGone(o.Word(err)) {
		return err
	}
	o.done("passkey gone", ownPasskeysPath)
	return nil
}

// ofSecondStep is what the page of second steps says where the last one was to be turned off.
var ofSecondStep = words{"InvalidParameterException": (*text.Texts).AccountSecondNeeded}

// hasSecondStep tells whether the pool asks for second factors.
func (o *ownVisit) hasSecondStep() bool {
	mfa := &o.who.Pool.MFA
	return mfa.MfaConfiguration != cognitoidp.UserPoolMfaTypeOff && mfa.MfaConfiguration != "" && factor.Offers(mfa)
}

// hasAuthenticator tells whether the pool takes codes of authenticator apps.
func (o *ownVisit) hasAuthenticator() bool { return o.hasSecondStep() && factor.Software(o.who.Pool) }

// step is a second factor as the page of second steps shows it.
type step struct {
	setting, label     string
	on, first, settled bool // settled: it needs nothing of the user to be turned on
	address            string
}

func (o *ownVisit) steps() (list []step) {
	t := o.cards()
	pool, u := o.who.Pool, o.who.User
	for _, f := range factor.Seconds {
		s := step{setting: f.Setting, on: *f.On(&u.MFA), first: u.MFA.Preferred == f.Setting}
		switch f.Setting {
		case cognitoidp.ChallengeNameTypeSmsMfa:
			s.label, s.address = t.SecondFactorSms(), o.address(phonePath)
		case cognitoidp.ChallengeNameTypeEmailOtp:
			s.label, s.address = t.SecondFactorEmail(), o.address(emailPath)
		case cognitoidp.ChallengeNameTypeSoftwareTokenMfa:
			s.label = t.SecondFactorApp()
		default:
			continue // passkeys are no step of their own
		}
		s.settled = f.Grantable(pool, u)
		if s.on || f.Offered(&pool.MFA) {
			list = append(list, s)
		}
	}
	return list
}

func (o *ownVisit) secondStepCard() (Card, error) { return o.cards().secondSteps(o.steps()), nil }

// secondSteps lists the second factors that the pool offers.
func (t cards) secondSteps(steps []step) Card {
	c := Card{Page: "second-steps", Heading: t.AccountSecond(), Lead: []string{t.AccountSecondLead()}}
	for _, s := range steps {
		r := Row{Label: s.label, Mark: t.onOff(s.on), Good: s.on}
		if s.first {
			r.Mark = t.AccountFirst()
		}
		press := func(value, label string) {
			r.Buttons = append(r.Buttons, Button{Name: value, Value: s.setting, Label: label, About: s.label + ": " + label})
		}
		isApp := s.setting == cognitoidp.ChallengeNameTypeSoftwareTokenMfa
		switch {
		case isApp:
			press("set-up", t.AccountSetUp())
		case !s.on && !s.settled:
			r.Mark, r.Address = t.AccountNone(), s.address
		case !s.on:
			press("turn-on", t.AccountTurnOn())
		}
		if s.on && !s.first {
			press("ask-first", t.AccountAskFirst())
		}
		if s.on {
			press("turn-off", t.AccountTurnOff())
		}
		c.Rows = append(c.Rows, r)
	}
	return c
}

// changeSecondStep turns a second factor on or off, or has it asked for first. An authenticator app is set up on a page of its own.
func (o *ownVisit) changeSecondStep() error {
	if o.typed("set-up") != "" {
		return o.associate()
	}
	setting, on, first := o.typed("turn-on"), true, false
	switch {
	case o.typed("turn-off") != "":
		setting, on = o.typed("turn-off"), false
	case o.typed("ask-first") != "":
		setting, first = o.typed("ask-first"), true
	}
	in := &cognitoidp.SetUserMFAPreferenceRequest{}
	switch setting {
	case cognitoidp.ChallengeNameTypeSmsMfa:
		in.SMSMfaSettings = &cognitoidp.SMSMfaSettingsType{Enabled: on, PreferredMfa: first}
	case cognitoidp.ChallengeNameTypeEmailOtp:
		in.EmailMfaSettings = &cognitoidp.EmailMfaSettingsType{Enabled: on, PreferredMfa: first}
	case cognitoidp.ChallengeNameTypeSoftwareTokenMfa:
		in.SoftwareTokenMfaSettings = &cognitoidp.SoftwareTokenMfaSettingsType{Enabled: on, PreferredMfa: first}
	default:
		o.again()
		return nil
	}
	if _, err := o.MFA.SetUserMFAPreference(o.ctx(), in); err != nil {
		return err
	}
	o.done("second step", secondStepPath)
	return nil
}

// associate draws the key of an authenticator app, and shows it.
func (o *ownVisit) associate() error {
	out, err := o.MFA.AssociateSoftwareToken(o.ctx(), &cognitoidp.AssociateSoftwareTokenRequest{})
	if err != nil {
		return err
	}
	o.keep(interaction.Interaction{Shown: map[string]string{keyShown: out.SecretCode}, Name: o.name()})
	o.goTo(authenticatorPath)
	return nil
}

// authenticatorCard shows the key that waits for its first code.
func (o *ownVisit) authenticatorCard() (Card, error) {
	key := o.it.Shown[keyShown]
	if key == "" {
		return o.secondStepCard()
	}
	c := o.cards().addAuthenticator("", picture(o.app(), o.name(), key), key)
	c.Action = o.address(authenticatorPath)
	return c, nil
}

func (o *ownVisit) proveAuthenticator() error {
	if o.it.Shown[keyShown] == "" {
		o.again()
		return nil
	}
	if o.missing("code") {
		return nil
	}
	in := &cognitoidp.VerifySoftwareTokenRequest{UserCode: o.typedCode()}
	if err := o.check("VerifySoftwareToken", &in.AccessToken, in); err != nil {
		return err
	}
	if _, err := o.MFA.VerifySoftwareToken(o.ctx(), in); err != nil {
		return err
	}
	o.done("second step", secondStepPath)
	return nil
}
