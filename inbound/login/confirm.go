package login

import (
	"context"
	"errors"
	"io"
	"log/slog"
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
	"cardea/feature/signup"
	"cardea/inbound/login/text"
	"cardea/platform/browser"
	"cardea/spec/awsjson"
)

// What a link may have at most, in bytes.
const (
	maxLink  = 8 << 10 // of its form
	maxValue = 2 << 10 // of a parameter
)

// confirm shows a button to whoever opens a link, and confirms the account when it is pressed.
func (h *Handler) confirm(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	browser.SetHeaders(header, false)
	header.Set("Referrer-Policy", "no-referrer") // the address has a code
	query := r.URL.RawQuery
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodPost:
		query = posted(w, r)
	default:
		header.Set("Allow", "GET, HEAD, POST")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}

	from := awsjson.CallerOf(r)
	link, tag, ok := linkOf(query)
	if site := issuer.SiteFrom(r.Context()); site != nil {
		link.Pool = site.Pool
	}
	page := linkPage{cards: cards{Texts: textsFor(r, tag)}, link: link}
	r = r.WithContext(r.Context())
	r.URL = &url.URL{Path: r.URL.Path, RawQuery: addressOf(link)} // for other languages: nothing else is kept
	f := frame{Texts: page.Texts, App: nameless, stays: true, once: r.Method == http.MethodPost}
	status := http.StatusBadRequest
	f.Card = page.wrongLink()
	if ok {
		name, err := h.Signup.AppName(r.Context(), link)
		if name != "" {
			f.App = name
		}
		switch {
		case err != nil:
			status, f.Card = h.refused(r.Context(), page, err)
		case r.Method == http.MethodPost:
			status, f.Card = h.confirmed(awsjson.WithCaller(r.Context(), from), page)
		default:
			status, f.Card = http.StatusOK, page.askToConfirm()
		}
	}
	if status >= http.StatusInternalServerError {
		f.ID = from.RequestID
	}
	write(w, r, status, f)
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

// confirmed confirms an account and says what came of it.
func (h *Handler) confirmed(ctx context.Context, p linkPage) (status int, card Card) {
	ended := func() []slog.Attr { return nil }
	if h.Begin != nil {
		ctx, ended = h.Begin(ctx)
	}
	err := h.Signup.ConfirmByLink(ctx, p.link)
	about := append(ended(), slog.String("request_id", awsjson.CallerFrom(ctx).RequestID))
	if err == nil {
		h.log().LogAttrs(ctx, slog.LevelInfo, "confirmed by link", about...)
		return http.StatusOK, p.linkDone()
	}
	return h.refused(ctx, p, err, about...)
}

// refused says why a link did not confirm an account, or what happened afterwards.
func (h *Handler) refused(ctx context.Context, p linkPage, err error, about ...slog.Attr) (status int, card Card) {
	stopped, told := errors.AsType[*trigger.Error](err)
	_, taken := errors.AsType[*account.TakenError](err)
	level := slog.LevelInfo
	switch {
	case errors.Is(err, signup.ErrLink):
		status, card = http.StatusBadRequest, p.wrongLink()
	case errors.Is(err, lockout.ErrRateLimited):
		status, card = http.StatusTooManyRequests, alert(p.askToConfirm(), p.SentenceLocked())
	case taken:
		status, card = http.StatusConflict, p.wrongLink()
		card.Lead = []string{p.SentenceTaken()}
	case told: // the account is confirmed
		status, card = http.StatusOK, p.linkDone()
		if level = slog.LevelError; stopped.Kind == trigger.Refused {
			level, card = slog.LevelInfo, alert(card, stopped.Text)
		}
	default:
		level, status, card = slog.LevelError, http.StatusInternalServerError, alert(p.askToConfirm(), p.SentenceUnavailable())
	}
	h.log().LogAttrs(ctx, level, "not confirmed by link", append(about, slog.Any("error", err))...)
	return status, card
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
func textsFor(r *http.Request, tag string) *text.Texts {
	if texts, known := text.In(tag); known {
		return texts
	}
	return text.For(r.Header.Get("Accept-Language"))
}

func (h *Handler) log() *slog.Logger {
	if h.Log == nil {
		return slog.Default()
	}
	return h.Log
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
