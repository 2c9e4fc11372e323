package login

import (
	"errors"
	"net/http"
	"slices"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/attributes"
	"cardea/engine/challenge"
	"cardea/engine/hosted"
	"cardea/engine/interaction"
	"cardea/engine/lockout"
	"cardea/engine/message"
	"cardea/engine/trigger"
	"cardea/feature/federation"
	"cardea/inbound/login/text"
	"cardea/spec/awsjson"
	"cardea/spec/oauth2"
)

// sentence is what a page says about a condition.
type sentence struct {
	condition error
	say       func(*text.Texts) string
}

// sentences are for the conditions that have words of their own. All others are said by the code of the API's fault.
var sentences = []sentence{
	{account.ErrDisabled, (*text.Texts).SentenceDisabled},
	{lockout.ErrLocked, (*text.Texts).SentenceLocked},
	{lockout.ErrRateLimited, (*text.Texts).SentenceLocked},
	{federation.ErrTrip, (*text.Texts).ErrorOver},
	{hosted.ErrProvider, (*text.Texts).SentenceProvider},
	{message.ErrNoSender, (*text.Texts).SentenceNotSent},
}

// words are sentences by names, such as the codes of the API's faults.
type words map[string]func(*text.Texts) string

// byCode are the sentences for the codes of the API's faults.
var byCode = words{
	"NotAuthorizedException":                  (*text.Texts).SentenceIncorrect,
	"UserNotFoundException":                   (*text.Texts).SentenceIncorrect,
	"CodeMismatchException":                   (*text.Texts).SentenceCodeWrong,
	"EnableSoftwareTokenMFAException":         (*text.Texts).SentenceCodeWrong,
	"ExpiredCodeException":                    (*text.Texts).SentenceCodeExpired,
	"LimitExceededException":                  (*text.Texts).SentenceLimit,
	"TooManyRequestsException":                (*text.Texts).SentenceLimit,
	"TooManyFailedAttemptsException":          (*text.Texts).SentenceLocked,
	"InvalidPasswordException":                (*text.Texts).SentencePasswordWeak,
	"PasswordHistoryPolicyViolationException": (*text.Texts).SentencePasswordUsed,
	"PasswordResetRequiredException":          (*text.Texts).SentenceResetRequired,
	"UsernameExistsException":                 (*text.Texts).SentenceTaken,
	"AliasExistsException":                    (*text.Texts).SentenceTaken,
	"InvalidParameterException":               (*text.Texts).SentenceValueInvalid,
	"CodeDeliveryFailureException":            (*text.Texts).SentenceNotSent,
	"InvalidSmsRoleAccessPolicyException":     (*text.Texts).SentenceNotSent,
	"InvalidEmailRoleAccessPolicyException":   (*text.Texts).SentenceNotSent,
}

// refuse shows the page again, with what is wrong with the answer.
func (v *visit) refuse(err error) {
	for _, gone := range []error{challenge.ErrInvalid, challenge.ErrExpired, challenge.ErrUsed} {
		if errors.Is(err, gone) {
			v.startAgain()
			return
		}
	}
	if isOfRequest(err) {
		v.refuseRequest(err)
		return
	}
	switch {
	case errors.Is(err, account.ErrUnconfirmed):
		v.sendToConfirm()
		return
	case errors.Is(err, account.ErrResetRequired):
		v.keep(interaction.Interaction{Page: stepForgot, Name: v.it.Name, Notice: "reset required"})
		v.goTo(forgotPath)
		return
	}
	v.blame(err)
}

// blame shows the page again with the sentence for an error, at the field that it is about.
func (v *visit) blame(err error) {
	said := v.say(err)
	if said == "" {
		v.failed(err)
		return
	}
	v.respond(http.StatusOK, v.page.blame(v.page.card(v), said, v.fieldOf(err)))
}

// fieldByCode is what the codes of the API's faults are about.
var fieldByCode = map[string]string{
	"CodeMismatchException": "code", "ExpiredCodeException": "code",
	"NotAuthorizedException": "password", "UserNotFoundException": "password",
	"InvalidPasswordException": "password", "PasswordHistoryPolicyViolationException": "password",
}

// fieldOf is the field that an error, of which v.code is the code, is about; empty if it does not tell.
func (v *visit) fieldOf(err error) string {
	if value, ok := errors.AsType[*attributes.ValueError](err); ok {
		return v.fieldFor(value.Name)
	}
	if taken, ok := errors.AsType[*account.TakenError](err); ok {
		return v.fieldFor(taken.Kind)
	}
	if required, ok := errors.AsType[*attributes.RequiredError](err); ok {
		return v.fieldFor(required.Names[0])
	}
	if _, ok := errors.AsType[*attributes.UsernameError](err); ok {
		return "username"
	}
	if mismatch, ok := errors.AsType[*account.MismatchError](err); ok {
		return mismatch.Attribute
	}
	if v.page.says[v.code] != nil { // the page's own words are about no field
		return ""
	}
	return fieldByCode[v.code]
}

// fieldFor is the field of an attribute, which may be the user name.
func (v *visit) fieldFor(attribute string) string {
	if v.request.Pool.UsernameIs(attribute) && v.typed(attribute) == "" {
		return "username"
	}
	return attribute
}

// ofAttributes gives the sentence for an error in an attribute or a user name; nil when err is none of them.
func ofAttributes(err error) func(*text.Texts) string {
	if _, ok := errors.AsType[*attributes.RequiredError](err); ok {
		return (*text.Texts).SentenceMissing
	}
	if username, ok := errors.AsType[*attributes.UsernameError](err); ok {
		switch {
		case slices.Equal(username.Wanted, []string{"email"}):
			return (*text.Texts).SentenceEmailInvalid
		case slices.Equal(username.Wanted, []string{"phone_number"}):
			return (*text.Texts).SentencePhoneInvalid
		}
		return (*text.Texts).SentenceNameInvalid
	}
	value, ok := errors.AsType[*attributes.ValueError](err)
	switch {
	case !ok:
		return nil
	case value.Rule == attributes.NotEmail:
		return (*text.Texts).SentenceEmailInvalid
	case value.Rule == attributes.NotPhone:
		return (*text.Texts).SentencePhoneInvalid
	}
	return (*text.Texts).SentenceValueInvalid
}

// say gives the sentence for an error, empty for a failure. What a function of the pool has said is shown as it is, as the API does.
func (v *visit) say(err error) string {
	for _, s := range sentences {
		if errors.Is(err, s.condition) {
			v.code = "Refused"
			return s.say(v.texts)
		}
	}
	if stopped, ok := errors.AsType[*trigger.Error](err); ok && stopped.Kind == trigger.Refused {
		v.code = "UserLambdaValidationException"
		return stopped.Text
	}
	if errors.Is(err, awsjson.ErrConstraint) {
		v.code = "InvalidParameterException"
		return v.texts.SentenceValueInvalid()
	}
	fault, ok := errors.AsType[*awsjson.Fault](v.Word(err))
	if !ok {
		return ""
	}
	v.code = fault.Code
	if say := ofAttributes(err); say != nil {
		return say(v.texts)
	}
	if say := v.page.says[fault.Code]; say != nil {
		return say(v.texts)
	}
	if say := byCode[fault.Code]; say != nil {
		return say(v.texts)
	}
	return v.texts.SentenceUnavailable()
}

// isOfRequest tells whether an error is of the authorization request, not of an answer to a page.
func isOfRequest(err error) bool {
	_, unknown := errors.AsType[*access.UnknownError](err)
	_, back := errors.AsType[*hosted.RedirectError](err)
	return unknown || back || errors.Is(err, hosted.ErrRedirect) || errors.Is(err, hosted.ErrPushed) ||
		errors.Is(err, hosted.ErrDevice)
}

// refuseRequest answers an authorization request that must not be made. The authorize endpoint has the words for the app; here
// the visitor is sent there, or told.
func (v *visit) refuseRequest(err error) {
	_, unknown := errors.AsType[*access.UnknownError](err)
	_, back := errors.AsType[*hosted.RedirectError](err)
	switch {
	case unknown:
		v.code = "invalid_client"
		v.respond(http.StatusBadRequest, v.failedCard(v.texts.ErrorClient()))
	case back:
		v.leave(v.address("/oauth2/authorize"))
	case errors.Is(err, hosted.ErrRedirect):
		v.code = "redirect_mismatch"
		v.respond(http.StatusBadRequest, v.failedCard(v.texts.ErrorRedirect()))
	case errors.Is(err, hosted.ErrPushed):
		v.code = oauth2.InvalidRequestURI
		v.respond(http.StatusBadRequest, v.failedCard(v.texts.ErrorOver()))
	case errors.Is(err, hosted.ErrDevice):
		v.code = "expired_token"
		v.respond(http.StatusBadRequest, v.cards().deviceOver(v.site.BaseURL+devicePath))
	default:
		v.failed(err)
	}
}

// failed answers a failure: what went wrong is in the log, under the id that the page shows.
func (v *visit) failed(err error) {
	v.failure, v.code = err, "InternalErrorException"
	v.respond(http.StatusInternalServerError, v.failedCard(v.texts.ErrorLater()))
}
