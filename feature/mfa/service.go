package mfa

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/bearer"
	"cardea/engine/challenge"
	"cardea/engine/factor"
	"cardea/platform/db"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// Service answers the operations.
type Service struct {
	Apps          access.Apps
	DB            *db.DB
	Authenticator *bearer.Authenticator
	Software      factor.SoftwareTokens
}

var _ cognitoidp.Mfa = (*Service)(nil)

const (
	setup    = cognitoidp.ChallengeNameTypeMfaSetup
	sms      = cognitoidp.ChallengeNameTypeSmsMfa
	email    = cognitoidp.ChallengeNameTypeEmailOtp
	software = cognitoidp.ChallengeNameTypeSoftwareTokenMfa
)

// key is what a user sets up a software token with: one of the two.
type key struct {
	accessToken string
	session     string
}

// holder is who came with a key.
type holder struct {
	access.Subject
	sitting *sitting // nil for bearers of access tokens
}

// sitting is the sign-in that a Session goes on with.
type sitting struct {
	sessions challenge.Sessions
	state    challenge.State
}

// write runs fn on the holder of a key in a write transaction, if their pool lets them register a software token. A key
// that this server has not made does not reach the writer.
func (s *Service) write(ctx context.Context, k key, fn func(tx *db.Tx, h *holder) error) error {
	permitted := func(tx *db.Tx, h *holder) error {
		if !factor.Software(h.Pool) {
			return cognitoidp.SoftwareTokenMFANotFound("Software Token MFA has not been enabled by the userPool")
		}
		return fn(tx, h)
	}
	switch {
	case (k.accessToken == "") == (k.session == ""):
		return cognitoidp.InvalidParameter("Exactly one of AccessToken and Session must be given.")
	case k.accessToken != "":
		return s.Authenticator.Write(ctx, k.accessToken, func(tx *db.Tx, who *access.Subject) error {
			return permitted(tx, &holder{Subject: *who})
		})
	}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		_, err := s.seated(tx, k.session)
		return err
	})
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		h, err := s.seated(tx, k.session)
		if err != nil {
			return err
		}
		return permitted(tx, h)
	})
}

// seated finds who is in the middle of a sign-in that waits for a factor to be set up. It must still do so: a Session from
// before a factor was set up elsewhere must not put another in its place.
func (s *Service) seated(tx *db.Tx, session string) (*holder, error) {
	sessions, err := challenge.Enter(tx, s.Apps, session)
	if err != nil {
		return nil, err
	}
	state, err := sessions.Open(tx, setup, session)
	if err != nil {
		return nil, err
	}
	u, err := user.Get(tx, sessions.Pool.ID, state.Sub)
	if errors.Is(err, db.ErrNotFound) {
		return nil, challenge.ErrInvalid
	}
	if err != nil {
		return nil, fmt.Errorf("get user: %w", err)
	}

	if !state.Of(u) {
		return nil, challenge.ErrInvalid
	}
	if !u.Enabled {
		return nil, account.ErrDisabled
	}
	step, refused := factor.Next(sessions.Pool, u, state.Proven)
	if (refused || step.Challenge != setup) && factor.Software(sessions.Pool) {
		return nil, challenge.ErrInvalid
	}
	return &holder{access.Subject{App: sessions.App, User: u}, &sitting{sessions, state}}, nil
}

// goOn uses the holder's Session up and makes the next, with the proofs that are new; it is empty for bearers of access
// tokens. The next lives no longer than the first would have: who has given the password alone cannot wait for ever.
func (h *holder) goOn(tx *db.Tx, proofs ...factor.Proof) (string, error) {
	if h.sitting == nil {
		return "", nil
	}
	old := h.sitting.state
	if err := h.sitting.sessions.Spend(tx, old); err != nil {
		return "", err
	}
	next := old.Next(tx.Now)
	next.At, next.Options = old.At, old.Options
	next.Proven = slices.Concat(next.Proven, proofs)
	return h.sitting.sessions.Seal(setup, next)
}
