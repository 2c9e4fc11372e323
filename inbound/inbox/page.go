package inbox

import (
	"crypto/rand"
	_ "embed"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"cardea/engine/message"
)

// What the page shows at most.
const (
	pageSize   = 100
	maxLinks   = 10  // of one message, beside its text
	maxExcerpt = 140 // characters
)

var (
	//go:embed page.html
	pageText string
	//go:embed inbox.js
	script []byte
	//go:embed inbox.css
	style []byte
	//go:embed icon.svg
	icon []byte

	page = template.Must(template.New("page").Parse(pageText))
)

// policy allows the page its own script and style by a nonce, and frames with the HTML of messages.
func policy(nonce string) string {
	return "default-src 'none'; script-src 'nonce-" + nonce + "'; style-src 'nonce-" + nonce + "'; img-src 'self'; " +
		"connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

// content is what the page shows.
type content struct {
	To, Query string
	Entries   []entry
	More      bool // older messages fit too
	Nonce     string

	Home, Script, Style, Icon string // addresses
}

// Filtered tells whether messages may be missing because of what was asked for.
func (c content) Filtered() bool { return c.To != "" || c.Query != "" }

// entry is one message on the page.
type entry struct {
	message.Received
	Title, Purpose, Excerpt string
	Text                    []span
	Links                   []string
	Source                  string // where its HTML is shown; empty if it has none
	Open                    bool
}

func (h *Handler) page(w http.ResponseWriter, r *http.Request) {
	c := content{
		To: address(r), Query: strings.TrimSpace(r.URL.Query().Get("q")), Nonce: rand.Text(),
		Home: PagePath, Script: scriptPath, Style: stylePath, Icon: iconPath,
	}
	words := strings.Fields(strings.ToLower(c.Query))
	limit := pageSize + 1
	if len(words) > 0 {
		limit = message.InboxSize
	}
	messages, err := h.Outbox.Inbox(r.Context(), c.To, limit)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	for _, m := range slices.Backward(messages) {
		if !matches(m, words) {
			continue
		}
		if c.More = len(c.Entries) == pageSize; c.More {
			break
		}
		c.Entries = append(c.Entries, show(m))
	}
	if len(c.Entries) > 0 {
		c.Entries[0].Open = true
	}

	var b strings.Builder
	if err := page.Execute(&b, c); err != nil {
		h.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", policy(c.Nonce))
	_, _ = w.Write([]byte(b.String())) // the client may be gone
}

// matches reports whether every word, in lower case, is in something that the page shows of a message.
func matches(m message.Received, words []string) bool {
	if len(words) == 0 {
		return true
	}
	text := strings.ToLower(strings.Join([]string{
		m.To, m.Subject, m.Body, m.Code, string(m.Pool), m.PoolName, purpose(m.Kind), medium(m),
	}, "\n"))
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
}

// show prepares a message for the page.
func show(m message.Received) entry {
	text := m.Body
	e := entry{Received: m, Title: m.Subject, Purpose: purpose(m.Kind)}
	if m.HTML {
		text = textOf(m.Body)
		e.Source = htmlPath + string(m.Pool) + "/" + m.ID
	}
	if e.Title == "" {
		e.Title = medium(m)
	}
	e.Text = spans(text)
	e.Links = linksOf(e.Text)
	e.Excerpt = strings.Join(strings.Fields(text), " ")
	if characters := []rune(e.Excerpt); len(characters) > maxExcerpt {
		e.Excerpt = string(characters[:maxExcerpt]) + "…"
	}
	return e
}

// MediumName says by what a message would have been sent.
func (e entry) MediumName() string { return medium(e.Received) }

// CodeName says what the code of a message is.
func (e entry) CodeName() string {
	if e.Kind == message.AdminCreateUser {
		return "Temporary password"
	}
	return "Code"
}

func medium(m message.Received) string {
	if m.Medium == "SMS" {
		return "Text message"
	}
	return "Mail"
}

// purposes say what messages are for.
var purposes = map[message.Kind]string{
	message.SignUp:              "Sign-up",
	message.AdminCreateUser:     "Invitation",
	message.ResendCode:          "Sign-up, sent again",
	message.ForgotPassword:      "Forgotten password",
	message.UpdateUserAttribute: "Changed address",
	message.VerifyUserAttribute: "Address verification",
	message.Authentication:      "Sign-in",
}

// purpose is the text for a kind; for one that has none here, its own name.
func purpose(k message.Kind) string {
	if text, ok := purposes[k]; ok {
		return text
	}
	return string(k)
}
