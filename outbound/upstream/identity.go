package upstream

import (
	"time"

	"cardea/spec/triggerevent"
)

// Identity is what a provider says of somebody who has signed in there.
type Identity struct {
	Subject string            // the provider's name for them, which never changes
	Issuer  string            // the provider's name of itself; empty: it has none
	Claims  map[string]string // what may be mapped to attributes, by the provider's names, in the form in which they are stored

	Said triggerevent.Provided // the same by where it was said

	Level    string    // the acr that they have reached there; empty: none was said
	AuthTime time.Time // when they signed in there; zero: not said
	Session  Session
}

// Session is a session at a provider, as far as its end needs it.
type Session struct {
	NameID string `json:"n,omitempty"` // SAML: how the provider calls the user
	Format string `json:"f,omitempty"` // of NameID
	Index  string `json:"i,omitempty"` // SAML: of the session
}
