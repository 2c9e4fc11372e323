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
	"cardea/platform/audit"
	"cardea/platform/db"
	"cardea/record/ssosession"
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
	setup       = cognitoidp.ChallengeNameTypeMfaSetup
	smsMFA      = cognitoidp.ChallengeNameTypeSmsMfa
	emailMFA    = cognitoidp.ChallengeNameTypeEmailOtp
	softwareMFA = cognitoidp.ChallengeNameTypeSoftwareTokenMfa
)

// credential is what a software token is set up with: one of the two.
type credential struct {
	accessToken string
	session     string
}

// caller is the user who came with a credential.
type caller struct {
	access.Subject
	signIn *signIn // nil for bearers of access tokens
}

// signIn is the sign-in that a Session continues.
type signIn struct {
	sessions challenge.Sessions
	state    challenge.State
}

// write runs fn on the caller in a write transaction, if their pool lets them register a software token. A forged
// credential causes no write transaction.
func (s *Service) write(ctx context.Context, c credential, fn func(tx *db.Tx, who *caller) error) error {
	permitted := func(tx *db.Tx, who *caller) error {
		if !factor.Software(who.Pool) {
			return cognitoidp.SoftwareTokenMFANotFound("Software Token MFA has not been enabled by the userPool")
		}
		return fn(tx, who)
	}
	switch {
	case c.accessToken != "" && c.session != "", c.accessToken == "" && c.session == "" && !bearer.Visits(ctx):
		return cognitoidp.InvalidParameter("Exactly one of AccessToken and Session must be given.")
	case c.session == "":
		return s.Authenticator.Write(ctx, c.accessToken, func(tx *db.Tx, who *access.Subject) error {
			return permitted(tx, &caller{Subject: *who})
		})
	}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		_, err := s.signingIn(tx, c.session)
		return err
	})
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		who, err := s.signingIn(tx, c.session)
		if err != nil {
			return err
		}
		return permitted(tx, who)
	})
}

// signingIn finds the user whose sign-in waits for a factor to be set up. It must still do so: if another
// request has set up a factor since, this Session must not replace it.
func (s *Service) signingIn(tx *db.Tx, session string) (*caller, error) {
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
	audit.About(tx.Context(), string(u.Pool), string(u.Sub))

	if !state.Of(u) {
		return nil, challenge.ErrInvalid
	}
	if !u.Enabled {
		return nil, account.ErrDisabled
	}
	step, err := factor.Next(sessions.Pool, u, state.Proven)
	if (err != nil || step.Challenge != setup) && factor.Software(sessions.Pool) {
		return nil, challenge.ErrInvalid
	}
	return &caller{access.Subject{App: sessions.App, User: u}, &signIn{sessions, state}}, nil
}

// next uses the caller's Session up and makes the one that follows, with the proofs that are new; it is empty for bearers of
// access tokens and visitors of pages, whose single sign-on session remembers the proofs instead. The new Session expires when the first would have, so that a sign-in cannot be kept open by a password.
func (c *caller) next(tx *db.Tx, proofs ...factor.Proof) (string, error) {
	if c.signIn == nil {
		return "", ssosession.Prove(tx, c.Pool.ID, c.SSO, proofs)
	}
	old := c.signIn.state
	if err := c.signIn.sessions.Spend(tx, old); err != nil {
		return "", err
	}
	next := old.Next(tx.Now)
	next.At, next.Options = old.At, old.Options
	next.Proven = slices.Concat(next.Proven, proofs)
	return c.signIn.sessions.Seal(setup, next)
}
