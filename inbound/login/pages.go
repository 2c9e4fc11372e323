package login

import (
	"slices"

	"cardea/inbound/login/text"
	"cardea/spec/cognitoidp"
)

// Paths of the pages, as Cognito has them where it has the page.
const (
	loginPath        = "/login"
	choosePath       = "/login/choose"
	passwordPath     = "/login/password"
	passkeyPath      = "/login/passkey"
	codePath         = "/mfa"
	secondFactorPath = "/selectMFAType"
	setUpPath        = "/associateSoftwareToken"
	newPasswordPath  = "/changePassword"
	signUpPath       = "/signup"
	confirmPath      = "/confirm"
	resendPath       = "/resendcode"
	forgotPath       = "/forgotPassword"
	resetPath        = "/confirmforgotPassword"
	addPasskeyPath   = "/passkeys/add"
	errorPath        = "/error"
	devicePath       = "/device"
	deviceAnswerPath = "/device/confirm"
	linkPath         = "/link"
)

// Steps of an interaction that are no challenges.
const (
	stepConfirm  = "confirm"
	stepForgot   = "forgot"
	stepReset    = "reset"
	stepOffer    = "offer" // of a passkey, after a sign-up
	stepDevice   = "device"
	stepPassword = "password"
	stepLink     = "link" // with an identity at a provider
)

// page is one page: what it shows and what it does with the answer.
type page struct {
	name, path string
	steps      []string // the steps of an interaction that it is for
	beginning  bool     // it may be opened whatever the visitor has come to
	card       func(*visit) Card
	answer     func(*visit)
	plain      func(*visit)      // shows a page that needs no authorization request, in the place of card and answer
	blames     string            // the field that a wrong answer is shown at, unless the error tells; empty: none
	says       words             // what is said here in other words than elsewhere
	open       func(*visit) bool // whether the pool has the page; nil: every pool has
	enter      func(*visit) bool // finds what the page needs, or answers in another way; nil: it needs nothing
	bare       bool              // its address need not say what the app wants of an authorization
}

// allPages are the pages in the order of a sign-in.
var allPages []page

func init() {
	allPages = []page{
		{name: "Login", path: loginPath, steps: []string{""}, beginning: true, enter: (*visit).findOffers,
			card: (*visit).loginCard, answer: (*visit).identify},
		{name: "Choose", path: choosePath, beginning: true, steps: []string{cognitoidp.ChallengeNameTypeSelectChallenge},
			card: (*visit).chooseCard, answer: (*visit).choose},
		{name: "Password", path: passwordPath, steps: []string{cognitoidp.ChallengeNameTypePassword, stepPassword},
			card: (*visit).passwordCard, answer: (*visit).enterPassword, blames: "password"},
		{name: "Passkey", path: passkeyPath, steps: []string{cognitoidp.ChallengeNameTypeWebAuthn},
			card: (*visit).passkeyCard, answer: (*visit).usePasskey, says: ofPasskeys},
		{name: "Code", path: codePath, steps: []string{
			cognitoidp.ChallengeNameTypeEmailOtp, cognitoidp.ChallengeNameTypeSmsOtp, cognitoidp.ChallengeNameTypeSmsMfa,
			cognitoidp.ChallengeNameTypeSoftwareTokenMfa,
		}, card: (*visit).codeCard, answer: (*visit).enterCode, blames: "code"},
		{name: "SelectMFAType", path: secondFactorPath, steps: []string{cognitoidp.ChallengeNameTypeSelectMfaType},
			card: (*visit).secondFactorCard, answer: (*visit).chooseSecondFactor},
		{name: "AssociateSoftwareToken", path: setUpPath, steps: []string{cognitoidp.ChallengeNameTypeMfaSetup},
			card: (*visit).setUpCard, answer: (*visit).setUp, blames: "code"},
		{name: "ChangePassword", path: newPasswordPath, steps: []string{cognitoidp.ChallengeNameTypeNewPasswordRequired},
			card: (*visit).newPasswordCard, answer: (*visit).changePassword, blames: "password"},
		{name: "SignUp", path: signUpPath, beginning: true, open: (*visit).allowsSignUp, card: (*visit).signUpCard, answer: (*visit).signUp,
			says: words{"NotAuthorizedException": (*text.Texts).SentenceNotAllowed}},
		{name: "Confirm", path: confirmPath, open: (*visit).hasAccounts, steps: []string{stepConfirm}, card: (*visit).confirmCard, answer: (*visit).confirmAccount},
		{name: "ResendCode", path: resendPath, beginning: true, open: (*visit).hasAccounts, answer: (*visit).resendCode},
		{name: "ForgotPassword", path: forgotPath, beginning: true, open: (*visit).hasAccounts, steps: []string{stepForgot}, card: (*visit).forgotCard, answer: (*visit).forgot,
			says: ofRecovery},
		{name: "ConfirmForgotPassword", path: resetPath, open: (*visit).hasAccounts, steps: []string{stepReset}, card: (*visit).resetCard, answer: (*visit).reset,
			says: ofRecovery},
		{name: "AddPasskey", path: addPasskeyPath, beginning: true, bare: true, steps: []string{stepOffer}, enter: (*visit).enterAddPasskey,
			card: (*visit).addPasskeyCard, answer: (*visit).addPasskey, says: ofEnrolment},
		{name: "Device", path: devicePath, plain: (*visit).enterDevice},
		{name: "ConfirmDevice", path: deviceAnswerPath, steps: []string{stepDevice}, card: (*visit).deviceCard, answer: (*visit).answerDevice},
		{name: "Link", path: linkPath, steps: []string{stepLink}, card: (*visit).linkCard, answer: (*visit).link, blames: "password"},
		{name: "Error", path: errorPath, plain: (*visit).showError},
	}
	allPages = append(allPages, ownPages()...)
}

// pageOf finds the page of an interaction's step; the first, if there is none.
func pageOf(step string) page {
	for _, p := range allPages {
		if slices.Contains(p.steps, step) {
			return p
		}
	}
	return allPages[0]
}

// blame adds to a card what is wrong with the answer, at a field; empty: at the one that the page blames.
func (p page) blame(c Card, said, field string) Card {
	if field == "" {
		field = p.blames
	}
	for i, f := range c.Fields {
		if f.Name == field {
			return blame(c, i, said)
		}
	}
	return alert(c, said)
}
