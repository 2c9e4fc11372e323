package hosted

import (
	"regexp"

	"cardea/engine/access"
	"cardea/spec/cognitoidp"
	"cardea/spec/oauth2"
)

// OwnPages is the response type of requests by which a user signs in to see their own pages. It is none of OAuth's: no app is
// given anything, and redirect_uri is the path of a page of the site itself (decision 19).
const OwnPages = "account"

// ownPath matches the paths of the user's own pages.
var ownPath = regexp.MustCompile(`^/account(/[a-z-]+)*$`)

// OwnRequest is the request by which the user of an app signs in to see one of their own pages.
func OwnRequest(client, path string) oauth2.Values {
	return oauth2.Values{}.With("client_id", client).With("redirect_uri", path).With("response_type", OwnPages)
}

// Own tells whether the request is for one of the user's own pages.
func (r *Request) Own() bool { return r.own != "" }

// readOwn reads a request for the user's own pages. An app that never signs users in at the pages is unknown there.
func (r *Request) readOwn(v oauth2.Values) error {
	if !r.Client.Grants(cognitoidp.OAuthFlowTypeCode) && !r.Client.Grants(cognitoidp.OAuthFlowTypeImplicit) {
		return &access.UnknownError{Client: string(r.Client.ID)}
	}
	if v.Check() != nil || v.Repeated("redirect_uri") || v.Repeated("response_type") || !ownPath.MatchString(v.Get("redirect_uri")) {
		return ErrRedirect
	}
	r.own = v.Get("redirect_uri")
	return nil
}
