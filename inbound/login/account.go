package login

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"cardea/engine/access"
	"cardea/engine/hosted"
	"cardea/engine/interaction"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// Paths of the user's own pages. What is shown is in the account, and not in the address: that has the app alone.
const (
	accountPath       = "/account"
	detailsPath       = "/account/details"
	emailPath         = "/account/email"
	verifyEmailPath   = "/account/email/verify"
	phonePath         = "/account/phone"
	verifyPhonePath   = "/account/phone/verify"
	ownPasswordPath   = "/account/password"
	ownPasskeysPath   = "/account/passkeys"
	secondStepPath    = "/account/second-step"
	authenticatorPath = "/account/authenticator"
	devicesPath       = "/account/devices"
	sessionsPath      = "/account/sessions"
	signOutPath       = "/account/sign-out"
)

// ownPage is one of the user's own pages. The address names the app on whose behalf it is shown; without a session, or without a
// sign-in that is recent enough, the visitor signs in first and comes back (decision 19).
type ownPage struct {
	page
	recent bool // it changes by what the user signs in
	opens  func(*ownVisit) bool
	shows  func(*ownVisit) (Card, error)
	does   func(*ownVisit) error // what its form asks for, in the place of shows
}

// ownVisit is a visit of one of the user's own pages.
type ownVisit struct {
	*visit
	is  ownPage
	who *access.Subject // the visitor; their attributes must not be changed here
}

// ownPages are the user's own pages.
func ownPages() (list []page) {
	for _, is := range []ownPage{
		{page: page{name: "Account", path: accountPath}, shows: (*ownVisit).overview},
		{page: page{name: "Details", path: detailsPath}, shows: (*ownVisit).detailsCard, does: (*ownVisit).saveDetails},
		{page: page{name: "Email", path: emailPath, blames: "value"}, recent: true, opens: mayWrite("email"),
			shows: contact("email", (*ownVisit).contactCard), does: contactDoes("email", (*ownVisit).saveContact)},
		{page: page{name: "Phone", path: phonePath, blames: "value"}, recent: true, opens: mayWrite("phone_number"),
			shows: contact("phone_number", (*ownVisit).contactCard), does: contactDoes("phone_number", (*ownVisit).saveContact)},
		{page: page{name: "VerifyEmail", path: verifyEmailPath, blames: "code"},
			shows: contact("email", (*ownVisit).verifyCard), does: contactDoes("email", (*ownVisit).verifyContact)},
		{page: page{name: "VerifyPhone", path: verifyPhonePath, blames: "code"},
			shows: contact("phone_number", (*ownVisit).verifyCard), does: contactDoes("phone_number", (*ownVisit).verifyContact)},
		{page: page{name: "OwnPassword", path: ownPasswordPath, says: ofOwnPassword}, recent: true,
			opens: (*ownVisit).changesPassword, shows: (*ownVisit).passwordCard, does: (*ownVisit).savePassword},
		{page: page{name: "Passkeys", path: ownPasskeysPath}, recent: true,
			opens: (*ownVisit).hasPasskeys, shows: (*ownVisit).passkeysCard, does: (*ownVisit).removePasskey},
		{page: page{name: "SecondStep", path: secondStepPath, says: ofSecondStep}, recent: true,
			opens: (*ownVisit).hasSecondStep, shows: (*ownVisit).secondStepCard, does: (*ownVisit).changeSecondStep},
		{page: page{name: "Authenticator", path: authenticatorPath, blames: "code"}, recent: true,
			opens: (*ownVisit).hasAuthenticator, shows: (*ownVisit).authenticatorCard, does: (*ownVisit).proveAuthenticator},
		{page: page{name: "Devices", path: devicesPath}, opens: (*ownVisit).hasDevices, shows: (*ownVisit).devicesCard, does: (*ownVisit).forgetDevice},
		{page: page{name: "Sessions", path: sessionsPath}, shows: (*ownVisit).sessionsCard, does: (*ownVisit).endSession},
		{page: page{name: "SignOut", path: signOutPath}, does: (*ownVisit).signOut},
	} {
		is.plain = func(v *visit) { v.visitOwn(is) }
		list = append(list, is.page)
	}
	return list
}

// visitOwn shows one of the visitor's own pages, or does what its form asks for.
func (v *visit) visitOwn(is ownPage) {
	o := &ownVisit{visit: v, is: is}
	posted := v.r.Method == http.MethodPost
	if !o.judge() || posted && !o.readForm() {
		return
	}
	if err := o.enter(); err != nil {
		o.refuse(err)
		return
	}
	switch {
	case is.opens != nil && !is.opens(o):
		o.goTo(accountPath)
	case !posted:
		o.show()
	case is.does == nil || !interaction.CheckToken(v.request.Box, v.owner, v.typed("_csrf")):
		o.again()
	default:
		if err := is.does(o); err != nil {
			o.refuse(err)
		}
	}
}

// judge finds the app that the address names.
func (o *ownVisit) judge() bool {
	query, err := oauth2.Parse(o.r.URL.RawQuery)
	if err != nil || query.Repeated("client_id") {
		o.code = oauth2.InvalidRequest
		o.respond(http.StatusBadRequest, o.cards().failed(o.texts.ErrorRequest()))
		return false
	}
	o.stays = true
	if !query.Has("client_id") {
		o.chooseApp()
		return false
	}
	o.asked = hosted.OwnRequest(query.Get("client_id"), accountPath)
	if o.request, err = o.Hosted.Read(o.r.Context(), o.site.Pool, o.asked); err != nil {
		o.refuseRequest(err)
		return false
	}
	o.owner = interaction.Owner{
		Pool: o.site.Pool, Domain: o.site.Domain, Client: o.request.Client.ID, Request: hashOf(o.asked), Browser: o.browserID(),
	}
	o.it = o.progress()
	return true
}

// chooseApp leads to the page for the pool's only app, where the address names none.
func (o *ownVisit) chooseApp() {
	only, err := o.Hosted.OnlyApp(o.r.Context(), o.site.Pool)
	switch {
	case err != nil:
		o.failed(err)
	case only == "":
		o.code = oauth2.InvalidRequest
		o.respond(http.StatusBadRequest, o.cards().failed(o.texts.ErrorWhich()))
	default:
		o.leave(o.site.BaseURL + o.is.path + "?client_id=" + url.QueryEscape(string(only)))
	}
}

// enter finds the visitor. From then on the operations that are called with the context of the visit act for them, as long as
// their session lasts and, for a form, while the account that it was shown with is the one that the browser is signed in to.
func (o *ownVisit) enter() (err error) {
	as := hosted.Visit{Pool: o.site.Pool, Values: o.asked, Origin: o.site.Origin(), Browser: o.browser(), Within: o.within()}
	as.Browser.Shown = id.Sub(o.typed(accountField))
	o.r = o.r.WithContext(o.Hosted.AsVisitor(o.r.Context(), as))
	o.who, err = o.Hosted.FindVisitor(o.ctx(), as)
	return err
}

// within is how long ago the visitor may have signed in.
func (o *ownVisit) within() time.Duration {
	if o.is.recent {
		return hosted.Recent
	}
	return max(hosted.Recent, o.request.Client.SSOValidity())
}

// address is that of one of the own pages, or of the sign-in page for them.
func (o *ownVisit) address(path string) string {
	if path == loginPath {
		return o.visit.address(path)
	}
	return o.site.BaseURL + path + "?client_id=" + url.QueryEscape(string(o.request.Client.ID))
}

func (o *ownVisit) cards() cards { return cards{o.texts, o.address} }

func (o *ownVisit) goTo(path string) { o.leave(o.address(path)) }

// ctx is the context in which operations act for the visitor.
func (o *ownVisit) ctx() context.Context { return o.r.Context() }

// show shows the page.
func (o *ownVisit) show() {
	if o.is.shows == nil {
		o.goTo(accountPath)
		return
	}
	card, err := o.is.shows(o)
	if err != nil {
		o.refuse(err)
		return
	}
	o.takeNotice(&card)
	o.answer(card)
}

// answer shows a card of the page.
func (o *ownVisit) answer(c Card) {
	c.Hidden = append(c.Hidden, Pair{accountField, string(o.who.User.Sub)})
	if c.Page != "account" {
		c.Links = append(c.Links, Link{Text: o.texts.Back(), Address: o.address(o.back())})
	}
	o.respond(http.StatusOK, c)
}

// back is the page that the page belongs to.
func (o *ownVisit) back() string {
	switch o.is.path {
	case verifyEmailPath:
		return emailPath
	case verifyPhonePath:
		return phonePath
	case authenticatorPath:
		return secondStepPath
	}
	return accountPath
}

// done leads to a page, which says what has been done.
func (o *ownVisit) done(notice, path string) {
	o.keep(interaction.Interaction{Notice: notice, Name: o.name()})
	o.goTo(path)
}

// again shows the page once more, with the account as it is now.
func (o *ownVisit) again() {
	o.code = "StartAgain"
	o.done("again", o.is.path)
}

// refuse shows the page again with what is wrong, or has the visitor sign in.
func (o *ownVisit) refuse(err error) {
	if errors.Is(err, hosted.ErrLoginRequired) {
		if o.typed(accountField) != "" {
			o.again() // the page leads to the sign-in, if that is what is missing
			return
		}
		o.signIn()
		return
	}
	said := o.say(err)
	if said == "" {
		o.failed(err)
		return
	}
	o.complain(said, o.fieldOf(err))
}

// complain shows the page again with what is wrong, at a field; empty: the one that the page blames.
func (o *ownVisit) complain(said, field string) {
	card, err := o.is.shows(o)
	if err != nil {
		o.failed(err)
		return
	}
	o.answer(o.is.blame(card, said, field))
}

// missing shows the page again when a field is empty.
func (o *ownVisit) missing(field string) bool {
	if o.typed(field) != "" {
		return false
	}
	o.complain(o.texts.SentenceMissing(), field)
	return true
}

// signIn leads to the sign-in page, and back when that is done. Whose sign-in is only too long ago is told why they are asked.
func (o *ownVisit) signIn() {
	as := hosted.Visit{Pool: o.site.Pool, Values: o.asked, Origin: o.site.Origin(), Browser: o.browser()}
	known, err := o.Hosted.AccountOf(o.ctx(), as)
	if err != nil && !errors.Is(err, hosted.ErrLoginRequired) {
		o.failed(err)
		return
	}
	name := cmp.Or(known.Name, o.it.Name)
	o.asked = hosted.OwnRequest(string(o.request.Client.ID), o.is.path)
	o.owner.Request = hashOf(o.asked)
	if name != "" {
		o.keep(interaction.Interaction{Name: name, Notice: "recent"})
	}
	o.goTo(loginPath)
}

// name is how the visitor is called; empty before they are known.
func (o *ownVisit) name() string {
	if o.who == nil {
		return ""
	}
	return hosted.NameOf(o.who.Pool, o.who.User)
}
