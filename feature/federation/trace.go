package federation

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"cardea/engine/trigger"
	"cardea/outbound/upstream"
	"cardea/spec/id"
	"cardea/spec/oauth2"
	"cardea/spec/saml"
)

// Trace is what happened in one sign-in through a provider, as operators see it.
type Trace struct {
	ID       string      `json:"id"` // of the request that ended it, which the page of an error shows
	Pool     id.Pool     `json:"pool"`
	Client   string      `json:"client,omitempty"`
	Provider string      `json:"provider"`
	Type     string      `json:"type,omitempty"` // of the provider
	Began    time.Time   `json:"began"`
	Took     float64     `json:"seconds"` // since then, most of them at the provider
	Outcome  string      `json:"outcome"` // one of the outcomes
	Check    string      `json:"check,omitempty"`
	Why      string      `json:"why,omitempty"`
	Advice   string      `json:"advice,omitempty"`
	Sub      id.Sub      `json:"sub,omitempty"`
	Steps    []TraceStep `json:"steps"`
	Left     int         `json:"steps_left_out,omitempty"`
}

// TraceStep is one step of a trace.
type TraceStep struct {
	At     time.Time         `json:"at"`
	Kind   string            `json:"kind"` // "sent", "came" or "check"
	Name   string            `json:"name"`
	Detail map[string]string `json:"detail,omitempty"`
	Failed string            `json:"failed,omitempty"`
	Advice string            `json:"advice,omitempty"`
}

// How sign-ins through providers end.
const (
	signedIn    = "ok"
	linking     = "link"     // the visitor was asked to sign in to the account that the identity is to be linked with
	distrusted  = "provider" // what the provider has sent does not do
	stopped     = "trigger"  // a trigger has refused it, or could not be asked
	refusedHere = "refused"  // the pool has no room for the user, or a failure of the server
)

// failed tells whether nobody was signed in.
func (t *Trace) failed() bool { return t.Outcome != signedIn && t.Outcome != linking }

// Ending is how a sign-in through a provider ended.
type Ending struct {
	Return   Return
	Provider string        // its name
	Type     string        // of the provider
	Values   oauth2.Values // of the authorization request
	Identity *upstream.Identity
	Sub      id.Sub // the user; empty: not known
	Linking  bool
	Err      error // nil: it succeeded
}

// outcome is one of a few words.
func (e *Ending) outcome() string {
	_, sent := errors.AsType[*upstream.Error](e.Err)
	_, asserted := errors.AsType[*saml.Error](e.Err)
	_, asked := errors.AsType[*trigger.Error](e.Err)
	switch {
	case sent || asserted:
		return distrusted
	case asked:
		return stopped
	case e.Err != nil:
		return refusedHere
	case e.Linking:
		return linking
	}
	return signedIn
}

// ofMessages are the claims that tell of a message, not of its user.
var ofMessages = []string{"iss", "aud", "azp", "acr", "amr", "exp", "iat", "auth_time", "token_use", "email_verified", "phone_number_verified"}

// secrets are what has come with the browser and what is known of the user, none of which a trace shows.
func (e *Ending) secrets() []string {
	all := []string{e.Return.Browser.SSO}
	if trip := e.Return.Trip; trip != nil {
		all = append(all, trip.Handle, trip.Nonce, trip.Verifier)
	}
	for _, p := range e.Return.Values.All() {
		if p.Name != "error" && p.Name != "error_description" {
			all = append(all, p.Value)
		}
	}
	for _, name := range []string{"state", "nonce", "login_hint", "id_token_hint"} {
		all = append(all, e.Values.Get(name))
	}
	if who := e.Identity; who != nil {
		all = append(all, who.Subject, who.Session.NameID, who.Session.Index)
		for name, value := range who.Claims {
			if !slices.Contains(ofMessages, name) {
				all = append(all, value)
			}
		}
	}
	return all
}

// traceOf makes the trace of a sign-in that has ended.
func traceOf(journal *upstream.Journal, e *Ending, now time.Time) *Trace {
	journal.Hide(e.secrets()...)
	r := newRedactor(journal.Hidden)
	t := &Trace{
		Pool: e.Return.Site.Pool, Client: id.Loggable(e.Values.Get("client_id")), Provider: shortened(printable(e.Provider), maxText),
		Type: e.Type, Began: now.UTC(), Outcome: e.outcome(), Sub: e.Sub, Left: journal.Left,
	}
	if trip := e.Return.Trip; trip != nil {
		t.Began = time.UnixMilli(trip.Began).UTC()
		t.Took = max(0, now.Sub(t.Began)).Seconds()
	}
	if e.Err != nil {
		t.Why = r.text(e.Err.Error())
	}
	if wrong, ok := errors.AsType[*upstream.Error](e.Err); ok {
		t.Check, t.Advice = r.text(wrong.Check), r.text(wrong.Advice)
	}
	if wrong, ok := errors.AsType[*saml.Error](e.Err); ok {
		t.Check, t.Advice = r.text(wrong.Check), r.text(wrong.Advice)
	}
	t.Steps = append(t.Steps, came(r, e, now))
	for _, s := range journal.Steps {
		t.Steps = append(t.Steps, r.step(s))
	}
	return t
}

// came is the step in which the browser has come back: the names of what it has brought, and what the provider says is wrong.
func came(r redactor, e *Ending, now time.Time) TraceStep {
	var names []string
	for _, p := range e.Return.Values.All() {
		names = append(names, p.Name+" "+length(p.Value))
	}
	s := upstream.Step{At: now, Kind: "came", Name: "callback", Detail: map[string]string{
		"path": e.Return.Path, "parameters": strings.Join(names, ", "),
	}}
	for _, name := range []string{"error", "error_description"} {
		if said := e.Return.Values.Get(name); said != "" {
			s.Detail[name] = said
		}
	}
	return r.step(s)
}

// maxDetails is how many details of a step a trace has.
const maxDetails = 20

func (r redactor) step(s upstream.Step) TraceStep {
	out := TraceStep{At: s.At.UTC(), Kind: r.text(s.Kind), Name: r.text(s.Name), Failed: r.text(s.Failed), Advice: r.text(s.Advice)}
	for _, name := range slices.Sorted(maps.Keys(s.Detail)) {
		if len(out.Detail) == maxDetails {
			break
		}
		if out.Detail == nil {
			out.Detail = map[string]string{}
		}
		out.Detail[r.text(name)] = r.detail(name, s.Detail[name])
	}
	return out
}
