package login

import (
	"context"
	"errors"
	"net/http"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/challenge"
	"cardea/engine/hosted"
	"cardea/engine/lockout"
	"cardea/engine/message"
	"cardea/engine/trigger"
	"cardea/inbound/login/text"
	"cardea/spec/awsjson"
)

// sentence is what a page says about a condition, and about which field: empty for the whole page.
type sentence struct {
	condition error
	say       func(*text.Texts) string
}

// sentences are for the conditions that have words of their own. All others are said by the code of the API's fault.
var sentences = []sentence{
	{account.ErrDisabled, (*text.Texts).SentenceDisabled},
	{account.ErrResetRequired, (*text.Texts).SentenceResetRequired},
	{lockout.ErrLocked, (*text.Texts).SentenceLocked},
	{lockout.ErrRateLimited, (*text.Texts).SentenceLocked},
	{message.ErrNoSender, (*text.Texts).SentenceNotSent},
}

// byCode are the sentences for the codes of the API's faults.
var byCode = map[string]func(*text.Texts) string{
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
	said := v.say(err)
	if said == "" {
		v.failed(err)
		return
	}
	v.respond(http.StatusOK, v.page.blame(v.page.card(v), said))
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
	fault, ok := errors.AsType[*awsjson.Fault](v.Word(err))
	if !ok {
		return ""
	}
	v.code = fault.Code
	if say := byCode[fault.Code]; say != nil {
		return say(v.texts)
	}
	return v.texts.SentenceUnavailable()
}

// isOfRequest tells whether an error is of the authorization request, not of an answer to a page.
func isOfRequest(err error) bool {
	_, unknown := errors.AsType[*access.UnknownError](err)
	_, back := errors.AsType[*hosted.RedirectError](err)
	return unknown || back || errors.Is(err, hosted.ErrRedirect)
}

// refuseRequest answers an authorization request that must not be made. The authorize endpoint has the words for the app; here
// the visitor is sent there, or told.
func (v *visit) refuseRequest(err error) {
	_, unknown := errors.AsType[*access.UnknownError](err)
	_, back := errors.AsType[*hosted.RedirectError](err)
	switch {
	case unknown:
		v.code = "invalid_client"
		v.respond(http.StatusBadRequest, v.cards().failed(v.texts.ErrorClient()))
	case back:
		v.leave(v.address("/oauth2/authorize"))
	case errors.Is(err, hosted.ErrRedirect):
		v.code = "redirect_mismatch"
		v.respond(http.StatusBadRequest, v.cards().failed(v.texts.ErrorRedirect()))
	default:
		v.failed(err)
	}
}

// statusGone is logged for a request whose visitor did not wait for the answer.
const statusGone = 499

// failed answers a failure: what went wrong is in the log, under the id that the page shows.
func (v *visit) failed(err error) {
	v.failure, v.code = err, "InternalErrorException"
	if errors.Is(err, context.Canceled) && v.r.Context().Err() != nil {
		v.failure, v.code, v.status = nil, "ClientGone", statusGone
		return
	}
	v.respond(http.StatusInternalServerError, v.cards().failed(v.texts.ErrorLater()))
}
