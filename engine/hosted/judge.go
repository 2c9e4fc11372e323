package hosted

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"cardea/engine/access"
	"cardea/engine/factor"
	"cardea/engine/scope"
	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/devicegrant"
	"cardea/record/pool"
	"cardea/record/provider"
	"cardea/record/pushedrequest"
	"cardea/spec/cognitoidp"
	"cardea/spec/dpop"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// The conditions of an authorization request.
var (
	ErrRedirect      = errors.New("the address is not registered for the app client") // the browser must not be sent there
	ErrProvider      = errors.New("the app client has no such identity provider")
	ErrLoginRequired = errors.New("the browser has no session that the request could use")

	// ErrInteractionRequired is ErrLoginRequired where the browser has a session whose user has proven less than they would now.
	ErrInteractionRequired = fmt.Errorf("the session of the browser lacks a proof: %w", ErrLoginRequired)
)

// RedirectError says what is wrong with a request that comes from a known client and goes back to one of its addresses: the
// browser is sent there with the error.
type RedirectError struct {
	Answer oauth2.Answer
	State  string
	Err    error // an *oauth2.Error, or a condition
}

func (e *RedirectError) Error() string { return "authorization request: " + e.Err.Error() }

// Unwrap gives the cause.
func (e *RedirectError) Unwrap() error { return e.Err }

// Location is where the browser is sent.
func (e *RedirectError) Location(word *oauth2.Error) oauth2.Location {
	return e.Answer.With(
		oauth2.Pair{Name: "error", Value: word.Code},
		oauth2.Pair{Name: "error_description", Value: word.Description},
		oauth2.Pair{Name: "state", Value: e.State},
	)
}

// Server makes and redeems authorization codes.
type Server struct {
	Apps   access.Apps
	DB     *db.DB
	Tokens *token.Minter
}

// Request is an authorization request that a client may make.
type Request struct {
	access.App
	oauth2.Authorization               // with the scopes that are granted
	Answer               oauth2.Answer // where the browser is sent in the end
	implied              bool          // the address is the client's default, and was not in the request
	given                oauth2.Values // the parameters as they came
	values               oauth2.Values // those that they stand for
	pushed               *pushedrequest.Request
	Device               *devicegrant.Grant // the device that it is for, which has no address to send a browser to; nil: none
	hinted               id.Sub             // the user whom it is about; empty: any
	key                  string             // the thumbprint of the key that the code is bound to; empty: none
	own                  string             // the user's own page that is asked for in the place of an app; empty: none is
}

// Refused makes of an error the one with which the browser is sent back to the app. Where there is no app to go back to it is the
// error itself.
func (r *Request) Refused(err error) error {
	if r.Answer.URI == "" {
		return err
	}
	return &RedirectError{r.Answer, r.State, err}
}

// Judge decides whether the client of a request, of the pool, may make it. It answers *access.UnknownError and ErrRedirect when
// the browser must not be sent anywhere, as well as ErrPushed and ErrDevice, and *RedirectError otherwise.
func (s *Server) Judge(tx *db.Tx, pool id.Pool, v oauth2.Values) (*Request, error) {
	app, err := s.App(tx, pool, v)
	if err != nil {
		return nil, err
	}
	r := &Request{App: app, given: v}
	if v.Get("response_type") == OwnPages {
		r.values = v
		return r, r.readOwn(v)
	}
	if r.ofDevice() {
		return r, r.judgeDevice(tx)
	}
	if err := r.resolve(tx); err != nil {
		return nil, err
	}
	v = r.values
	if err := r.readAddress(v); err != nil {
		return nil, err
	}

	unsupported := r.readMode(s.Tokens.Issuer(r.Pool.ID), v)
	if r.Authorization, err = oauth2.ReadAuthorization(v); err == nil {
		err = unsupported
	}
	if err != nil {
		return nil, r.Refused(err)
	}
	if !slices.Contains(r.Pool.ResponseTypes(), r.ResponseType) {
		return nil, r.Refused(&oauth2.Error{Code: oauth2.UnsupportedResponseType})
	}
	err = s.holdStrictly(tx, r)
	if _, wrong := errors.AsType[*oauth2.Error](err); wrong || errors.Is(err, token.ErrHint) {
		return nil, r.Refused(err)
	}
	if err != nil {
		return nil, err
	}
	if err := r.MayUse(flowOf(r.ResponseType)); err != nil {
		return nil, r.Refused(err)
	}
	if r.Client.SelfRegistered() && r.Challenge == "" {
		return nil, r.Refused(&oauth2.Error{Code: oauth2.InvalidRequest, Description: "code_challenge is required"})
	}
	if err := r.readKey(v); err != nil {
		return nil, r.Refused(err)
	}
	if err := r.readProvider(tx, v.Get("idp_identifier")); err != nil {
		return nil, err
	}
	r.Scopes, err = scope.ForUser(tx, r.Client, r.Scopes)
	if errors.Is(err, scope.ErrRefused) {
		return nil, r.Refused(err)
	}
	return r, err
}

// Read is Judge in a transaction of its own.
func (s *Server) Read(ctx context.Context, pool id.Pool, v oauth2.Values) (r *Request, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		r, err = s.Judge(tx, pool, v)
		return err
	})
	return r, err
}

// Chooses tells whether users of the app choose how to sign in once they have said who they are. Otherwise their password is asked
// for at once.
func (r *Request) Chooses() bool {
	return r.Client.Allows(cognitoidp.ExplicitAuthFlowsTypeAllowUserAuth) && slices.ContainsFunc(
		[]string{"EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"}, func(name string) bool { return factor.Allows(r.Pool, name) })
}

// App finds the client of the pool that a request names, or answers *access.UnknownError.
func (s *Server) App(tx *db.Tx, pool id.Pool, v oauth2.Values) (access.App, error) {
	name := v.Get("client_id")
	if v.Repeated("client_id") {
		name = ""
	}
	return s.Apps.FindIn(tx, string(pool), name)
}

// readAddress finds where the browser is sent in the end: to the address of the request, which must be registered, or without
// one to the client's default.
func (r *Request) readAddress(v oauth2.Values) error {
	r.Answer.URI = v.Get("redirect_uri")
	if r.implied = r.Answer.URI == "" && !v.Repeated("redirect_uri"); r.implied {
		r.Answer.URI = r.Client.Doc.DefaultRedirectURI
	}
	missing := r.implied && r.Pool.Follows(pool.Strict) // OpenID Connect requires it
	if missing || v.Repeated("redirect_uri") || !oauth2.Registered(r.Client.Doc.CallbackURLs, r.Answer.URI) {
		return ErrRedirect
	}
	return nil
}

// readMode finds how the browser is sent back, which is known before anything else of the request is judged, since errors are
// sent in the same way. Cognito does not know response_mode, nor does it tell the issuer.
func (r *Request) readMode(issuer string, v oauth2.Values) (err error) {
	r.Answer.Mode = oauth2.Mode(v)
	if r.Pool.Follows(pool.Strict) {
		r.Answer.Issuer = issuer
	}
	if supported := r.Pool.ResponseModes(); len(supported) > 0 {
		r.Answer.Mode, err = oauth2.ReadMode(v, r.Answer.URI, supported)
	}
	return err
}

// readKey reads the key that the code is to be bound to (RFC 9449 §10).
func (r *Request) readKey(v oauth2.Values) error {
	if !r.Pool.Follows(pool.DPoP) {
		return nil
	}
	r.key = v.Get("dpop_jkt")
	if r.key != "" && !dpop.IsThumbprint(r.key) {
		return &oauth2.Error{Code: oauth2.InvalidRequest}
	}
	return nil
}

// Serves reports whether users of the app may come from an identity provider, no name being the pool itself, and whether that is the
// one that the request asks for, if it asks for any. One that asks for the pool itself leaves the choice to its user, as Cognito does
// (docs/cognito/federation.md, "Sign-in").
func (r *Request) Serves(provider string) bool {
	provider = cmp.Or(provider, client.Local)
	return r.Client.Offers(provider) && (r.Provider == "" || r.Provider == client.Local || r.Provider == provider)
}

// readProvider finds the identity provider that the request names, by its name or by one of its identifiers, and refuses one that
// there is not, or that the app client does not offer.
func (r *Request) readProvider(tx *db.Tx, identifier string) error {
	p, err := r.provider(tx, identifier)
	if errors.Is(err, db.ErrNotFound) {
		return r.Refused(ErrProvider)
	}
	if err != nil {
		return fmt.Errorf("find identity provider: %w", err)
	}
	asked := r.Provider
	if p != nil {
		r.Provider = p.Name
	}
	if r.Provider != "" && !r.Client.Offers(r.Provider) || asked != "" && asked != r.Provider {
		return r.Refused(ErrProvider)
	}
	return nil
}

// provider is the identity provider that the request names; nil where that is none, or the pool itself.
func (r *Request) provider(tx *db.Tx, identifier string) (*provider.Provider, error) {
	if identifier != "" {
		return provider.ByIdentifier(tx, r.Pool.ID, identifier)
	}
	if r.Provider == "" || r.Provider == client.Local {
		return nil, nil
	}
	return provider.Get(tx, r.Pool.ID, r.Provider)
}

// flowOf is the OAuth flow of a response type, as clients' settings name it.
func flowOf(responseType string) string {
	if responseType == oauth2.Token {
		return cognitoidp.OAuthFlowTypeImplicit
	}
	return cognitoidp.OAuthFlowTypeCode
}
