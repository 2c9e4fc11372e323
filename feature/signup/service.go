package signup

import (
	"context"
	"errors"
	"fmt"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/factor"
	"cardea/engine/hosted"
	"cardea/engine/lockout"
	"cardea/engine/password"
	"cardea/engine/trigger"
	"cardea/engine/verification"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// Service answers the operations of signing up.
type Service struct {
	Apps      access.Apps
	DB        *db.DB
	Codes     *verification.Codes
	Passwords *password.Hasher
	Triggers  trigger.Triggers

	entry hosted.Entry
}

// AtPages answers the same operations for visitors of the pages of a pool's domain, on behalf of the app whose authorization
// request was judged.
func (s *Service) AtPages(judged *hosted.Request) *Service {
	pages := *s
	pages.entry = hosted.AtPages(judged)
	return &pages
}

// Conditions that errors of confirming an account and of sending its code wrap, besides the fault that the operation answers.
var (
	ErrSettled = errors.New("the account does not wait to be confirmed")
	ErrNoCode  = errors.New("no code can be sent that would confirm the account")
)

var _ cognitoidp.Signup = (*Service)(nil)

// app is the app client that calls, and where the request comes from.
type app struct {
	access.App
	source lockout.Source
}

// proven finds the app client, proven by its SECRET_HASH or at the pages.
func (s *Service) proven(ctx context.Context, clientID, username, hash string) (app, error) {
	a, err := s.entry.App(ctx, s.Apps, clientID, username, hash)
	return app{App: a}, err
}

// app loads the app client again, in the transaction. from is the UserContextData of the request.
func (s *Service) app(tx *db.Tx, clientID string, from *cognitoidp.UserContextDataType) (app, error) {
	a, err := s.Apps.Find(tx, clientID)
	if err != nil {
		return app{}, err
	}
	return app{a, s.entry.Source(tx.Context(), a.Client, from)}, nil
}

// find gives the sign-up code of the user who is signing up. Its User is nil when there is no such user and the app must not
// learn that.
func (a app) find(tx *db.Tx, username string) (verification.Target, error) {
	u, err := account.Find(tx, a.Pool, username)
	switch {
	case errors.Is(err, db.ErrNotFound) && a.Client.HidesUsers():
		return a.target(nil, username), nil
	case errors.Is(err, db.ErrNotFound):
		return verification.Target{}, verification.Unknown(a.Pool.ID, a.source, cognitoidp.UserNotFound("Username/client id combination not found."))
	case err != nil:
		return verification.Target{}, fmt.Errorf("find user: %w", err)
	case !u.Enabled && a.Client.HidesUsers():
		return a.target(nil, account.SignInName(u, username)), nil
	case !u.Enabled:
		return verification.Target{}, account.ErrDisabled
	}
	return a.target(u, account.SignInName(u, username)), nil
}

// passwordless tells whether users may sign up by the app without a password.
func (a app) passwordless() bool {
	return factor.Passwordless(a.Pool) && a.Client.Allows(cognitoidp.ExplicitAuthFlowsTypeAllowUserAuth)
}

// target is the sign-up code of a user, or of an unknown one, who signs in with a name.
func (a app) target(u *user.User, username string) verification.Target {
	return verification.Target{
		App:         a.App,
		User:        u,
		UnknownUser: username,
		Source:      a.source,
		Purpose:     verification.SignUp,
	}
}

// contacts are the attributes that sign-up codes go to: the phone number before the e-mail address (docs/cognito/accounts.md,
// "Sign-up").
var contacts = []string{user.NamePhoneNumber, user.NameEmail}

// unverified is the attribute that a sign-up code goes to, of those that the pool verifies by itself, that the user has and
// that are not verified yet. Empty when there is none.
func unverified(p *pool.Pool, u *user.User) string {
	for _, name := range contacts {
		if p.AutoVerifies(name) && u.Attributes[name] != "" && !u.Verified(name) {
			return name
		}
	}
	return ""
}
