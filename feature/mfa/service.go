package mfa

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cardea/engine/access"
	"cardea/engine/challenge"
	"cardea/engine/factor"
	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/client"
	"cardea/record/datakey"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// Service answers the operations.
type Service struct {
	DB            *db.DB
	Ring          *datakey.Ring
	Authenticator *access.Authenticator
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
	pool   *pool.Pool
	client *client.Client
	user   *user.User
	box    *seal.Box

	sitting *sitting // nil for bearers of access tokens
}

// sitting is the sign-in that a Session goes on with.
type sitting struct {
	sessions challenge.Sessions
	state    challenge.State
}

// write runs fn on the holder of a key in a write transaction. Those who hold nothing are weeded out before the one writer
// is bothered.
func (s *Service) write(ctx context.Context, k key, fn func(tx *db.Tx, h *holder) error) error {
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		_, err := s.admit(tx, k)
		return err
	})
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		h, err := s.admit(tx, k)
		if err != nil {
			return err
		}
		return fn(tx, h)
	})
}

// admit finds the holder of a key, if their pool lets them register a software token.
func (s *Service) admit(tx *db.Tx, k key) (h *holder, err error) {
	switch {
	case (k.accessToken == "") == (k.session == ""):
		return nil, cognitoidp.InvalidParameter("Exactly one of AccessToken and Session must be given.")
	case k.session != "":
		h, err = s.seated(tx, k.session)
	default:
		h, err = s.bearer(tx, k.accessToken)
	}
	if err != nil {
		return nil, err
	}
	if !factor.Software(h.pool) {
		return nil, cognitoidp.SoftwareTokenMFANotFound("Software Token MFA has not been enabled by the userPool")
	}
	return h, nil
}

func (s *Service) bearer(tx *db.Tx, accessToken string) (*holder, error) {
	b, err := s.Authenticator.Bearer(tx, accessToken)
	if err != nil {
		return nil, err
	}
	box, err := s.Ring.Box(tx, b.Pool.ID)
	if err != nil {
		return nil, fmt.Errorf("open pool's box: %w", err)
	}
	return &holder{pool: b.Pool, client: b.Client, user: b.User, box: box}, nil
}

// seated finds who is in the middle of a sign-in that waits for a factor to be set up. It must still do so: a Session from
// before a factor was set up elsewhere must not put another in its place.
func (s *Service) seated(tx *db.Tx, session string) (*holder, error) {
	sessions, err := challenge.Enter(tx, s.Ring, session)
	if err != nil {
		return nil, err
	}
	state, err := sessions.Open(tx, setup, session)
	if err != nil {
		return nil, err
	}
	u, err := user.Get(tx, sessions.Pool.ID, state.Sub)
	if errors.Is(err, db.ErrNotFound) {
		return nil, challenge.Invalid()
	}
	if err != nil {
		return nil, fmt.Errorf("get user: %w", err)
	}

	if !state.Of(u) {
		return nil, challenge.Invalid()
	}
	if !u.Enabled {
		return nil, cognitoidp.NotAuthorized("User is disabled.")
	}
	step, refused := factor.Next(sessions.Pool, u, state.Proven)
	if (refused || step.Challenge != setup) && factor.Software(sessions.Pool) {
		return nil, challenge.Invalid()
	}
	return &holder{sessions.Pool, sessions.Client, u, sessions.Box, &sitting{sessions, state}}, nil
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
