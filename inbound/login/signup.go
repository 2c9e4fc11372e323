package login

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"cardea/engine/account"
	"cardea/engine/attributes"
	"cardea/engine/interaction"
	"cardea/engine/message"
	"cardea/engine/trigger"
	"cardea/engine/verification"
	"cardea/feature/signin"
	"cardea/feature/signup"
	"cardea/spec/cognitoidp"
	"cardea/spec/triggerevent"
)

func (v *visit) allowsSignUp() bool { return v.request.Pool.AllowsSignUp() && v.hasAccounts() }

func (v *visit) signUpCard() Card {
	t := v.cards()
	name := v.nameField()
	if len(v.request.Pool.Doc.UsernameAttributes) == 0 {
		name.Label, name.Type = t.Username(), "text" // an alias is an attribute beside it
	}
	name.Value = v.typed("username")
	fields := []Field{name}
	for _, attribute := range v.signUpAttributes() {
		f := t.attribute(attribute)
		f.Value = v.typed(attribute)
		f.Required = !v.request.Pool.UsernameIs(attribute) // the user name may be it
		fields = append(fields, f)
	}
	c := t.signUp(v.app(), t.rules(v.request), fields...)
	if v.Branding == nil {
		return c
	}
	terms, err := v.Branding.TermsOf(v.r.Context(), v.site.Pool, v.request.Client.ID, v.texts.Terms)
	if err != nil {
		v.failure = errors.Join(v.failure, fmt.Errorf("find the terms of the sign-up page: %w", err))
	}
	return t.withTerms(c, terms)
}

// signUpAttributes are those that the form asks for: what the pool requires, and an address that codes can be sent to.
func (v *visit) signUpAttributes() []string {
	p := v.request.Pool
	names := attributes.Missing(p, nil)
	if own := p.Doc.UsernameAttributes; len(own) == 1 {
		names = slices.DeleteFunc(names, func(name string) bool { return name == own[0] })
	}
	reachable := slices.ContainsFunc(p.Doc.AutoVerifiedAttributes, func(name string) bool {
		return slices.Contains(names, name) || p.UsernameIs(name)
	})
	for _, contact := range []string{"email", "phone_number"} {
		if !reachable && p.AutoVerifies(contact) && v.request.Client.CanWrite(contact) {
			names, reachable = append(names, contact), true
		}
	}
	return names
}

// signUp makes an account of what was typed.
func (v *visit) signUp() {
	card := v.signUpCard()
	missing := false
	for i, f := range card.Fields {
		if f.Required && strings.TrimSpace(v.typed(f.Name)) == "" {
			card, missing = blame(card, i, v.texts.SentenceMissing()), true
		}
	}
	if missing {
		v.respond(http.StatusOK, card)
		return
	}

	in := &cognitoidp.SignUpRequest{ClientId: string(v.request.Client.ID), Username: v.typedName(), Password: v.typed("password")}
	for _, name := range v.signUpAttributes() {
		value := strings.TrimSpace(v.typed(name))
		if name == "phone_number" {
			value = withoutGroups(value)
		}
		if value != "" {
			in.UserAttributes = append(in.UserAttributes, cognitoidp.AttributeType{Name: name, Value: value})
		}
	}
	if err := v.Check("SignUp", in); err != nil {
		v.blame(err)
		return
	}
	out, err := v.Signup.AtPages(v.request).SignUp(v.r.Context(), in)
	v.signedUp(in.Username, out, err)
}

// signedUp leads on from a sign-up.
func (v *visit) signedUp(name string, out *cognitoidp.SignUpResponse, err error) {
	_, taken := errors.AsType[*account.TakenError](err)
	switch {
	case errors.Is(err, message.ErrNoSender): // the account is there all the same
		v.askToConfirm(name, nil, "not sent")
	case taken && v.it.Page == stepConfirm && v.it.Name == name: // by this form, which was posted twice
		v.goTo(confirmPath)
	case v.toldAfterwards(name, err):
	case err != nil:
		v.refuse(err)
	case out.UserConfirmed:
		v.lasting.SignedUp = true
		v.beginAgain(name, "confirmed")
	case out.CodeDeliveryDetails == nil: // nothing can be sent that would confirm the account
		v.beginAgain(name, "unconfirmable")
	default:
		v.askToConfirm(name, out.CodeDeliveryDetails, "")
	}
}

// toldAfterwards shows what PostConfirmation says: the account is confirmed all the same.
func (v *visit) toldAfterwards(name string, err error) bool {
	stopped, told := errors.AsType[*trigger.Error](err)
	if !told || stopped.Trigger != triggerevent.PostConfirmation {
		return false
	}
	v.keep(interaction.Interaction{Name: name})
	v.respond(http.StatusOK, alert(v.cards().confirmDone(), v.say(err)))
	return true
}

// askToConfirm leads to the page that asks for the code of a sign-up.
func (v *visit) askToConfirm(name string, sent *cognitoidp.CodeDeliveryDetailsType, notice string) {
	v.lasting.SignedUp = true
	it := interaction.Interaction{Page: stepConfirm, Name: name, Shown: destination(sent), Notice: notice}
	attribute := "email"
	if sent != nil {
		attribute = sent.AttributeName
	}
	if p := v.request.Pool; p.AutoVerifies(attribute) && message.ByLink(p, message.SignUp, attribute) {
		it.Ways = []string{byLink}
	}
	v.keep(it)
	v.goTo(confirmPath)
}

// byLink is the way of interactions whose account is confirmed by a link in the place of a code.
const byLink = "link"

func (v *visit) confirmCard() Card {
	if slices.Contains(v.it.Ways, byLink) {
		return v.cards().awaitLink(v.it.Name, v.it.Shown["CODE_DELIVERY_DESTINATION"])
	}
	return v.cards().confirm(v.it.Name, v.it.Shown["CODE_DELIVERY_DESTINATION"])
}

// confirmAccount confirms the account by the code, and goes on signing in where the code is a first factor.
func (v *visit) confirmAccount() {
	if v.unanswered("code") {
		return
	}
	in := &cognitoidp.ConfirmSignUpRequest{ClientId: string(v.request.Client.ID), Username: v.it.Name, ConfirmationCode: v.typedCode()}
	if err := v.Check("ConfirmSignUp", in); err != nil {
		v.blame(err)
		return
	}
	out, err := v.Signup.AtPages(v.request).ConfirmSignUp(v.r.Context(), in)
	switch {
	case v.toldAfterwards(v.it.Name, err):
	case errors.Is(err, signup.ErrSettled), errors.Is(err, account.ErrDisabled): // meanwhile
		v.startAgain()
	case err != nil:
		v.refuse(err)
	default:
		v.confirmed(out.Session)
	}
}

// confirmed signs in a user who has just been confirmed, if the Session of that does.
func (v *visit) confirmed(session string) {
	if session == "" {
		v.beginAgain(v.it.Name, "confirmed")
		return
	}
	out, err := v.Signin.Begin(v.r.Context(), signin.Request{
		Name: cognitoidp.AuthFlowTypeUserAuth, Session: session, Given: map[string]string{"USERNAME": v.it.Name},
	}.AtPages(v.r.Context(), v.authorization()))
	if err != nil {
		v.failure = err // for the log: the account is confirmed, and what keeps its user out is told when they sign in
		v.beginAgain(v.it.Name, "confirmed")
		return
	}
	v.goOn(out, nil)
}

// resendCode has another code sent.
func (v *visit) resendCode() {
	if v.it.Page != stepConfirm {
		v.startAgain()
		return
	}
	v.page = pageOf(stepConfirm)
	sent, err := v.resend(v.it.Name)
	switch {
	case errors.Is(err, signup.ErrSettled), errors.Is(err, signup.ErrNoCode): // since the account or the pool was changed meanwhile
		v.startAgain()
	case err != nil:
		v.refuse(err)
	default:
		v.askToConfirm(v.it.Name, sent, "sent")
	}
}

func (v *visit) resend(name string) (*cognitoidp.CodeDeliveryDetailsType, error) {
	in := &cognitoidp.ResendConfirmationCodeRequest{ClientId: string(v.request.Client.ID), Username: name}
	if err := v.Check("ResendConfirmationCode", in); err != nil {
		return nil, err
	}
	out, err := v.Signup.AtPages(v.request).ResendConfirmationCode(v.r.Context(), in)
	if err != nil {
		return nil, err
	}
	return out.CodeDeliveryDetails, nil
}

// sendToConfirm has a code sent to a user who cannot sign in before they are confirmed, and leads to the page that asks for it.
func (v *visit) sendToConfirm() {
	sent, err := v.resend(v.it.Name)
	switch {
	case err == nil:
		v.askToConfirm(v.it.Name, sent, "")
	case errors.Is(err, verification.ErrTooMany), errors.Is(err, message.ErrLimit):
		v.askToConfirm(v.it.Name, nil, "limit")
	case errors.Is(err, message.ErrNoSender):
		v.askToConfirm(v.it.Name, nil, "not sent")
	case errors.Is(err, signup.ErrSettled), errors.Is(err, signup.ErrNoCode):
		v.beginAgain(v.it.Name, "unconfirmable")
	default:
		v.blame(err)
	}
}
