package federation

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"cardea/engine/access"
	"cardea/engine/interaction"
	"cardea/engine/issuer"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/provider"
	"cardea/record/ssosession"
	"cardea/spec/id"
	"cardea/spec/oauth2"
	"cardea/spec/saml"
)

// OAuthLogout is the path to which OIDC providers send browsers back whose user they have signed out.
const OAuthLogout = "/oauth2/logout"

// requestLife is how long a LogoutRequest holds that is sent to a provider.
const requestLife = 5 * time.Minute

// ErrLogout says that a message of a provider about a logout is not taken.
var ErrLogout = errors.New("the provider's message about a logout is not valid here and now")

// Parting is a browser that was signed out here, and whose user had signed in at a provider.
type Parting struct {
	Site    *issuer.Site
	Session ssosession.Upstream // where the user had signed in
	Query   string              // of the request to sign out, by which the browser goes on once it comes back
}

// Part tells how the browser's session at the provider is ended, too; nil: it is not, since the pool does not ask for it or the
// provider has no way. A failure is logged and answers nil: the user is signed out here.
func (s *Service) Part(ctx context.Context, in Parting) *Departure {
	if in.Session.Provider == "" {
		return nil
	}
	d, err := s.part(ctx, in)
	if err != nil {
		s.Traces.noteLogout(ctx, in.Site.Pool, in.Session.Provider, err)
		return nil
	}
	return d
}

func (s *Service) part(ctx context.Context, in Parting) (*Departure, error) {
	var p *opened
	var leaves bool
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		owner, err := access.Pool(tx, string(in.Site.Pool))
		if err != nil {
			return err
		}
		p, err = s.openNamed(tx, owner, in.Session.Provider)
		leaves = owner.LeavesProvider(in.Session.Provider)
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d := &Departure{Trip: interaction.Trip{
		Handle: newHandle(oauth2.Values{}.With("logout", in.Query)), Provider: p.Name, Query: in.Query, Began: db.Millis(s.DB.Now()),
	}}
	switch {
	case p.SAML != nil && p.SAML.Signout && in.Session.NameID != "":
		return s.partBySAML(ctx, p, in, d)
	case p.OAuth != nil && p.OAuth.Issuer != "" && leaves:
		return s.partByOAuth(ctx, p, in, d)
	}
	return nil, nil
}

// openNamed opens a provider of a pool by its name, or answers db.ErrNotFound.
func (s *Service) openNamed(tx *db.Tx, owner *pool.Pool, name string) (*opened, error) {
	p, err := provider.Get(tx, owner.ID, name)
	if err != nil {
		return nil, err
	}
	box, err := s.Ring.Box(tx, owner.ID)
	if err != nil {
		return nil, fmt.Errorf("open pool's box: %w", err)
	}
	return s.open(tx, box, p)
}

// partBySAML asks the provider to end the session by a LogoutRequest, which is always signed.
func (s *Service) partBySAML(ctx context.Context, p *opened, in Parting, d *Departure) (*Departure, error) {
	at := p.SAML.Metadata.SLO
	if at == (saml.Endpoints{}) {
		return nil, nil
	}
	key, err := s.samlKey(ctx, string(in.Site.Pool))
	if err != nil {
		return nil, err
	}
	d.Trip.Path, d.Trip.Request = SAMLLogout, saml.NewID()
	now := s.DB.Now()
	request := saml.LogoutRequest{
		ID: d.Trip.Request, Issuer: entityID(in.Site.Pool), Destination: at.Redirect, Issued: now, NotOnOrAfter: now.Add(requestLife),
		NameID: saml.NameID{Value: in.Session.NameID, Format: in.Session.Format},
	}
	if in.Session.Index != "" {
		request.Sessions = []string{in.Session.Index}
	}
	if at.Redirect != "" {
		d.Location, err = request.Redirect(d.Trip.Handle, key.private)
		return d, err
	}
	request.Destination = at.Post
	d.Form, err = formOf(at.Post, saml.RequestField, d.Trip.Handle, func() (string, error) { return request.Form(key.private) })
	return d, err
}

// formOf is a form with a message, which make makes, and a RelayState.
func formOf(action, field, relay string, message func() (string, error)) (*Form, error) {
	value, err := message()
	if err != nil {
		return nil, err
	}
	f := &Form{Action: action, Fields: []oauth2.Pair{{Name: field, Value: value}}}
	if relay != "" {
		f.Fields = append(f.Fields, oauth2.Pair{Name: saml.RelayField, Value: relay})
	}
	return f, nil
}

// partByOAuth sends the browser to the provider's own logout (OpenID Connect RP-Initiated Logout 1.0). There is no id_token_hint, since
// no ID tokens of providers are kept.
func (s *Service) partByOAuth(ctx context.Context, p *opened, in Parting, d *Departure) (*Departure, error) {
	found, err := s.Upstream.Discover(ctx, p.OAuth.Issuer)
	if err != nil || found.EndSession == "" {
		return nil, err
	}
	target, err := url.Parse(found.EndSession)
	if err != nil {
		return nil, fmt.Errorf("parse end_session_endpoint: %w", err)
	}
	q := target.Query()
	q.Set("client_id", p.OAuth.ClientID)
	q.Set("post_logout_redirect_uri", in.Site.BaseURL+OAuthLogout)
	q.Set("state", d.Trip.Handle)
	target.RawQuery = q.Encode()
	d.Trip.Path, d.Location = OAuthLogout, target.String()
	return d, nil
}

// Parted is a browser that comes back from where Part has sent it.
type Parted struct {
	Site    *issuer.Site
	Path    string            // that was called
	Trip    *interaction.Trip // that the browser was on
	Handle  string            // that came: the state, or the RelayState
	Message saml.Incoming     // of SAML: the LogoutResponse
}

// Parted checks what a provider has answered. Nothing depends on it but where the browser goes on: the user was signed out here before.
// It answers ErrLogout.
func (s *Service) Parted(ctx context.Context, in Parted) error {
	trip := in.Trip
	if trip == nil || !trip.EndsAt(in.Path, in.Handle, s.DB.Now()) {
		return ErrLogout
	}
	if in.Path == OAuthLogout {
		return nil // the answer has nothing to be checked in it but the state
	}
	p, err := s.signingOut(ctx, in.Site.Pool, trip.Provider)
	if err != nil {
		return err
	}
	_, err = saml.ReadLogoutResponse(in.Message, s.expectLogout(in.Site, p, trip.Request))
	if err == nil {
		return nil
	}
	s.Traces.noteLogout(ctx, in.Site.Pool, trip.Provider, err)
	if wrong, ok := errors.AsType[*saml.Error](err); ok && wrong.Check == saml.CheckStatus {
		return nil // it is the provider's own word that its session has not ended
	}
	return ErrLogout
}

// signingOut opens a SAML provider with which sessions end. It answers ErrLogout if there is none.
func (s *Service) signingOut(ctx context.Context, pool id.Pool, name string) (p *opened, err error) {
	if err := s.refresh(ctx, pool, name); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		owner, err := access.Pool(tx, string(pool))
		if err != nil {
			return err
		}
		p, err = s.openNamed(tx, owner, name)
		return err
	})
	switch {
	case errors.Is(err, db.ErrNotFound):
		return nil, ErrLogout
	case err != nil:
		return nil, err
	case p.SAML == nil || !p.SAML.Signout:
		return nil, ErrLogout
	}
	return p, nil
}

// expectLogout is what a provider's message to a site has to agree with. request is what it answers; empty: nothing.
func (s *Service) expectLogout(site *issuer.Site, p *opened, request string) saml.ExpectLogout {
	return saml.ExpectLogout{
		Destination: site.BaseURL + SAMLLogout, Issuer: p.SAML.Metadata.EntityID, Certificates: p.SAML.Metadata.Certificates,
		RequestID: request, Now: s.DB.Now(), Skew: samlSkew,
	}
}
