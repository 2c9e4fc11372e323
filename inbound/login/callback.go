package login

import (
	"io"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"cardea/engine/interaction"
	"cardea/feature/federation"
	"cardea/platform/browser"
	"cardea/platform/serve"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// callback is one of the paths to which identity providers send browsers back.
type callback struct {
	page    page
	handle  string // the parameter by which the trip is found again
	methods []string
	most    int // bytes that are read of what is sent
}

// maxAssertion bounds the form with a SAML response, in bytes.
const maxAssertion = 128 << 10

// bodyTime is how long a form may take to arrive.
const bodyTime = 10 * time.Second

var callbacks = []callback{
	{
		page: page{name: "IdpResponse", path: federation.OAuthCallback}, handle: "state",
		methods: []string{http.MethodGet, http.MethodPost}, most: oauth2.MaxQuery,
	},
	{
		page: page{name: "AssertionConsumer", path: federation.SAMLCallback}, handle: "RelayState",
		methods: []string{http.MethodPost}, most: maxAssertion,
	},
}

// again is the query of a callback whose form was posted once more by a page of this site.
const again = "again=1"

// handleForm is that of the handles of trips, of which the beginning is in the name of a cookie.
var handleForm = regexp.MustCompile(`^[A-Za-z0-9_-]{32,80}$`)

// arrival is a visitor who comes back from an identity provider.
type arrival struct {
	*visit
	is     callback
	values oauth2.Values // what the provider has sent with them
}

// registerCallbacks adds the callbacks to a mux. Other sites lead there, so that they are not guarded as pages are.
func (h *Handler) registerCallbacks(mux *http.ServeMux) {
	for _, c := range callbacks {
		mux.HandleFunc(c.page.path, func(w http.ResponseWriter, r *http.Request) { h.serveCallback(w, r, c) })
	}
	for _, c := range logoutCallbacks {
		mux.HandleFunc(c.page.path, func(w http.ResponseWriter, r *http.Request) { h.serveLogout(w, r, c) })
	}
}

func (h *Handler) serveCallback(w http.ResponseWriter, r *http.Request, c callback) {
	sent := serve.Open(r, id.NewUUID())
	a := &arrival{visit: h.open(w, r.WithContext(h.Begin(sent)), c.page), is: c}
	a.once = true
	if err := sent.Catch(a.run); err != nil {
		a.failed(err)
	}
	h.Record(sent, a.outcome())
}

// run finishes the sign-in for which the visitor was sent to the provider. Nothing is looked up before their browser has shown that
// it was on a trip.
func (a *arrival) run() error {
	switch {
	case !browser.Arrives(a.r):
		a.status = http.StatusBadRequest
		http.Error(a.w, "This page is only shown on its own.", a.status)
	case !slices.Contains(a.is.methods, a.r.Method):
		a.w.Header().Set("Allow", strings.Join(a.is.methods, ", "))
		a.refuseAnswer(http.StatusMethodNotAllowed)
	case !a.receive():
		a.refuseAnswer(http.StatusBadRequest)
	case a.comesWithoutCookies():
		a.respond(http.StatusOK, a.cards().postAgain(a.values))
	default:
		if err := a.withinSource(); err != nil {
			return a.tooMany(err)
		}
		if err := a.withinRates(); err != nil {
			return a.tooMany(err)
		}
		a.arrive()
	}
	return nil
}

// receive reads what the provider has sent. A parameter that is there twice is refused.
func (a *arrival) receive() (ok bool) {
	raw := a.r.URL.RawQuery
	if a.r.Method == http.MethodPost {
		if raw, ok = a.body(); !ok {
			return false
		}
	}
	values, err := oauth2.ParseLong(raw, a.is.most)
	a.values = values
	return err == nil && values.Check() == nil
}

// body reads the form of the request.
func (a *arrival) body() (string, bool) {
	media, _, err := mime.ParseMediaType(a.r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return "", false
	}
	connection := http.NewResponseController(a.w)
	_ = connection.SetReadDeadline(time.Now().Add(bodyTime)) // tests' writers have none
	body, err := io.ReadAll(http.MaxBytesReader(a.w, a.r.Body, int64(a.is.most)))
	if err != nil {
		a.w.Header().Set("Connection", "close")
		return "", false
	}
	_ = connection.SetReadDeadline(time.Time{}) // or a slow answer would look like a client that left
	return string(body), true
}

// refuseAnswer tells the visitor that what the provider has sent cannot be read.
func (a *arrival) refuseAnswer(status int) {
	a.code = oauth2.InvalidRequest
	a.respond(status, a.failedCard(a.texts.ErrorAnswer()))
}

// handleOf is the handle of the trip that the visitor comes from; empty: what was sent names none.
func (a *arrival) handleOf() string {
	if handle := a.values.Get(a.is.handle); handleForm.MatchString(handle) {
		return handle
	}
	return ""
}

// comesWithoutCookies tells whether the form has to be posted once more, by a page of this site: browsers send no cookies with what
// another site's page has them post. It is posted once more at most, and only where there was a trip.
func (a *arrival) comesWithoutCookies() bool {
	handle := a.handleOf()
	return a.r.Method == http.MethodPost && handle != "" && a.visit.read(a.tripName(handle)) == "" &&
		a.r.URL.RawQuery != again && a.r.Header.Get("Sec-Fetch-Site") != "same-origin"
}

// postAgain is a form with what a provider has sent, which the browser posts to the same path at once.
func (t cards) postAgain(values oauth2.Values) Card {
	c := Card{Page: "post-again", Heading: t.SigningIn(), Lead: []string{t.SigningInLead()}, Submit: t.Continue(), Posts: true, Action: "?" + again}
	for _, p := range values.All() {
		c.Hidden = append(c.Hidden, Pair(p))
	}
	return c
}

// arrive finishes the sign-in.
func (a *arrival) arrive() {
	handle := a.handleOf()
	if handle == "" && a.is.page.path == federation.SAMLCallback {
		a.finishTrip(nil) // it has begun at the provider
		return
	}
	trip, err := a.openTrip(handle)
	switch {
	case err != nil:
		a.failed(err)
	case trip == nil:
		a.tripOver()
	case a.resume(trip):
		a.finishTrip(trip)
	}
}

// openTrip finds the trip that the visitor was on, and has their browser forget it; nil: it knows of none.
func (a *arrival) openTrip(handle string) (*interaction.Trip, error) {
	if handle == "" {
		return nil, nil
	}
	name := a.tripName(handle)
	sealed := a.visit.read(name)
	if sealed == "" {
		return nil, nil
	}
	box, err := a.Hosted.Box(a.r.Context(), a.site.Pool)
	if err != nil {
		return nil, err
	}
	trip := interaction.OpenTrip(box, a.traveller(handle), sealed)
	if trip != nil {
		a.set(name, "", -1)
	}
	return trip, nil
}

// resume judges the authorization request that the visitor has left with.
func (a *arrival) resume(trip *interaction.Trip) bool {
	asked, err := oauth2.Parse(trip.Query)
	if err == nil {
		a.asked = asked
		a.request, err = a.Hosted.Read(a.r.Context(), a.site.Pool, asked)
	}
	if err != nil {
		a.refuseRequest(err)
		return false
	}
	a.bind()
	return true
}

// finishTrip signs the visitor in with what the provider has sent, and sends them on. trip is nil where they have come without having
// been sent.
func (a *arrival) finishTrip(trip *interaction.Trip) {
	out, err := a.Federation.Return(a.r.Context(), federation.Return{
		Site: a.site, Browser: a.browser(), Path: a.is.page.path, Values: a.values, Trip: trip,
	})
	if err != nil {
		a.refuseArrival(err)
		return
	}
	if trip == nil {
		if !a.resume(&interaction.Trip{Query: out.Values.Encode()}) {
			return
		}
	}
	if out.Link != nil {
		a.propose(out.Link)
		return
	}
	a.finish(out.Finished)
}

// tripPrefix begins the names of the cookies of trips.
const tripPrefix = "q-"

// tripName is the name of the cookie of a trip.
func (v *visit) tripName(handle string) string { return v.cookie(tripPrefix + handle[:12]) }

// traveller is whose a trip is.
func (v *visit) traveller(handle string) interaction.Owner {
	return interaction.Owner{Pool: v.site.Pool, Domain: v.site.Domain, Request: handle, Browser: v.browserID()}
}

// tripOver tells a visitor to start again, whose browser knows of no trip that they could come back from.
func (a *arrival) tripOver() {
	a.code = "StartAgain"
	a.respond(http.StatusBadRequest, a.failedCard(a.texts.ErrorOver()))
}
