package login

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"cardea/engine/interaction"
	"cardea/feature/federation"
	"cardea/platform/browser"
	"cardea/platform/serve"
	"cardea/spec/id"
	"cardea/spec/oauth2"
	"cardea/spec/saml"
)

// logoutCallbacks are the paths by which identity providers tell of logouts.
var logoutCallbacks = []callback{
	{
		page: page{name: "SamlLogout", path: federation.SAMLLogout}, handle: saml.RelayField,
		methods: []string{http.MethodGet, http.MethodPost}, most: maxAssertion,
	},
	{
		page: page{name: "ProviderLogout", path: federation.OAuthLogout}, handle: "state",
		methods: []string{http.MethodGet}, most: oauth2.MaxQuery,
	},
}

// Part sends a browser that was signed out here to the identity provider at which its user had signed in, to be signed out there, too.
// left tells whether it was, and status with which status.
func (h *Handler) Part(w http.ResponseWriter, r *http.Request, in federation.Parting) (status int, left bool) {
	v := h.open(w, r, page{})
	v.once, in.Site = true, v.site
	out := h.Federation.Part(r.Context(), in)
	if out == nil {
		return 0, false
	}
	box, err := h.Hosted.Box(r.Context(), v.site.Pool)
	if err != nil {
		return 0, false // the user is signed out here, and goes on
	}
	sealed := interaction.SealTrip(box, v.traveller(out.Trip.Handle), out.Trip)
	if sealed == "" {
		return 0, false // the request to sign out is too long to come back to
	}
	v.rememberTrip(out.Trip.Handle, sealed)
	v.sendMessage(out.Location, out.Form)
	return v.status, true
}

// sendMessage sends the browser to a provider with a message about a logout.
func (v *visit) sendMessage(location string, form *federation.Form) {
	v.w.Header().Set("Referrer-Policy", "no-referrer")
	switch {
	case form == nil && v.r.Method == http.MethodPost:
		v.leave(location)
		return
	case form == nil:
		v.redirect(http.StatusFound, location)
		return
	}
	c := Card{Page: "go-to-provider", Heading: v.texts.SigningOut(), Lead: []string{v.texts.SigningInLead()}, Submit: v.texts.Continue(), Posts: true, Action: form.Action}
	for _, p := range form.Fields {
		c.Hidden = append(c.Hidden, Pair(p))
	}
	v.respond(http.StatusOK, c)
}

// parting is a message of a provider about a logout.
type parting struct{ *arrival }

func (h *Handler) serveLogout(w http.ResponseWriter, r *http.Request, c callback) {
	sent := serve.Open(r, id.NewUUID())
	p := &parting{&arrival{visit: h.open(w, r.WithContext(h.Begin(sent)), c.page), is: c}}
	p.once = true
	if err := sent.Catch(p.run); err != nil {
		p.failed(err)
	}
	h.Record(sent, p.outcome())
}

// run answers the message. A request of a provider needs nothing of the browser, and may come in a frame of the provider's page; an
// answer is only taken from the browser that was sent to the provider.
func (p *parting) run() error {
	switch {
	case !slices.Contains(p.is.methods, p.r.Method):
		p.w.Header().Set("Allow", strings.Join(p.is.methods, ", "))
		p.refuseAnswer(http.StatusMethodNotAllowed)
	case !p.receive(), p.values.Has(saml.RequestField) && p.values.Has(saml.ResponseField):
		p.refuseAnswer(http.StatusBadRequest)
	case p.values.Has(saml.RequestField):
		p.endByProvider()
	case !browser.Arrives(p.r):
		p.status = http.StatusBadRequest
		http.Error(p.w, "This page is only shown on its own.", p.status)
	case p.comesWithoutCookies():
		c := p.cards().postAgain(p.values)
		c.Heading = p.texts.SigningOut()
		p.respond(http.StatusOK, c)
	default:
		p.comeBack()
	}
	return nil
}

// message is the message as it came in its binding.
func (p *parting) message(field string) saml.Incoming {
	if p.r.Method == http.MethodPost {
		return saml.Incoming{Form: p.values.Get(field)}
	}
	return saml.Incoming{Query: p.r.URL.RawQuery}
}

// endByProvider ends the sessions that a provider says are over, and sends the browser back to it with the answer.
func (p *parting) endByProvider() {
	out, err := p.Federation.EndByProvider(p.r.Context(), federation.EndRequest{
		Site: p.site, Message: p.message(saml.RequestField), RelayState: p.values.Get(saml.RelayField),
	})
	if err != nil {
		p.refuseMessage(err)
		return
	}
	if out.Sessions > 0 {
		p.set(p.cookie(browser.SSO), "", -1)
	}
	if out.Location == "" && out.Form == nil {
		p.tellSignedOut()
		return
	}
	p.sendMessage(out.Location, out.Form)
}

// comeBack sends a browser on, whose user was signed out here before they were at the provider, to where they wanted to go then. That
// is judged again.
func (p *parting) comeBack() {
	handle := p.handleOf()
	trip, err := p.openTrip(handle)
	if err == nil {
		err = p.Federation.Parted(p.r.Context(), federation.Parted{
			Site: p.site, Path: p.is.page.path, Trip: trip, Handle: handle, Message: p.message(saml.ResponseField),
		})
	}
	if err != nil {
		p.refuseMessage(err)
		return
	}
	asked, err := oauth2.Parse(trip.Query)
	if err != nil {
		p.refuseMessage(federation.ErrLogout)
		return
	}
	p.status = p.LoggedOut(p.w, p.r, asked)
}

// refuseMessage tells the visitor that the provider's message is not taken. The line in the log that says why has the request's id.
func (p *parting) refuseMessage(err error) {
	if !errors.Is(err, federation.ErrLogout) {
		p.failed(err)
		return
	}
	p.named = true
	p.refuseAnswer(http.StatusBadRequest)
}
