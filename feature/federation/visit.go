package federation

import (
	"time"

	"cardea/engine/hosted"
	"cardea/engine/issuer"
	"cardea/engine/proposal"
	"cardea/spec/oauth2"
)

// Callbacks are the paths to which providers send browsers back.
const (
	OAuthCallback = "/oauth2/idpresponse"
	SAMLCallback  = "/saml2/idpresponse"
	SAMLLogout    = "/saml2/logout"
)

// TripLife is how long a visitor may be away at a provider.
const TripLife = 5 * time.Minute

// Visit is a visitor of a pool's domain with an authorization request.
type Visit struct {
	Site    *issuer.Site
	Values  oauth2.Values // of the request
	Browser hosted.Browser
}

// Departure is how a visitor's browser is sent to a provider. Exactly one of Location and Form says where.
type Departure struct {
	Location string // an address
	Form     *Form  // or what is posted
	Handle   string // by which the browser finds the trip again: the state, or the RelayState
	Trip     Trip   // which the browser keeps, sealed
}

// Form is posted by the visitor's browser.
type Form struct {
	Action string
	Fields []oauth2.Pair
}

// Trip is a visitor's way to a provider and back, sealed for the browser in the meantime.
type Trip struct {
	Handle   string `json:"h"`
	Provider string `json:"p"`
	Path     string `json:"c"` // of the callback
	Query    string `json:"q"` // of the authorization request
	Nonce    string `json:"n,omitempty"`
	Verifier string `json:"v,omitempty"`
	Request  string `json:"r,omitempty"` // the id of the AuthnRequest
	Began    int64  `json:"t"`           // in Unix milliseconds
}

// Return is what a browser has brought back from a provider.
type Return struct {
	Site    *issuer.Site
	Browser hosted.Browser
	Path    string        // the callback that was called
	Values  oauth2.Values // what was sent to it, by query or form
	Trip    *Trip         // that the browser was on; nil: it knows of none
}

// Arrived is the end of a sign-in at a provider. Exactly one of Finished and Link is set.
type Arrived struct {
	Finished *hosted.Finished
	Values   oauth2.Values      // of the authorization request that was finished
	Link     *proposal.Proposal // the visitor has to sign in to the account of the pool that the identity is to be linked with
}
