package login

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"cardea/engine/hosted"
	"cardea/engine/interaction"
	"cardea/engine/issuer"
	"cardea/feature/federation"
	"cardea/feature/signin"
	"cardea/inbound/login/text"
	"cardea/spec/oauth2"
)

// visit is one request for a page.
type visit struct {
	*Handler
	w     http.ResponseWriter
	r     *http.Request
	page  page
	site  *issuer.Site
	texts *text.Texts

	asked   oauth2.Values      // the query of every page, without lang and what was chosen here: the authorization request, or what names it
	request *hosted.Request    // nil where it is no client's
	account hosted.Account     // that the browser is signed in to, at the page that offers to go on with it
	offers  []federation.Offer // of identity providers, at the first page
	owner   interaction.Owner
	it      interaction.Interaction // how far the visitor has come; empty at the beginning
	lasting interaction.Lasting     // what stays, whatever the next step is

	named   bool // the page tells the request's id, by which operators find what happened
	stays   bool // forms of the page never end on another site
	once    bool // the page cannot be asked for again in another language
	status  int
	code    string // of the error, for the log
	failure error
	refused bool // since too many came from the visitor's network, or for the pool
}

// open finds out what is asked for and how far the visitor has come.
func (h *Handler) open(w http.ResponseWriter, r *http.Request, p page) *visit {
	v := &visit{Handler: h, w: w, r: r, page: p, site: issuer.SiteFrom(r.Context())}
	v.chooseLanguage()
	return v
}

// judge finds the app on whose behalf the page is shown. The authorization request is in the address of every page, and is judged
// anew each time; a page's address is as safe to hand around as the link to authorize.
func (v *visit) judge() bool {
	asked, err := oauth2.Parse(v.r.URL.RawQuery)
	if err != nil {
		v.code = oauth2.InvalidRequest
		v.respond(http.StatusBadRequest, v.failedCard(v.texts.ErrorRequest()))
		return false
	}
	v.asked = asked.Without("lang").Without(chosenField)
	if v.page.bare && !v.asked.Has("response_type") {
		v.asked = v.asked.With("response_type", oauth2.Code)
	}
	if v.request, err = v.Hosted.Read(v.r.Context(), v.site.Pool, v.asked); err != nil {
		v.refuseRequest(err)
		return false
	}
	if v.request.Prompts(oauth2.PromptNone) {
		v.leave(v.address("/oauth2/authorize")) // which shows no page
		return false
	}
	if err := v.recall(); err != nil {
		v.failed(err)
		return false
	}
	v.bind()
	return true
}

// bind finds how far the visitor has come with the request.
func (v *visit) bind() {
	v.owner = interaction.Owner{
		Pool: v.site.Pool, Domain: v.site.Domain, Client: v.request.Client.ID, Request: hashOf(v.asked), Browser: v.browserID(),
	}
	v.it = v.progress()
	v.lasting = v.it.Lasting
}

// hashOf names an authorization request.
func hashOf(asked oauth2.Values) string {
	hash := sha256.Sum256([]byte(asked.Encode()))
	return hex.EncodeToString(hash[:])
}

// authorization is the request on whose behalf the visitor signs in.
func (v *visit) authorization() signin.Authorization {
	return signin.Authorization{Pool: v.site.Pool, Values: v.asked, Origin: v.site.Origin(), Browser: v.browser(), Link: v.lasting.Link}
}

// app is the name of the app, as its owner has named it. Anybody may be the owner of one that has registered itself, and may have
// given it any name: where the visitor is sent stands beside it.
func (v *visit) app() string {
	if v.request == nil {
		return v.site.Domain
	}
	name := v.request.Client.Doc.ClientName
	if !v.request.Client.SelfRegistered() || v.request.Answer.URI == "" {
		return name
	}
	return name + " (" + leadsTo(v.request.Answer.URI) + ")"
}

// leadsTo is where an address leads, as far as a person can tell from it: its host on the web, or the scheme of an app, of which a
// host says nothing.
func leadsTo(address string) string {
	u, err := url.Parse(address)
	if err == nil && (u.Scheme == "https" || u.Scheme == "http") {
		return u.Host
	}
	scheme, _, _ := strings.Cut(address, ":")
	return scheme + ":"
}

// address is that of a page, for the same authorization request.
func (v *visit) address(path string) string {
	if query := v.asked.Encode(); query != "" {
		return v.site.BaseURL + path + "?" + query
	}
	return v.site.BaseURL + path
}

func (v *visit) cards() cards { return cards{v.texts, v.address} }

// get shows the page, or the one that the visitor has come to.
func (v *visit) get() {
	if v.page.plain != nil {
		v.page.plain(v)
		return
	}
	if !v.judge() || v.closed() {
		return
	}
	if current := pageOf(v.it.Page); v.page.card == nil || current.path != v.page.path && !v.page.beginning {
		v.goTo(current.path)
		return
	}
	if v.departs() || v.page.enter != nil && !v.page.enter(v) {
		return
	}
	card := v.page.card(v)
	v.takeNotice(&card)
	v.respond(http.StatusOK, card)
}

// post takes the answer to a page.
func (v *visit) post() {
	if v.page.answer == nil {
		v.get()
		return
	}
	if !v.judge() || v.closed() {
		return
	}
	if !v.readForm() {
		return
	}
	current := pageOf(v.it.Page)
	if !interaction.CheckToken(v.request.Box, v.owner, v.typed("_csrf")) || current.path != v.page.path && !v.page.beginning {
		v.startAgain()
		return
	}
	if v.page.enter != nil && !v.page.enter(v) {
		return
	}
	v.page.answer(v)
}

// readForm reads what was posted, and refuses what is too much, or no text, or has a zero byte, which no database holds.
func (v *visit) readForm() bool {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxForm)
	if err := v.r.ParseForm(); err == nil && isText(v.r.PostForm) {
		return true
	}
	v.code = oauth2.InvalidRequest
	v.respond(http.StatusBadRequest, v.failedCard(v.texts.ErrorRequest()))
	return false
}

func isText(form url.Values) bool {
	for _, values := range form {
		for _, value := range values {
			if !utf8.ValidString(value) || strings.IndexByte(value, 0) >= 0 {
				return false
			}
		}
	}
	return true
}

// closed sends the visitor to the beginning if the pool does not have the page.
func (v *visit) closed() bool {
	if v.page.open == nil || v.page.open(v) {
		return false
	}
	v.goTo(loginPath)
	return true
}

// typed is a value of the posted form.
func (v *visit) typed(name string) string { return v.r.PostForm.Get(name) }

// goTo sends the visitor to another page.
func (v *visit) goTo(path string) { v.leave(v.address(path)) }

// leave sends the visitor to an address, whose bytes are not changed.
func (v *visit) leave(address string) { v.redirect(http.StatusSeeOther, address) }

func (v *visit) redirect(status int, address string) {
	v.status = status
	v.w.Header()["Location"] = []string{address}
	v.w.WriteHeader(v.status)
}

// signInFirst has the visitor sign in, by a request that wants a new sign-in, and come back to the page.
func (v *visit) signInFirst() {
	v.asked = v.asked.With("prompt", oauth2.PromptLogin)
	v.owner.Request, v.lasting = hashOf(v.asked), interaction.Lasting{Then: v.page.path}
	v.keep(interaction.Interaction{})
	v.goTo(loginPath)
}

// startAgain sends the visitor to the beginning, where they are told why.
func (v *visit) startAgain() {
	v.code = "StartAgain"
	v.keep(interaction.Interaction{Notice: "again", Name: v.it.Name})
	v.goTo(loginPath)
}

// What pages say of the step before, by the name that an interaction keeps: what has been done, and what went wrong.
var (
	notices = words{
		"confirmed": (*text.Texts).ConfirmDone,
		"reset":     (*text.Texts).ResetDone,
		"sent":      (*text.Texts).SentAgain,

		"recent":       (*text.Texts).AccountRecent,
		"saved":        (*text.Texts).AccountSaved,
		"contact":      (*text.Texts).AccountContactDone,
		"password":     (*text.Texts).AccountPasswordDone,
		"second step":  (*text.Texts).AccountSecondDone,
		"passkey gone": (*text.Texts).AccountPasskeysRemoved,
		"device gone":  (*text.Texts).AccountDevicesRemoved,
		"signed out":   (*text.Texts).AccountSessionsEnded,
	}
	alerts = words{
		"again":          (*text.Texts).SentenceAgain,
		"limit":          (*text.Texts).SentenceLimit,
		"not sent":       (*text.Texts).SentenceNotSent,
		"reset required": (*text.Texts).SentenceResetRequired,
		"unconfirmable":  (*text.Texts).SentenceDisabled,
	}
)

// takeNotice adds to a card what the last step has done; the next page does not say it again.
func (v *visit) takeNotice(c *Card) {
	if v.it.Notice == "" {
		return
	}
	if say := notices[v.it.Notice]; say != nil {
		c.Notice = say(v.texts)
	}
	if say := alerts[v.it.Notice]; say != nil {
		c.Alert = say(v.texts)
	}
	it := v.it
	it.Notice = ""
	v.keep(it)
}
