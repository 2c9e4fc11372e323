package login

import (
	"bytes"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"cardea/engine/interaction"
	"cardea/feature/branding"
	"cardea/inbound/login/text"
	"cardea/platform/browser"
	"cardea/platform/caller"
)

var (
	//go:embed *.html
	markup embed.FS
	//go:embed login.css
	style string
	//go:embed login.js
	program string

	pages = template.Must(template.New("").Funcs(template.FuncMap{
		"field": func(f Field, t *text.Texts) fieldView { return fieldView{f, t} },
	}).ParseFS(markup, "*.html"))
)

// frame is what stands around a card.
type frame struct {
	*text.Texts
	Card    Card
	App     string // the name of the app that asks, or of the pool
	ID      string // of the request, where a visitor may have to tell it
	Again   string // where somebody else can sign in
	Choices []choice
	Look    branding.Look
	Nonce   string
	Style   template.CSS
	Program template.JS

	stays bool // its form never ends on another site
	once  bool // it answers a form, so that it cannot be asked for again in another language
}

// fieldView is a field and what is said around it.
type fieldView struct {
	Field
	*text.Texts
}

// choice is a language that the page can be read in.
type choice struct {
	text.Language
	Address string
}

// respond answers with a card.
func (v *visit) respond(status int, card Card) {
	v.status = status
	if v.request != nil && !card.Posts {
		card.Hidden = append(card.Hidden, Pair{"_csrf", interaction.Token(v.request.Box, v.owner)})
	}
	f := frame{Texts: v.texts, Card: card, App: v.app(), Again: v.address(loginPath), Look: v.look(), once: v.once}
	if status >= http.StatusInternalServerError {
		f.ID = caller.From(v.r.Context()).RequestID
	}
	write(v.w, v.r, status, f)
}

// look is how the app's pages look. They have the server's own look when theirs cannot be read.
func (v *visit) look() branding.Look {
	if v.request == nil || v.Branding == nil {
		return branding.Look{}
	}
	look, err := v.Branding.Look(v.r.Context(), v.site, v.request.Client.ID)
	if err != nil {
		v.failure = errors.Join(v.failure, fmt.Errorf("find the look of pages: %w", err))
	}
	return look
}

// write answers with a page.
func write(w http.ResponseWriter, r *http.Request, status int, f frame) {
	f.Nonce, f.Style, f.Program = rand.Text(), template.CSS(style+f.Look.Style), template.JS(program)
	for _, l := range text.Languages {
		if f.once {
			break
		}
		f.Choices = append(f.Choices, choice{l, inLanguage(r.URL, l.Tag)})
	}
	var page bytes.Buffer
	if err := pages.ExecuteTemplate(&page, "frame.html", f); err != nil {
		panic(err) // the templates are part of the program
	}
	policy := browser.Policy{Nonce: f.Nonce, Script: f.Card.Script(), Calls: f.Card.Offer != nil || f.Card.Enroll, Stays: f.stays}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", f.Tag)
	w.Header().Set("Content-Security-Policy", policy.String())
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes()) // the visitor may be gone
}

// inLanguage is the page's own address, in another language.
func inLanguage(address *url.URL, tag string) string {
	var kept []string
	for pair := range strings.SplitSeq(address.RawQuery, "&") {
		if name, _, _ := strings.Cut(pair, "="); pair != "" && name != "lang" {
			kept = append(kept, pair)
		}
	}
	return "?" + strings.Join(append(kept, "lang="+tag), "&")
}
