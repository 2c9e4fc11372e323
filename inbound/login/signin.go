package login

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"cardea/engine/interaction"
	"cardea/feature/signin"
	"cardea/spec/cognitoidp"
)

// begin starts a flow.
func (v *visit) begin(flow string, given map[string]string) {
	out, err := v.Signin.Begin(v.r.Context(), signin.Request{Name: flow, Given: given}.AtPages(v.r.Context(), v.authorization()))
	v.goOn(out, err)
}

// reply answers the challenge that the visitor has come to.
func (v *visit) reply(challenge, session string, given map[string]string) {
	given["USERNAME"] = v.it.Name
	out, err := v.Signin.Answer(v.r.Context(), signin.Request{
		Name: challenge, Session: session, Given: given,
	}.AtPages(v.r.Context(), v.authorization()))
	v.goOn(out, err)
}

// goOn leads the visitor to the page of the next challenge, or back to the app.
func (v *visit) goOn(out *signin.Outcome, err error) {
	switch {
	case err != nil:
		v.refuse(err)
	case out.Finished != nil:
		v.finish(out.Finished)
	default:
		v.meet(out)
	}
}

// shown are the parameters of challenges that pages show.
var shown = []string{
	"CODE_DELIVERY_DELIVERY_MEDIUM", "CODE_DELIVERY_DESTINATION", "MFAS_CAN_CHOOSE", "MFAS_CAN_SETUP", "requiredAttributes",
	"CREDENTIAL_REQUEST_OPTIONS",
}

// meet leads the visitor to the page of a challenge. A choice of one is made for them.
func (v *visit) meet(out *signin.Outcome) {
	if out.Name != "" {
		v.it.Name = out.Name
	}
	it := interaction.Interaction{
		Page: out.Challenge, Session: out.Session, Name: v.it.Name, Shown: map[string]string{}, Ways: v.it.Ways, Choice: v.it.Choice,
	}
	for _, name := range shown {
		if value := out.Parameters[name]; value != "" {
			it.Shown[name] = value
		}
	}
	if len(out.Available) > 0 {
		it.Ways = ofPages(out.Available)
	}
	v.it = it
	if out.Challenge == cognitoidp.ChallengeNameTypeSelectChallenge && len(it.Ways) == 1 {
		v.take(it.Ways[0])
		return
	}
	v.keep(it)
	v.goTo(pageOf(it.Page).path)
}

// ofPages are the challenges that pages can ask, the best first. They send the password itself.
func ofPages(available []string) (ways []string) {
	for _, name := range []string{
		cognitoidp.ChallengeNameTypeWebAuthn, cognitoidp.ChallengeNameTypeEmailOtp, cognitoidp.ChallengeNameTypeSmsOtp,
		cognitoidp.ChallengeNameTypePassword,
	} {
		if slices.Contains(available, name) {
			ways = append(ways, name)
		}
	}
	return ways
}

func (v *visit) loginCard() Card {
	t := v.cards()
	if begun := v.it.Name != "" || v.r.Method == http.MethodPost; v.account.Sub != "" && !begun {
		return v.reuseCard()
	}
	if !v.hasAccounts() {
		return v.elsewhereCard()
	}
	c := t.identify(v.app(), v.nameField(), v.takesPassword())
	if v.allowsSignUp() {
		c = t.withSignUp(c)
	}
	c.Fields[0].Value = v.suggestedName()
	return v.withOffers(v.withOffer(c))
}

// takesPassword tells whether the first page takes the password with the name. Otherwise the name alone decides what comes next.
func (v *visit) takesPassword() bool { return !v.request.Chooses() && !v.searches() }

// identify takes the name of who signs in, and their password where it is the only way.
func (v *visit) identify() {
	if account := v.typed(accountField); account != "" {
		v.reuse(account)
		return
	}
	if !v.hasAccounts() {
		v.seekElsewhere()
		return
	}
	if v.typed("credential") != "" {
		v.beginByPasskey()
		return
	}
	v.it = interaction.Interaction{Name: v.typedName()}
	if v.it.Name == "" {
		v.respond(http.StatusOK, blame(v.loginCard(), 0, v.texts.SentenceMissing()))
		return
	}
	if v.search(v.it.Name) {
		return
	}
	if v.request.Chooses() {
		v.begin(cognitoidp.AuthFlowTypeUserAuth, map[string]string{"USERNAME": v.it.Name})
		return
	}
	if !v.takesPassword() && v.typed("password") == "" {
		v.askPassword()
		return
	}
	if v.typed("password") == "" {
		v.respond(http.StatusOK, blame(v.loginCard(), 1, v.texts.SentenceMissing()))
		return
	}
	v.begin(cognitoidp.AuthFlowTypeUserPasswordAuth, map[string]string{"USERNAME": v.it.Name, "PASSWORD": v.typed("password")})
}

func (v *visit) chooseCard() Card {
	t := v.cards()
	var ways []Choice
	for _, name := range v.it.Ways {
		ways = append(ways, t.way(name))
	}
	return t.choose(v.it.Name, ways...)
}

// choose takes how the visitor wants to sign in.
func (v *visit) choose() { v.take(v.typed("answer")) }

// take makes a choice, which the visitor may change until they have proven who they are.
func (v *visit) take(answer string) {
	if v.it.Page == cognitoidp.ChallengeNameTypeSelectChallenge {
		v.it.Choice = &interaction.Choice{Session: v.it.Session}
	}
	if v.it.Choice == nil {
		v.startAgain()
		return
	}
	v.it.Choice = &interaction.Choice{Session: v.it.Choice.Session, Answer: answer}
	v.reply(cognitoidp.ChallengeNameTypeSelectChallenge, v.it.Choice.Session, map[string]string{"ANSWER": answer})
}

func (v *visit) passwordCard() Card { return v.withOtherWays(v.cards().enterPassword(v.it.Name)) }

func (v *visit) enterPassword() {
	if v.unanswered("password") {
		return
	}
	if v.it.Page == stepPassword {
		v.begin(cognitoidp.AuthFlowTypeUserPasswordAuth, map[string]string{"USERNAME": v.it.Name, "PASSWORD": v.typed("password")})
		return
	}
	v.reply(v.it.Page, v.it.Session, map[string]string{"PASSWORD": v.typed("password")})
}

// unanswered shows the page again when a field is empty.
func (v *visit) unanswered(name string) bool {
	if v.typed(name) != "" {
		return false
	}
	v.respond(http.StatusOK, v.page.blame(v.page.card(v), v.texts.SentenceMissing(), name))
	return true
}

// withOtherWays adds the way back to the choice, where there is one.
func (v *visit) withOtherWays(c Card) Card {
	if len(v.it.Ways) > 1 {
		c.Links = append(c.Links, Link{Text: v.texts.ChooseAnother(), Address: v.address(choosePath)})
	}
	return c
}

// codeMinutes is how long a sign-in waits for a code.
func (v *visit) codeMinutes() int { return int(v.request.Client.SessionTTL().Minutes()) }

func (v *visit) codeCard() Card {
	t := v.cards()
	if v.it.Page == cognitoidp.ChallengeNameTypeSoftwareTokenMfa {
		return t.enterAppCode(v.it.Name, v.app())
	}
	c := t.enterCode(v.it.Name, v.it.Shown["CODE_DELIVERY_DESTINATION"], v.codeMinutes())
	if v.it.Choice != nil && v.it.Choice.Answer == v.it.Page {
		c.Extra = []Extra{t.resend()}
	}
	return v.withOtherWays(c)
}

// codeNames are the names by which the challenges know their codes.
var codeNames = map[string]string{
	cognitoidp.ChallengeNameTypeEmailOtp:         "EMAIL_OTP_CODE",
	cognitoidp.ChallengeNameTypeSmsOtp:           "SMS_OTP_CODE",
	cognitoidp.ChallengeNameTypeSmsMfa:           "SMS_MFA_CODE",
	cognitoidp.ChallengeNameTypeSoftwareTokenMfa: "SOFTWARE_TOKEN_MFA_CODE",
}

// enterCode takes a code, or has another one sent by making the choice anew that has led to it.
func (v *visit) enterCode() {
	if v.typed("resend") != "" && v.it.Choice != nil {
		v.take(v.it.Choice.Answer)
		return
	}
	if v.unanswered("code") {
		return
	}
	v.reply(v.it.Page, v.it.Session, map[string]string{codeNames[v.it.Page]: v.typedCode()})
}

// list reads a challenge's parameter that is a list in JSON.
func (v *visit) list(parameter string) (names []string) {
	_ = json.Unmarshal([]byte(v.it.Shown[parameter]), &names) // what the sign-in has written
	return names
}

func (v *visit) secondFactorCard() Card {
	return v.cards().secondFactor(v.it.Name, v.list("MFAS_CAN_CHOOSE"))
}

func (v *visit) chooseSecondFactor() {
	v.reply(v.it.Page, v.it.Session, map[string]string{"ANSWER": v.typed("answer")})
}

func (v *visit) newPasswordCard() Card {
	t := v.cards()
	var required []Field
	for _, name := range v.list("requiredAttributes") {
		f := t.attribute(strings.TrimPrefix(name, "userAttributes."))
		f.Name, f.Value = name, v.typed(name)
		required = append(required, f)
	}
	return t.changePassword(v.it.Name, t.rules(v.request), required...)
}

func (v *visit) changePassword() {
	if v.unanswered("password") {
		return
	}
	given := map[string]string{"NEW_PASSWORD": v.typed("password")}
	for _, name := range v.list("requiredAttributes") {
		if value := v.typed(name); value != "" {
			given[name] = value
		}
	}
	v.reply(v.it.Page, v.it.Session, given)
}
