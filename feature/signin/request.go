package signin

import (
	"context"
	"strings"

	"cardea/engine/hosted"
	"cardea/engine/lockout"
	"cardea/engine/proposal"
	"cardea/platform/caller"
	"cardea/record/client"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// Entry is how a sign-in is entered. It decides which flows may begin, whose address counts, and what a finished sign-in
// gives.
type Entry int

// The entries.
const (
	ByApp           Entry = iota // an app, which proves itself by its SECRET_HASH where it has a secret
	ByAdministrator              // an operation signed with AWS credentials, which names the pool
	ByPages                      // the pages of the pool's domain, on behalf of an app that has asked for authorization
)

// Authorization is the authorization request on whose behalf the pages sign a user in. It is judged again at each step.
type Authorization struct {
	Pool    id.Pool
	Values  oauth2.Values
	Origin  string // of the pages
	Browser hosted.Browser
	Link    *proposal.Proposal // what is linked with the account that the visitor signs in to; nil: nothing
}

// Request is one step of a sign-in as it was asked for.
type Request struct {
	Entry    Entry
	Pool     string            // empty unless ByAdministrator
	Client   string            // empty where Authorization names it
	Name     string            // the AuthFlowType that begins, or the ChallengeNameType that is answered
	Session  string            // of the challenge, or of a sign-up; may be empty
	Given    map[string]string // AuthParameters or ChallengeResponses
	Metadata map[string]string // ClientMetadata
	Caller   caller.Caller

	Authorization *Authorization // nil unless ByPages

	// Source is where the user is, as far as the caller may say that for the client.
	Source func(c *client.Client) lockout.Source
}

// Outcome is what a step of a sign-in ends in: Tokens, at the pages what is Finished, or else a Challenge with its
// Parameters and Session.
type Outcome struct {
	Challenge  string
	Parameters map[string]string // empty, not nil, beside Tokens
	Session    string            // empty when the challenge carries its state elsewhere
	Available  []string          // what else the user could begin with, for USER_AUTH's first answer
	Tokens     *cognitoidp.AuthenticationResultType
	Name       string           // of a user who has given none, beside a Challenge
	Finished   *hosted.Finished // what the browser is given in the end; nil before, and away from the pages
}

// require names the first member that is missing or empty.
func (r *Request) require(names ...string) error {
	for _, name := range names {
		if r.Given[name] == "" {
			return missing(name)
		}
	}
	return nil
}

func missing(parameter string) error {
	return cognitoidp.InvalidParameter("Missing required parameter " + parameter)
}

// AtPages fills in what the pages know about their visitor, for the authorization request that they were opened with.
func (r Request) AtPages(ctx context.Context, asked Authorization) Request {
	r.Entry, r.Caller, r.Authorization = ByPages, caller.From(ctx), &asked
	r.Source = func(c *client.Client) lockout.Source { return lockout.FromBrowser(ctx, c) }
	return r
}

// ofApp fills in what an app tells about its user.
func (r Request) ofApp(ctx context.Context, given *cognitoidp.UserContextDataType) Request {
	r.Entry, r.Caller = ByApp, caller.From(ctx)
	r.Source = func(c *client.Client) lockout.Source { return lockout.From(ctx, c, given) }
	return r
}

// ofAdministrator fills in what an administrator tells about the user.
func (r Request) ofAdministrator(ctx context.Context, given *cognitoidp.ContextDataType) Request {
	r.Entry, r.Caller = ByAdministrator, caller.From(ctx)
	r.Source = func(c *client.Client) lockout.Source { return lockout.FromAdministrator(c, given) }
	if given == nil {
		return r
	}
	for _, h := range given.HttpHeaders {
		if strings.EqualFold(h.HeaderName, "User-Agent") {
			r.Caller.UserAgent = h.HeaderValue
		}
	}
	return r
}
