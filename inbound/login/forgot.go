package login

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"cardea/engine/interaction"
	"cardea/engine/trigger"
	"cardea/inbound/login/text"
	"cardea/platform/db"
	"cardea/spec/cognitoidp"
)

// resetLife is how long the page waits for the code of a forgotten password. The code itself lasts longer
// (docs/cognito/accounts.md, "Pages").
const resetLife = 8 * time.Minute

// ofRecovery is what the pages of forgotten passwords say of users who cannot recover theirs.
var ofRecovery = words{
	"NotAuthorizedException":    (*text.Texts).SentenceDisabled,
	"InvalidParameterException": (*text.Texts).SentenceDisabled,
	"UserNotFoundException":     (*text.Texts).SentenceNameInvalid,
}

// typedName is the name that the visitor has typed. Phone numbers may be typed in groups where they are user names.
func (v *visit) typedName() string {
	name := strings.TrimSpace(v.typed("username"))
	if v.request.Pool.UsernameIs("phone_number") {
		name = withoutGroups(name)
	}
	return name
}

// withoutGroups is a phone number without what is written between groups of digits; another text is not changed.
func withoutGroups(number string) string {
	const between = " -().\u00a0"
	if !strings.HasPrefix(number, "+") || strings.Trim(number, "+0123456789"+between) != "" {
		return number
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(between, r) {
			return -1
		}
		return r
	}, number)
}

// suggestedName is the name that a form begins with.
func (v *visit) suggestedName() string {
	switch {
	case v.r.Method == http.MethodPost:
		return v.typed("username")
	case v.it.Name != "":
		return v.it.Name
	}
	return v.request.Values().Get("login_hint")
}

func (v *visit) forgotCard() Card {
	name := v.nameField()
	name.Value = v.suggestedName()
	return v.cards().forgot(name)
}

// forgot takes the name of who has forgotten their password.
func (v *visit) forgot() {
	name := v.typedName()
	if name == "" {
		v.respond(http.StatusOK, blame(v.forgotCard(), 0, v.texts.SentenceMissing()))
		return
	}
	v.sendReset(name, "")
}

// sendReset has a code sent and leads to the page that asks for it, where the notice is told. Whether the user exists shows
// nowhere, unless the client says that it may.
func (v *visit) sendReset(name, notice string) {
	in := &cognitoidp.ForgotPasswordRequest{ClientId: string(v.request.Client.ID), Username: name}
	if err := v.Check("ForgotPassword", in); err != nil {
		v.refuse(err)
		return
	}
	out, err := v.Passwords.AtPages(v.request).ForgotPassword(v.r.Context(), in)
	if err != nil {
		v.refuse(err)
		return
	}
	v.keep(interaction.Interaction{
		Page: stepReset, Name: name, Shown: destination(out.CodeDeliveryDetails), Notice: notice, Until: db.Millis(v.Now().Add(resetLife)),
	})
	v.goTo(resetPath)
}

// destination is what pages show of where a code has gone.
func destination(details *cognitoidp.CodeDeliveryDetailsType) map[string]string {
	if details == nil || details.Destination == "" {
		return nil
	}
	return map[string]string{"CODE_DELIVERY_DESTINATION": details.Destination}
}

func (v *visit) resetCard() Card {
	t := v.cards()
	c := t.reset(v.it.Name, v.it.Shown["CODE_DELIVERY_DESTINATION"], t.rules(v.request))
	c.Fields[0].Value = v.typed("code")
	return c
}

// typedCode is a code as it was sent: it may be typed in groups.
func (v *visit) typedCode() string { return strings.Join(strings.Fields(v.typed("code")), "") }

// reset sets the new password by the code, and leads to the sign-in page: a code that was sent is no sign-in.
func (v *visit) reset() {
	if v.typed("resend") != "" {
		v.sendReset(v.it.Name, "sent")
		return
	}
	if v.unanswered("code") || v.unanswered("password") {
		return
	}
	in := &cognitoidp.ConfirmForgotPasswordRequest{
		ClientId: string(v.request.Client.ID), Username: v.it.Name, ConfirmationCode: v.typedCode(), Password: v.typed("password"),
	}
	if err := v.Check("ConfirmForgotPassword", in); err != nil {
		v.refuse(err)
		return
	}
	_, err := v.Passwords.AtPages(v.request).ConfirmForgotPassword(v.r.Context(), in)
	if _, told := errors.AsType[*trigger.Error](err); told {
		v.keep(interaction.Interaction{Name: v.it.Name})
		v.respond(http.StatusOK, alert(v.cards().resetDone(), v.say(err)))
		return
	}
	if err != nil {
		v.refuse(err)
		return
	}
	v.beginAgain(v.it.Name, "reset")
}

// beginAgain sends the visitor to the sign-in page, with their name filled in and a notice.
func (v *visit) beginAgain(name, notice string) {
	v.keep(interaction.Interaction{Name: name, Notice: notice})
	v.goTo(loginPath)
}
