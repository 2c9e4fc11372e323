package login

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"cardea/engine/hosted"
	"cardea/feature/branding"
	"cardea/inbound/login/text"
)

// cards makes the cards of all pages, in one language.
type cards struct {
	*text.Texts
	address func(path string) string // of another page, for the same authorization request
}

// identify asks who signs in, and for the password where that is the only way.
func (t cards) identify(app string, name Field, withPassword bool) Card {
	c := Card{
		Page: "sign-in", Heading: t.SignIn(), Lead: []string{t.SignInTo(app)}, Fields: []Field{name}, Submit: t.Continue(),
	}
	if withPassword {
		c.Fields = append(c.Fields, t.currentPassword())
		c.Submit = t.SignInSubmit()
		c.Links = []Link{t.forgotten()}
	}
	return c
}

// withSignUp adds the way to a new account.
func (t cards) withSignUp(c Card) Card {
	c.Links = append(c.Links, Link{Before: t.SignInNewHere(), Text: t.SignInCreate(), Address: t.address(signUpPath)})
	return c
}

func (t cards) forgotten() Link {
	return Link{Text: t.SignInForgotten(), Address: t.address(forgotPath)}
}

func (t cards) currentPassword() Field {
	return Field{Name: "password", Label: t.Password(), Type: "password", Autocomplete: "current-password", Required: true}
}

// reuse offers to go on with the account that the browser is signed in to.
func (t cards) reuse(app, name, another string) Card {
	return Card{
		Page: "reuse", Heading: t.Reuse(), Lead: []string{t.ReuseLead(app)}, Submit: t.ReuseAs(name),
		Links: []Link{{Text: t.ReuseAnother(), Address: another}},
	}
}

// choose asks how the user wants to sign in; the first way is the best.
func (t cards) choose(name string, ways ...Choice) Card {
	return Card{Page: "choose", Heading: t.Choose(), Account: name, Choices: ways}
}

// ways are those of SELECT_CHALLENGE, by the challenge.
func (t cards) way(challenge string) Choice {
	c := Choice{Name: "answer", Value: challenge}
	switch challenge {
	case "WEB_AUTHN":
		c.Label, c.Hint, c.Icon = t.ChoosePasskey(), t.ChoosePasskeyHint(), "passkey"
	case "EMAIL_OTP":
		c.Label, c.Icon = t.ChooseEmail(), "email"
	case "SMS_OTP":
		c.Label, c.Icon = t.ChooseSms(), "sms"
	default:
		c.Label, c.Icon = t.ChoosePassword(), "password"
	}
	return c
}

// enterPassword asks for the password of a name already given.
func (t cards) enterPassword(name string) Card {
	password := t.currentPassword()
	password.Focus = true
	return Card{
		Page: "password", Graphic: "password", Heading: t.EnterPassword(), Account: name, Fields: []Field{password}, Submit: t.SignInSubmit(),
		Links: []Link{t.forgotten()},
	}
}

// usePasskey asks for a passkey, by the options of WebAuthn in JSON.
func (t cards) usePasskey(name, options string) Card {
	return Card{
		Page: "passkey", Graphic: "passkey", Heading: t.Passkey(), Account: name, Lead: []string{t.PasskeyLead()}, Submit: t.PasskeySubmit(),
		Passkey: options,
	}
}

// enterCode asks for a code that was sent to a destination.
func (t cards) enterCode(name, destination string, minutes int) Card {
	lead := t.CodeSent(destination)
	if destination == "" {
		lead = t.CodeSentSomewhere()
	}
	return Card{
		Page: "code", Graphic: mediumOf(destination), Heading: t.CodeTitle(), Account: name, Lead: []string{lead + " " + t.CodeLife(minutes)},
		Fields: []Field{t.codeField()}, Submit: t.CodeSubmit(),
	}
}

// mediumOf is how a code was sent to a destination, which may be masked.
func mediumOf(destination string) string {
	if strings.HasPrefix(destination, "+") {
		return "sms"
	}
	return "email"
}

func (t cards) codeField() Field {
	return Field{Name: "code", Label: t.Code(), Type: "code", Required: true, Focus: true}
}

// resendAfter is how long a page waits before it offers another code, in seconds.
const resendAfter = 30

func (t cards) resend() Extra {
	return Extra{Name: "resend", Value: "yes", Label: t.CodeResend(), Wait: resendAfter, Waiting: t.CodeResendWait("{seconds}")}
}

// enterAppCode asks for the code of an authenticator app.
func (t cards) enterAppCode(name, app string) Card {
	return Card{
		Page: "code", Graphic: "app", Heading: t.CodeTitle(), Account: name, Lead: []string{t.CodeApp(app)},
		Fields: []Field{t.codeField()}, Submit: t.CodeSubmit(),
	}
}

// secondFactor asks which second factor the user wants to use.
func (t cards) secondFactor(name string, factors []string) Card {
	return Card{
		Page: "second-factor", Heading: t.SecondFactor(), Account: name, Lead: []string{t.SecondFactorLead()},
		Choices: t.factors(factors),
	}
}

func (t cards) factors(names []string) (list []Choice) {
	for _, c := range []Choice{
		{Value: "SOFTWARE_TOKEN_MFA", Label: t.SecondFactorApp(), Icon: "app"},
		{Value: "SMS_MFA", Label: t.SecondFactorSms(), Icon: "sms"},
		{Value: "EMAIL_OTP", Label: t.SecondFactorEmail(), Icon: "email"},
	} {
		if slices.Contains(names, c.Value) {
			c.Name = "answer"
			list = append(list, c)
		}
	}
	return list
}

// setUp asks for a second factor to be set up: an authenticator app, or an address for codes.
func (t cards) setUp(name string, factors []string) Card {
	c := Card{Page: "set-up", Heading: t.SetUp(), Account: name, Lead: []string{t.SetUpLead()}}
	if slices.Contains(factors, "SOFTWARE_TOKEN_MFA") {
		c.Choices = []Choice{{Name: "answer", Value: "SOFTWARE_TOKEN_MFA", Label: t.SetUpApp(), Hint: t.SetUpAppHint(), Icon: "app"}}
	}
	if slices.Contains(factors, "EMAIL_OTP") {
		c.Fields = []Field{{Name: "email", Label: t.Email(), Type: "email", Autocomplete: "email", Required: true}}
		c.Submit = t.ForgotSubmit()
	}
	return c
}

// addAuthenticator shows the key of a new authenticator app and asks for its first code.
func (t cards) addAuthenticator(name string, picture template.URL, key string) Card {
	return Card{
		Page: "authenticator", Graphic: "app", Heading: t.Authenticator(), Account: name,
		Key:    &Key{Picture: picture, Text: inGroups(key)},
		Fields: []Field{t.codeField()}, Submit: t.AuthenticatorSubmit(),
	}
}

// inGroups separates every four characters.
func inGroups(key string) string {
	var b strings.Builder
	for i, r := range key {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// changePassword asks a user whose password is temporary for a new one, and for what the pool requires besides.
func (t cards) changePassword(name string, rules []Rule, required ...Field) Card {
	return Card{
		Page: "new-password", Graphic: "password", Heading: t.NewPassword(), Account: name, Lead: []string{t.NewPasswordLead()},
		Fields: append([]Field{t.newPasswordField(rules)}, required...), Submit: t.NewPasswordSubmit(),
	}
}

func (t cards) newPasswordField(rules []Rule) Field {
	return Field{Name: "password", Label: t.NewPasswordField(), Type: "password", Autocomplete: "new-password", Required: true, Rules: rules}
}

// signUp asks for everything that a new account needs.
func (t cards) signUp(app string, rules []Rule, fields ...Field) Card {
	password := t.newPasswordField(rules)
	password.Label = t.Password()
	return Card{
		Page: "sign-up", Heading: t.SignUp(), Lead: []string{t.SignInTo(app)}, Fields: append(fields, password),
		Submit: t.SignUpSubmit(), Links: []Link{{Before: t.SignUpHave(), Text: t.SignIn(), Address: t.address(loginPath)}},
	}
}

// confirm asks for the code that a sign-up has sent.
func (t cards) confirm(name, destination string) Card {
	lead := t.CodeSent(destination)
	if destination == "" {
		lead = t.CodeSentSomewhere()
	}
	again := t.resend()
	again.Action = t.address(resendPath)
	return Card{
		Page: "confirm", Graphic: mediumOf(destination), Heading: t.Confirm(), Account: name, Lead: []string{lead},
		Fields: []Field{t.codeField()}, Submit: t.ConfirmSubmit(), Extra: []Extra{again}, Action: t.address(confirmPath),
	}
}

// awaitLink says that a link was sent that confirms the account.
func (t cards) awaitLink(name, destination string) Card {
	c := t.confirm(name, destination)
	c.Page, c.Fields, c.Submit, c.Lead, c.Links = "confirm-by-link", nil, "", nil, []Link{t.toSignIn()}
	if destination != "" {
		c.Lead = []string{t.ConfirmLinkSent(destination)}
	}
	return c
}

// withTerms adds the documents that whoever signs up agrees to, if there are any.
func (t cards) withTerms(c Card, terms branding.Terms) Card {
	if terms.OfUse == "" {
		return c
	}
	c.Legal = linked(t.SignUpTerms, Link{Text: t.SignUpTermsOfUse(), Address: terms.OfUse}, Link{Text: t.SignUpPrivacy(), Address: terms.Privacy})
	return c
}

// linked says a sentence with two places, for which links stand.
func linked(say func(first, second string) string, first, second Link) (parts []Link) {
	const one, two = "\uE000", "\uE001" // of no language
	said := say(one, two)
	for said != "" {
		i := strings.IndexAny(said, one+two)
		if i < 0 {
			return append(parts, Link{Text: said})
		}
		parts = append(parts, Link{Text: said[:i]}, first)
		if strings.HasPrefix(said[i:], two) {
			parts[len(parts)-1] = second
		}
		said = said[i+len(one):]
	}
	return parts
}

// confirmDone says that the account is confirmed, where something else has to be said.
func (t cards) confirmDone() Card {
	c := t.linkDone()
	c.Lead, c.Links = nil, []Link{t.toSignIn()}
	return c
}

func (t cards) toSignIn() Link { return Link{Text: t.SignIn(), Address: t.address(loginPath)} }

// resetDone says that the password was changed, where something else has to be said.
func (t cards) resetDone() Card {
	return Card{Page: "reset-done", Heading: t.Reset(), Lead: []string{t.ResetDone()}, Links: []Link{t.toSignIn()}}
}

// forgot asks whose password is forgotten.
func (t cards) forgot(name Field) Card {
	return Card{
		Page: "forgot", Graphic: "password", Heading: t.Forgot(), Lead: []string{t.ForgotLead()}, Fields: []Field{name}, Submit: t.ForgotSubmit(),
		Links: []Link{{Text: t.Back(), Address: t.address(loginPath)}},
	}
}

// reset asks for the code of a forgotten password and the new password.
func (t cards) reset(name, destination string, rules []Rule) Card {
	lead := t.CodeSent(destination)
	if destination == "" {
		lead = t.CodeSentSomewhere()
	}
	return Card{
		Page: "reset", Graphic: "password", Heading: t.Reset(), Account: name, Lead: []string{lead},
		Fields: []Field{t.codeField(), t.newPasswordField(rules)}, Submit: t.ResetSubmit(), Extra: []Extra{t.resend()},
	}
}

// addPasskey has a passkey made, and offers that to somebody who has just signed up.
func (t cards) addPasskey(name string) Card {
	return Card{
		Page: "add-passkey", Graphic: "passkey", Heading: t.AddPasskey(), Account: name, Lead: []string{t.AddPasskeyLead()}, Submit: t.AddPasskeySubmit(),
		Enroll: true,
		Extra:  []Extra{{Name: "skip", Value: "yes", Label: t.AddPasskeySkip()}},
	}
}

// askedForPasskey is the card for somebody who has come to make a passkey.
func (t cards) askedForPasskey(c Card) Card {
	c.Heading, c.Extra[0].Label = t.AddPasskeyTitle(), t.Cancel()
	return c
}

// signedOut says that the browser's session has ended.
func (t cards) signedOut() Card {
	return Card{
		Page: "signed-out", Heading: t.SignedOut(), Lead: []string{t.SignedOutLead()},
		Links: []Link{{Text: t.SignedOutAgain(), Address: t.address(loginPath)}},
	}
}

// failed is the page of a request that no page can be shown for. It has a way to the page before.
func (t cards) failed(why string) Card {
	return Card{Page: "error", Heading: t.Error(), Lead: []string{why}, Back: true}
}

// withStart adds the way to the beginning of the authorization request.
func (t cards) withStart(c Card) Card {
	c.Links, c.Back = append(c.Links, Link{Text: t.StartAgain(), Address: t.address(loginPath)}), false
	return c
}

// rules are those of the pool for new passwords.
func (t cards) rules(r *hosted.Request) (list []Rule) {
	policy := r.Pool.PasswordPolicy()
	length := int(policy.MinimumLength)
	list = append(list, Rule{t.RuleLength(length), fmt.Sprintf("^.{%d,}", length)})
	for _, c := range []struct {
		required bool
		rule     Rule
	}{
		{policy.RequireLowercase, Rule{t.RuleLower(), "[a-z]"}},
		{policy.RequireUppercase, Rule{t.RuleUpper(), "[A-Z]"}},
		{policy.RequireNumbers, Rule{t.RuleNumber(), "[0-9]"}},
		{policy.RequireSymbols, Rule{t.RuleSymbol(), "[^A-Za-z0-9]"}},
	} {
		if c.required {
			list = append(list, c.rule)
		}
	}
	return list
}

// nameField asks for the name that the pool's users sign in with.
func (v *visit) nameField() Field {
	t := v.texts
	doc := v.request.Pool.Doc
	names := append(slices.Clone(doc.UsernameAttributes), doc.AliasAttributes...)
	mail, phone := slices.Contains(names, "email"), slices.Contains(names, "phone_number")
	own := len(doc.UsernameAttributes) == 0
	f := Field{Name: "username", Label: t.Username(), Type: "text", Autocomplete: "username", Required: true, Focus: true}
	switch {
	case own && mail && phone:
		f.Label = t.NameOfAnyKind()
	case own && mail:
		f.Label = t.UsernameOrEmail()
	case own && phone:
		f.Label = t.UsernameOrPhone()
	case mail && phone:
		f.Label = t.EmailOrPhone()
	case mail:
		f.Label, f.Type = t.Email(), "email"
	case phone:
		f.Label, f.Type = t.Phone(), "tel"
	}
	return f
}

// attribute asks for a standard attribute, or for one of the pool's own by its name.
func (t cards) attribute(name string) Field {
	f := Field{Name: name, Label: name, Type: "text", Required: true}
	for _, a := range []struct{ name, label, kind, autocomplete string }{
		{"address", t.AttributeAddress(), "text", "street-address"},
		{"birthdate", t.AttributeBirthdate(), "date", "bday"},
		{"email", t.Email(), "email", "email"},
		{"family_name", t.AttributeFamilyName(), "text", "family-name"},
		{"gender", t.AttributeGender(), "text", "sex"},
		{"given_name", t.AttributeGivenName(), "text", "given-name"},
		{"locale", t.AttributeLocale(), "text", "language"},
		{"middle_name", t.AttributeMiddleName(), "text", "additional-name"},
		{"name", t.AttributeName(), "text", "name"},
		{"nickname", t.AttributeNickname(), "text", "nickname"},
		{"phone_number", t.Phone(), "tel", "tel"},
		{"picture", t.AttributePicture(), "url", "photo"},
		{"preferred_username", t.AttributePreferredUsername(), "text", "nickname"},
		{"profile", t.AttributeProfile(), "url", "url"},
		{"website", t.AttributeWebsite(), "url", "url"},
		{"zoneinfo", t.AttributeZoneinfo(), "text", ""},
	} {
		if a.name == name {
			f.Label, f.Type, f.Autocomplete = a.label, a.kind, a.autocomplete
		}
	}
	return f
}
