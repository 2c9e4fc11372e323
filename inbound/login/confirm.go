package login

import (
	"cmp"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"cardea/engine/account"
	"cardea/engine/issuer"
	"cardea/engine/lockout"
	"cardea/engine/message"
	"cardea/engine/trigger"
	"cardea/feature/branding"
	"cardea/feature/signup"
	"cardea/inbound/login/text"
	"cardea/platform/browser"
	"cardea/platform/caller"
	"cardea/platform/serve"
	"cardea/spec/id"
)

// What a link may have at most, in bytes.
const (
	maxLink  = 8 << 10 // of its form
	maxValue = 2 << 10 // of a parameter
)

// confirm shows a button to whoever opens a link, and confirms the account when it is pressed.
func (h *Handler) confirm(w http.ResponseWriter, r *http.Request) {
	sent := serve.Open(r, id.NewUUID())
	v := &linkVisit{Handler: h, linkPage: linkPage{cards: cards{Texts: textsFor(h.Templates.texts(""), r, "")}}, w: w, r: r.WithContext(h.Begin(sent)), app: nameless}
	v.Service, v.Operation = service, "ConfirmUser"
	if err := sent.Catch(v.run); err != nil {
		v.refuse(err)
	}
	v.Client, v.Pool, v.Event = id.Loggable(v.link.Client), string(v.link.Pool), v.event()
	h.Record(sent, v.Outcome)
}

// linkVisit is one request for the page of a link.
type linkVisit struct {
	*Handler
	linkPage
	serve.Outcome
	w   http.ResponseWriter
	r   *http.Request
	app string // the name of the app that the account is for
}

// run answers the request, unless it is refused.
func (v *linkVisit) run() error {
	header := v.w.Header()
	browser.SetHeaders(header, false)
	header.Set("Referrer-Policy", "no-referrer") // the address has a code
	query := v.r.URL.RawQuery
	switch v.r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodPost:
		query = posted(v.w, v.r)
	default:
		header.Set("Allow", "GET, HEAD, POST")
		v.Status = http.StatusMethodNotAllowed
		http.Error(v.w, "method not allowed", v.Status)
		return nil
	}

	if !v.read(query) {
		return signup.ErrLink
	}
	name, err := v.Signup.AppName(v.r.Context(), v.link)
	v.app = cmp.Or(name, v.app)
	if err != nil {
		return err
	}
	if v.r.Method != http.MethodPost {
		v.respond(http.StatusOK, v.askToConfirm())
		return nil
	}
	if err := v.Signup.ConfirmByLink(v.r.Context(), v.link); err != nil {
		return err
	}
	v.respond(http.StatusOK, v.linkDone())
	return nil
}

// read reads the parameters of the link, and reports whether it has all.
func (v *linkVisit) read(query string) bool {
	link, tag, ok := linkOf(query)
	if site := issuer.SiteFrom(v.r.Context()); site != nil {
		link.Pool = site.Pool
	}
	v.link, v.Texts = link, textsFor(v.Templates.texts(link.Pool), v.r, tag)
	v.r.URL = &url.URL{Path: v.r.URL.Path, RawQuery: addressOf(link)} // for other languages: nothing else is kept
	return ok
}

// refuse says why a link did not confirm an account, or what happened afterwards.
func (v *linkVisit) refuse(err error) {
	stopped, told := errors.AsType[*trigger.Error](err)
	_, taken := errors.AsType[*account.TakenError](err)
	switch {
	case errors.Is(err, signup.ErrLink):
		v.Code = "WrongLink"
		v.respond(http.StatusBadRequest, v.wrongLink())
	case errors.Is(err, lockout.ErrRateLimited):
		v.Code = "TooManyRequestsException"
		v.respond(http.StatusTooManyRequests, alert(v.askToConfirm(), v.SentenceLocked()))
	case taken:
		v.Code = "AliasExistsException"
		card := v.wrongLink()
		card.Lead = []string{v.SentenceTaken()}
		v.respond(http.StatusConflict, card)
	case told && stopped.Kind == trigger.Refused: // the account is confirmed
		v.Code = "UserLambdaValidationException"
		v.respond(http.StatusOK, alert(v.linkDone(), stopped.Text))
	case told:
		v.Code, v.Failure = "UnexpectedLambdaException", err
		v.respond(http.StatusOK, v.linkDone())
	default:
		v.Code, v.Failure = "InternalErrorException", err
		v.respond(http.StatusInternalServerError, alert(v.askToConfirm(), v.SentenceUnavailable()))
	}
}

// respond answers with a card.
func (v *linkVisit) respond(status int, card Card) {
	v.Status = status
	f := frame{
		Texts: v.Texts, Card: card, App: v.app, Look: v.look(), stays: true, once: v.r.Method == http.MethodPost,
		operator: v.Templates, pool: v.link.Pool,
	}
	if status >= http.StatusInternalServerError {
		f.ID = caller.From(v.r.Context()).RequestID
	}
	write(v.w, v.r, status, f)
}

// look is how the app's pages look on the request's domain. Without a domain there are no images, and no look but Cardea's.
func (v *linkVisit) look() branding.Look {
	site := issuer.SiteFrom(v.r.Context())
	if site == nil || v.Branding == nil {
		return branding.Look{}
	}
	look, err := v.Branding.Look(v.r.Context(), site, id.Client(v.link.Client))
	v.Failure = errors.Join(v.Failure, err)
	return look
}

// linkPage makes the cards of a link.
type linkPage struct {
	cards
	link signup.Link
}

// askToConfirm has a button that confirms. The address that it posts to has no parameters, so that the code is not in it.
func (p linkPage) askToConfirm() Card {
	return Card{
		Page: "confirm-link", Heading: p.ConfirmLink(), Lead: []string{p.ConfirmLinkLead()}, Submit: p.ConfirmSubmit(),
		Action: strings.TrimPrefix(message.LinkPath, "/"),
		Hidden: []Pair{
			{"client_id", p.link.Client}, {"user_name", p.link.Username}, {"confirmation_code", p.link.Code}, {"lang", p.Tag},
		},
	}
}

// linkDone says that the account is confirmed.
func (t cards) linkDone() Card {
	return Card{Page: "confirm-link-done", Heading: t.ConfirmLinkDone(), Lead: []string{t.ConfirmLinkDoneLead()}}
}

// wrongLink says that a link confirms nobody, and nothing of who it is for.
func (t cards) wrongLink() Card {
	return Card{Page: "confirm-link-failed", Heading: t.ConfirmLinkFailed(), Lead: []string{t.ConfirmLinkFailedLead()}}
}

// posted is the form that a page posts; empty if it is not one.
func posted(w http.ResponseWriter, r *http.Request) string {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return ""
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxLink))
	if err != nil {
		return ""
	}
	return string(body)
}

// nameless is what pages call an app that is not known.
const nameless = "Cardea"

// textsFor are those in the language that the page was asked for in, or that suits the browser.
func textsFor(all text.Catalogue, r *http.Request, tag string) *text.Texts {
	if texts, known := all.In(tag); known {
		return texts
	}
	return all.For(r.Header.Get("Accept-Language"))
}

// addressOf is the query of a link's address; empty if there is no link.
func addressOf(link signup.Link) string {
	if link.Code == "" {
		return ""
	}
	return url.Values{"client_id": {link.Client}, "user_name": {link.Username}, "confirmation_code": {link.Code}}.Encode()
}

// linkOf reads the parameters of a link, and the language that its page is to be in. Others, such as redirect_uri, are ignored.
func linkOf(query string) (link signup.Link, lang string, ok bool) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return signup.Link{}, "", false
	}
	lang = values.Get("lang")
	for name, into := range map[string]*string{"client_id": &link.Client, "user_name": &link.Username, "confirmation_code": &link.Code} {
		given := values[name]
		if len(given) != 1 || given[0] == "" || len(given[0]) > maxValue || !utf8.ValidString(given[0]) || strings.ContainsFunc(given[0], unicode.IsControl) {
			return signup.Link{}, lang, false
		}
		*into = given[0]
	}
	return link, lang, true
}
