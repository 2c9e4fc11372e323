package signup

import (
	"context"
	"errors"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/challenge"
	"cardea/engine/trigger"
	"cardea/engine/verification"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/triggerevent"
)

// ConfirmSignUp confirms an account, and the attribute its code went to.
func (s *Service) ConfirmSignUp(ctx context.Context, in *cognitoidp.ConfirmSignUpRequest) (*cognitoidp.ConfirmSignUpResponse, error) {
	if _, err := s.proven(ctx, in.ClientId, in.Username, in.SecretHash); err != nil {
		return nil, err
	}

	var c *confirmation
	err := verification.Write(ctx, s.DB, func(tx *db.Tx) error {
		a, err := s.app(tx, in.ClientId, in.UserContextData)
		if err != nil {
			return err
		}
		c, err = s.confirm(tx, a, in)
		return err
	})
	if err != nil {
		return nil, err
	}

	if err := s.tell(ctx, c.App, c.user, in.ClientMetadata); err != nil {
		return nil, err
	}
	session, err := c.next.seal()
	if err != nil {
		return nil, err
	}
	return &cognitoidp.ConfirmSignUpResponse{Session: session}, nil
}

// confirmation is an account that was confirmed.
type confirmation struct {
	app
	user *user.User
	next *nextSession
}

// tell tells PostConfirmation. When it fails, the confirmation stays, and the failure is answered.
func (s *Service) tell(ctx context.Context, a access.App, u *user.User, metadata map[string]string) error {
	return s.Triggers.PostConfirmation(ctx, trigger.Call{
		App: a, Occasion: triggerevent.ConfirmSignUp, User: u, Metadata: metadata,
	})
}

// confirm uses up the code, and the Session if there is one, and confirms the account. If the code could have been a first
// factor, confirm answers a Session that signs in without another code.
func (s *Service) confirm(tx *db.Tx, a app, in *cognitoidp.ConfirmSignUpRequest) (*confirmation, error) {
	t, err := a.find(tx, in.Username)
	if err != nil {
		return nil, err
	}
	u := t.User
	if u != nil && u.Status != cognitoidp.UserStatusTypeUnconfirmed {
		if !a.Pool.HidesSignUps() {
			return nil, unconfirmable(u)
		}
		t, u = a.target(nil, in.Username), nil // as if they were unknown
	}
	var began challenge.State
	if in.Session != "" {
		if began, err = a.resume(tx, in, u); err != nil {
			return nil, err
		}
	}
	if err := s.Codes.Allow(tx, a.Pool.ID, t.Key(), verification.ConfirmSignUp); err != nil {
		return nil, err
	}
	attribute, err := s.Codes.Redeem(tx, t, in.ConfirmationCode)
	if err != nil {
		return nil, err
	}

	u.Attributes[attribute+"_verified"] = "true"
	// A conflict rolls everything back: code and Session stay good for another call that forces the alias.
	if err := confirm(tx, a.Pool, u, in.ForceAliasCreation); err != nil {
		return nil, err
	}
	if in.Session != "" {
		if err := a.sessions().Spend(tx, began); err != nil {
			return nil, err
		}
	}
	return &confirmation{a, u, a.next(challenge.SignedUp, attribute, a.state(tx, in.Username, u))}, nil
}

// AdminConfirmSignUp confirms an account without a code; it verifies no attribute.
func (s *Service) AdminConfirmSignUp(ctx context.Context, in *cognitoidp.AdminConfirmSignUpRequest) (*cognitoidp.AdminConfirmSignUpResponse, error) {
	var p *pool.Pool
	var u *user.User
	err := s.DB.Write(ctx, func(tx *db.Tx) (err error) {
		if p, u, err = account.Admin(tx, in.UserPoolId, in.Username); err != nil {
			return err
		}
		if u.Status != cognitoidp.UserStatusTypeUnconfirmed {
			return unconfirmable(u)
		}
		return confirm(tx, p, u, false)
	})
	if err != nil {
		return nil, err
	}

	if err := s.tell(ctx, access.App{Pool: p}, u, in.ClientMetadata); err != nil {
		return nil, err
	}
	return &cognitoidp.AdminConfirmSignUpResponse{}, nil
}

func confirm(tx *db.Tx, p *pool.Pool, u *user.User, force bool) error {
	u.Status = cognitoidp.UserStatusTypeConfirmed
	u.Touch(tx.Now)
	return account.Save(tx, p, u, force)
}

func unconfirmable(u *user.User) error {
	return errors.Join(ErrSettled, cognitoidp.NotAuthorized("User cannot be confirmed. Current status is "+u.Status))
}
