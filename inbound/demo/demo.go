package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"html/template"
	"log/slog"
	"net/http"

	"cardea/platform/browser"
)

// Path is the address of the page, to which visitors come back from the pool's domain.
const Path = "/_cardea/demo"

// App is what the app has been told about the pool where its users sign in.
type App struct {
	Client string
	Domain string // the address of the pool's domain, without a slash at the end
	Home   string // its own address
	Inbox  string
}

// Handler shows the app.
type Handler struct {
	// Find gives the app; nil when there is no demo pool any more.
	Find func(ctx context.Context) (*App, error)
	Log  *slog.Logger
}

var (
	//go:embed demo.html
	markup string
	//go:embed demo.css
	style string
	//go:embed demo.js
	script string

	page = template.Must(template.New("demo").Parse(markup))
)

// Register mounts the app.
func (h *Handler) Register(mux *http.ServeMux) { mux.HandleFunc("GET "+Path, h.show) }

func (h *Handler) show(w http.ResponseWriter, r *http.Request) {
	browser.SetHeaders(w.Header(), false)
	app, err := h.Find(r.Context())
	if err != nil {
		h.Log.ErrorContext(r.Context(), "demo app", "error", err)
		http.Error(w, "Something went wrong.", http.StatusInternalServerError)
		return
	}
	if app == nil {
		http.Error(w, "There is no demo pool.", http.StatusNotFound)
		return
	}
	policy := browser.Policy{Nonce: rand.Text(), Script: true, Calls: true}
	var b bytes.Buffer
	err = page.Execute(&b, struct {
		*App
		Nonce  string
		Style  template.CSS
		Script template.JS
	}{app, policy.Nonce, template.CSS(style), template.JS(script)})
	if err != nil {
		panic(err) // the template is part of the program
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", policy.String())
	w.Header().Set("Referrer-Policy", "no-referrer") // the address may have a code
	_, _ = w.Write(b.Bytes())                        // the visitor may be gone
}
