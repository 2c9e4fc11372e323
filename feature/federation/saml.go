package federation

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"time"

	"cardea/engine/hosted"
	"cardea/outbound/upstream"
	"cardea/spec/id"
	"cardea/spec/saml"
)

// samlSkew is by how much the clock of a SAML provider may differ from ours.
const samlSkew = time.Minute

// errReplayed says that an assertion has signed somebody in before.
var errReplayed = errors.New("the assertion was used before")

// errOld says that a sign-in at a provider is older than the app allows.
var errOld = errors.New("the sign-in at the provider is too old")

// badResponse is what the app is told of an answer of a SAML provider that does not hold.
const badResponse = "Invalid samlResponse or relayState from identity provider"

// entityID is how a pool calls itself to SAML providers.
func entityID(pool id.Pool) string { return "urn:amazon:cognito:sp:" + string(pool) }

// departBySAML makes the request to a SAML provider, which goes in the query of an address unless the provider takes posts alone. A new
// sign-in is asked for where the app wants one, or wants to know how old the sign-in is.
func (s *Service) departBySAML(ctx context.Context, r *hosted.Request, p *opened, v Visit, d *Departure) error {
	d.Trip.Path, d.Trip.Request = SAMLCallback, saml.NewID()
	to := p.SAML.Metadata.SSO
	request := saml.AuthnRequest{
		ID: d.Trip.Request, ServiceProvider: entityID(r.Pool.ID), ACS: v.Site.BaseURL + SAMLCallback, Destination: to.Redirect,
		Issued: s.DB.Now(), ForceAuthn: r.Renews() || r.MaxAge != nil,
	}
	key, err := s.requestKey(ctx, p)
	if err != nil {
		return err
	}
	if to.Redirect != "" {
		d.Location, err = request.Redirect(d.Trip.Handle, key)
		return err
	}
	request.Destination = to.Post
	d.Form, err = formOf(to.Post, saml.RequestField, d.Trip.Handle, func() (string, error) { return request.Form(key) })
	return err
}

// requestKey is the key that signs requests to a provider; nil: they are not signed.
func (s *Service) requestKey(ctx context.Context, p *opened) (*rsa.PrivateKey, error) {
	if !p.SAML.SignRequests && !p.SAML.Metadata.WantAuthnRequestsSigned {
		return nil, nil
	}
	key, err := s.samlKey(ctx, string(p.Pool))
	if err != nil {
		return nil, err
	}
	return key.private, nil
}

// asserted is an assertion, which is used up by the sign-in.
type asserted struct {
	name  string    // under which it is used up
	until time.Time // when it would be refused anyway
}

// identifyBySAML reads the provider's answer to the request of the trip, or one that nobody has asked for.
func (a *arrival) identifyBySAML() error {
	requested := ""
	if trip := a.in.Trip; trip != nil {
		if requested = trip.Request; requested == "" {
			return ErrTrip
		}
	}
	metadata := a.provider.SAML.Metadata
	assertion, err := saml.ReadResponse(a.in.Values.Get(saml.ResponseField), saml.Expect{
		ServiceProvider: entityID(a.request.Pool.ID), ACS: a.in.Site.BaseURL + SAMLCallback, RequestID: requested,
		Issuer: metadata.EntityID, Certificates: metadata.Certificates,
		DecryptionKey: a.provider.SAML.Decryption, EncryptedOnly: a.provider.SAML.Encrypted, Now: a.DB.Now(), Skew: samlSkew,
	})
	if wrong, ok := errors.AsType[*saml.Error](err); ok {
		a.journal.Add(upstream.Step{Kind: "check", Name: wrong.Check, Failed: wrong.Detail, Advice: wrong.Advice})
		return &upstream.Error{Check: wrong.Check, Word: badResponse, Advice: wrong.Advice, Err: err}
	}
	if err != nil {
		return err
	}
	if err := a.checkAge(assertion.AuthnInstant); err != nil {
		return err
	}
	a.journal.Add(upstream.Step{Kind: "check", Name: "assertion"})
	a.asserted = &asserted{
		name:  "assertion/" + id.Digest(a.provider.Name+"/"+assertion.ID),
		until: assertion.NotOnOrAfter.Add(2 * samlSkew),
	}
	a.who = identityOf(assertion)
	return nil
}

// checkAge refuses a sign-in that is older than the app allows: a provider need not know ForceAuthn.
func (a *arrival) checkAge(signedIn time.Time) error {
	if a.request.MaxAge == nil || !signedIn.IsZero() && a.DB.Now().Sub(signedIn) <= *a.request.MaxAge+samlSkew {
		return nil
	}
	const advice = "The provider was asked for a new sign-in (ForceAuthn), and AuthnInstant does not say that there was one."
	a.journal.Add(upstream.Step{Kind: "check", Name: "auth_time", Failed: "the sign-in at the provider is too old", Advice: advice})
	return &upstream.Error{Check: "auth_time", Word: badResponse, Advice: advice, Err: errOld}
}

// identityOf is who an assertion is about. An attribute of several values is the text that lists them.
func identityOf(a *saml.Assertion) *upstream.Identity {
	claims := make(map[string]string, len(a.Attributes))
	for name, values := range a.Attributes {
		switch len(values) {
		case 0:
		case 1:
			claims[name] = values[0]
		default:
			claims[name] = upstream.List(values)
		}
	}
	who := &upstream.Identity{
		Subject: a.NameID.Value, Issuer: a.Issuer, Claims: claims, Level: a.AuthnContext, AuthTime: a.AuthnInstant,
		Session: upstream.Session{NameID: a.NameID.Value, Format: a.NameID.Format, Index: a.SessionIndex},
	}
	who.Said.SAMLResponse = claims
	return who
}

// unsolicited says why a visitor is not signed in whom a SAML provider has sent without being asked.
func unsolicited(why string) error { return fmt.Errorf("%w: unsolicited, and %s", ErrTrip, why) }
