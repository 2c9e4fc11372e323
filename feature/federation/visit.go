package federation

import (
	"cardea/engine/hosted"
	"cardea/engine/interaction"
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

// Visit is a visitor of a pool's domain with an authorization request.
type Visit struct {
	Site   *issuer.Site
	Values oauth2.Values // of the request
}

// Departure is how a visitor's browser is sent to a provider. Exactly one of Location and Form says where.
type Departure struct {
	Location string           // an address
	Form     *Form            // or what is posted
	Trip     interaction.Trip // which the browser keeps, sealed
}

// Form is posted by the visitor's browser.
type Form struct {
	Action string
	Fields []oauth2.Pair
}

// Return is what a browser has brought back from a provider.
type Return struct {
	Site    *issuer.Site
	Browser hosted.Browser
	Path    string            // the callback that was called
	Values  oauth2.Values     // what was sent to it, by query or form
	Trip    *interaction.Trip // that the browser was on; nil: it knows of none
}

// Arrived is the end of a sign-in at a provider. Exactly one of Finished and Link is set.
type Arrived struct {
	Finished *hosted.Finished
	Values   oauth2.Values      // of the authorization request that was finished
	Link     *proposal.Proposal // the visitor has to sign in to the account of the pool that the identity is to be linked with
}
