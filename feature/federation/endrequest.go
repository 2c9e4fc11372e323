package federation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cardea/engine/account"
	"cardea/engine/issuer"
	"cardea/platform/audit"
	"cardea/platform/db"
	"cardea/record/linkedidentity"
	"cardea/record/provider"
	"cardea/record/replay"
	"cardea/record/ssosession"
	"cardea/spec/id"
	"cardea/spec/saml"
)

const (
	// rememberedRequest is how long the ID of a LogoutRequest is remembered that does not say until when it holds.
	rememberedRequest = 15 * time.Minute

	// maxRelayed is how long the RelayState of a LogoutRequest may be that is sent back with the answer, in bytes. SAML allows 80.
	maxRelayed = 512

	// maxNamesakes is how many providers of a pool may be one and the same, as far as their LogoutRequests are concerned.
	maxNamesakes = 5
)

// EndRequest is a LogoutRequest that a provider has sent by a browser.
type EndRequest struct {
	Site       *issuer.Site
	Message    saml.Incoming
	RelayState string
}

// Ended is how a LogoutRequest is answered.
type Ended struct {
	Location string // an address to which the browser is sent with the answer
	Form     *Form  // or what it posts; neither: the provider has no place for answers
	Sessions int    // how many sessions have ended
}

// EndByProvider ends the sessions that have come of the sign-ins which a provider says are over, and signs the answer. Whether there
// was such a session, or such a user, the answer does not tell. It answers ErrLogout.
func (s *Service) EndByProvider(ctx context.Context, in EndRequest) (*Ended, error) {
	p, request, err := s.readEndRequest(ctx, in)
	if err != nil {
		return nil, err
	}
	key, err := s.samlKey(ctx, string(in.Site.Pool))
	if err != nil {
		return nil, err
	}
	out := &Ended{}
	err = s.DB.Write(ctx, func(tx *db.Tx) (err error) {
		out.Sessions, err = endSessions(tx, p, request)
		return err
	})
	if errors.Is(err, db.ErrExists) || errors.Is(err, db.ErrStale) {
		s.Traces.noteLogout(ctx, p.Pool, p.Name, fmt.Errorf("the LogoutRequest was used before, or the provider has changed: %w", err))
		return nil, ErrLogout
	}
	if err != nil {
		return nil, err
	}
	s.Traces.noteLogout(ctx, p.Pool, p.Name, nil)
	return out, s.answerEndRequest(in, p, request, answer{out, key})
}

// readEndRequest finds the provider that has sent a LogoutRequest, and verifies the message with its keys. Nothing is written.
func (s *Service) readEndRequest(ctx context.Context, in EndRequest) (*opened, *saml.LogoutRequest, error) {
	named, err := saml.Issuer(in.Message, saml.RequestField)
	if err != nil {
		s.Traces.noteLogout(ctx, in.Site.Pool, "", err)
		return nil, nil, ErrLogout
	}
	var names []string
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		names, err = provider.NamesOfEntity(tx, in.Site.Pool, named, maxNamesakes)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		p, err := s.signingOut(ctx, in.Site.Pool, name)
		if errors.Is(err, ErrLogout) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		request, err := saml.ReadLogoutRequest(in.Message, s.expectLogout(in.Site, p, ""))
		if err == nil {
			return p, request, nil
		}
		s.Traces.noteLogout(ctx, in.Site.Pool, name, err)
	}
	return nil, nil, ErrLogout
}

// endSessions ends the sessions that a request means, and answers how many. It answers db.ErrExists when the request was used before,
// and db.ErrStale when the provider is another one since.
func endSessions(tx *db.Tx, p *opened, request *saml.LogoutRequest) (ended int, err error) {
	now, err := provider.Get(tx, p.Pool, p.Name)
	if errors.Is(err, db.ErrNotFound) || err == nil && !p.same(now) {
		return 0, db.ErrStale
	}
	if err != nil {
		return 0, err
	}
	until := request.NotOnOrAfter
	if until.IsZero() {
		until = request.Issued.Add(rememberedRequest)
	}
	if err := replay.Use(tx, p.Pool, "logout/"+id.Digest(p.Name+"/"+request.ID), until.Add(2*samlSkew)); err != nil {
		return 0, err
	}
	sessions, err := meant(tx, p, request)
	if err != nil {
		return 0, err
	}
	for _, one := range sessions {
		if err := account.EndSSO(tx, one.Pool, one.Sub, one.ID); err != nil {
			return 0, err
		}
	}
	return len(sessions), nil
}

// meant finds the sessions that a request means: of the user whom the provider knows by the name, and where it names sessions of its
// own, those that have come of them.
func meant(tx *db.Tx, p *opened, request *saml.LogoutRequest) ([]*ssosession.Session, error) {
	who, err := linkedidentity.Find(tx, p.Pool, linkedidentity.Key{
		Provider: p.Name, Attribute: linkedidentity.Subject, Value: request.NameID.Value,
	})
	if errors.Is(err, db.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	audit.About(tx.Context(), string(p.Pool), string(who.Sub))
	all, err := ssosession.OfUser(tx, p.Pool, who.Sub)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(one *ssosession.Session) bool {
		from := one.Upstream
		other := from.Provider != p.Name || from.NameID != request.NameID.Value
		return other || len(request.Sessions) > 0 && !slices.Contains(request.Sessions, from.Index)
	}), nil
}

// answer is what a LogoutRequest is answered with.
type answer struct {
	*Ended
	key *signingKey
}

// answerEndRequest makes the answer, where the provider has a place for it.
func (s *Service) answerEndRequest(in EndRequest, p *opened, request *saml.LogoutRequest, out answer) (err error) {
	at := p.SAML.Metadata.SLOResponse
	relay := in.RelayState
	if len(relay) > maxRelayed {
		relay = ""
	}
	response := saml.LogoutResponse{
		ID: saml.NewID(), Issuer: entityID(in.Site.Pool), Destination: at.Redirect, InResponseTo: request.ID, Issued: s.DB.Now(),
	}
	switch {
	case at.Redirect != "":
		out.Location, err = response.Redirect(relay, out.key.private)
	case at.Post != "":
		response.Destination = at.Post
		out.Form, err = formOf(at.Post, saml.ResponseField, relay, func() (string, error) { return response.Form(out.key.private) })
	}
	return err
}
