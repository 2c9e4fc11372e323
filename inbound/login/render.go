package login

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"cardea/engine/brand"
	"cardea/engine/interaction"
	"cardea/feature/branding"
	"cardea/inbound/login/text"
	"cardea/platform/browser"
	"cardea/platform/caller"
	"cardea/spec/id"
)

var (
	//go:embed *.html
	markup embed.FS
	//go:embed login.css
	style string
	//go:embed rows.css
	rowsStyle string // of pages with lists
	//go:embed providers.css
	providersStyle string // of pages with identity providers
	//go:embed login.js
	program string

	pages = template.Must(template.New("").Funcs(template.FuncMap{
		"button":  func(b Button, hidden []Pair) buttonView { return buttonView{b, hidden} },
		"field":   func(f Field, t *text.Texts) fieldView { return fieldView{f, t} },
		"picture": func(p branding.Picture, name string) logoView { return logoView{p, name} },
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
	Around  template.HTML // what an operator has around the card in the place of Cardea's own

	operator *Templates // of the operator; nil: there are none
	pool     id.Pool
	stays    bool // its form never ends on another site
	once     bool // it answers a form, so that it cannot be asked for again in another language
}

// fieldView is a field and what is said around it.
type fieldView struct {
	Field
	*text.Texts
}

// logoView is a picture and what it is called.
type logoView struct {
	branding.Picture
	Name string
}

// buttonView is a button and what its form carries besides.
type buttonView struct {
	Button
	Hidden []Pair
}

// choice is a language that the page can be read in.
type choice struct {
	text.Language
	Address string
}

// Classes are the words of the page's style sheet that hold for the page.
func (f frame) Classes() string {
	if f.Look.Classic {
		return strings.TrimSpace("classic " + f.Look.Classes)
	}
	return f.Look.Classes
}

// Graphic is the picture of the card's way to sign in, if the style has one.
func (f frame) Graphic() *branding.Picture {
	if p, found := f.Look.Graphics[f.Card.Graphic]; found {
		return &p
	}
	return nil
}

// inList is how many providers are shown one below the other. More are in a menu, where there is another way to sign in.
const inList = 6

// providersView is the card's identity providers as the style shows them.
type providersView struct {
	Providers
	Title, Field string
	List         []providerView
	Menu, Last   bool
}

type providerView struct {
	Provider
	Class, Icon, Initial string
}

// Providers are the card's identity providers, in the order of the style.
func (f frame) Providers() providersView {
	in, given := f.Look.Providers, f.Card.Providers
	view := providersView{Providers: given, Title: f.ChooseAnother(), Field: chosenField, Last: in.Last}
	view.Menu = in.Menu || len(given.List) > inList && len(f.Card.Fields) > 0
	for _, p := range given.List {
		if view.Menu {
			p.Label = p.Title
		}
		view.List = append(view.List, f.provider(p))
	}
	place := func(p providerView) int {
		if i := slices.Index(in.Order, p.Name); i >= 0 {
			return i
		}
		return len(in.Order)
	}
	slices.SortStableFunc(view.List, func(a, b providerView) int { return cmp.Compare(place(a), place(b)) })
	return view
}

// provider is a provider as the style shows it: with an icon of its own, or with the initial of what people call it.
func (f frame) provider(p Provider) providerView {
	view := providerView{Provider: p}
	if f.Look.Style != "" && !f.Look.Classic {
		view.Class = brand.Class(p.Name)
	}
	if f.Look.Classic {
		view.Class = map[bool]string{true: "socialButton-customizable", false: "idpButton-customizable"}[p.Social]
	}
	if !f.Look.Providers.Icons && f.Look.Style != "" {
		return view
	}
	if view.Icon = f.Look.ProviderIcons[p.Name]; view.Icon == "" {
		initial, _ := utf8.DecodeRuneInString(p.Title)
		view.Initial = strings.ToUpper(string(initial))
	}
	return view
}

// respond answers with a card.
func (v *visit) respond(status int, card Card) {
	v.status = status
	if v.request != nil && !card.Posts {
		card.Hidden = append(card.Hidden, Pair{"_csrf", interaction.Token(v.request.Box, v.owner)})
	}
	f := frame{
		Texts: v.texts, Card: card, App: v.app(), Again: v.address(loginPath), Look: v.look(), stays: v.stays, once: v.once,
		operator: v.Templates, pool: v.site.Pool,
	}
	if v.named || status >= http.StatusInternalServerError {
		f.ID = caller.From(v.r.Context()).RequestID
	}
	write(v.w, v.r, status, f)
}

// look is how the app's pages look; without a request that was judged, those of the client that the address names. They have
// Cardea's own look when theirs cannot be read.
func (v *visit) look() branding.Look {
	if v.Branding == nil {
		return branding.Look{}
	}
	client := id.Client(v.r.URL.Query().Get("client_id"))
	if v.request != nil {
		client = v.request.Client.ID
	}
	look, err := v.Branding.Look(v.r.Context(), v.site, client)
	if err != nil {
		v.failure = errors.Join(v.failure, fmt.Errorf("find the look of pages: %w", err))
	}
	return look
}

// write answers with a page.
func write(w http.ResponseWriter, r *http.Request, status int, f frame) {
	for _, l := range text.Languages {
		if f.once {
			break
		}
		f.Choices = append(f.Choices, choice{l, inLanguage(r.URL, l.Tag)})
	}
	if p := f.Providers(); len(p.List) > 0 && !p.Last { // nothing is passed over that is above the form
		f.Card = unfocused(f.Card)
	}
	f.Nonce, f.Program = rand.Text(), template.JS(program)
	own := style
	if len(f.Card.Rows) > 0 {
		own += rowsStyle
	}
	if len(f.Card.Providers.List) > 0 {
		own += providersStyle
	}
	f.Style = template.CSS(own + cmp.Or(f.Look.Style, brand.Own.Style) + f.operator.style(f.pool))
	f.Around = f.operator.around(f)
	page := draw("frame.html", f)
	policy := browser.Policy{Nonce: f.Nonce, Script: f.Card.Script(), Calls: f.Card.Offer != nil || f.Card.Enroll, Stays: f.stays}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", f.Tag)
	w.Header().Set("Content-Security-Policy", policy.String())
	w.WriteHeader(status)
	_, _ = w.Write(page) // the visitor may be gone
}

// unfocused is a card where none of its fields is begun with.
func unfocused(c Card) Card {
	c.Fields = slices.Clone(c.Fields)
	for i := range c.Fields {
		c.Fields[i].Focus = false
	}
	return c
}

// draw executes one of the templates, which are part of the program.
func draw(name string, f frame) []byte {
	var out bytes.Buffer
	if err := pages.ExecuteTemplate(&out, name, f); err != nil {
		panic(err)
	}
	return out.Bytes()
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
