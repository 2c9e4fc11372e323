package signup

import (
	"context"

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
	a, err := s.proven(ctx, in.ClientId, in.Username, in.SecretHash)
	if err != nil {
		return nil, err
	}
	if err := trigger.Refuse(a.Pool.Doc.LambdaConfig, triggerevent.PostConfirmation); err != nil {
		return nil, err
	}

	var next *nextSession
	err = verification.Write(ctx, s.DB, func(tx *db.Tx) (err error) {
		next, err = s.confirm(tx, in)
		return err
	})
	if err != nil {
		return nil, err
	}

	session, err := next.seal()
	if err != nil {
		return nil, err
	}
	return &cognitoidp.ConfirmSignUpResponse{Session: session}, nil
}

// confirm uses up the code, and the Session if there is one, and confirms the account. If the code could have been a first
// factor, confirm answers a Session that signs in without another code.
func (s *Service) confirm(tx *db.Tx, in *cognitoidp.ConfirmSignUpRequest) (*nextSession, error) {
	a, err := s.app(tx, in.ClientId, in.UserContextData)
	if err != nil {
		return nil, err
	}
	t, err := a.find(tx, in.Username)
	if err != nil {
		return nil, err
	}
	u := t.User
	if u != nil && u.Status != cognitoidp.UserStatusTypeUnconfirmed {
		return nil, unconfirmable(u)
	}
	var began challenge.State
	if in.Session != "" {
		if began, err = a.resume(tx, in.Session, u); err != nil {
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
	return a.next(challenge.SignedUp, attribute, a.state(tx, in.Username, u)), nil
}

// AdminConfirmSignUp confirms an account without a code; it verifies no attribute.
func (s *Service) AdminConfirmSignUp(ctx context.Context, in *cognitoidp.AdminConfirmSignUpRequest) (*cognitoidp.AdminConfirmSignUpResponse, error) {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		p, u, err := account.Admin(tx, in.UserPoolId, in.Username)
		if err != nil {
			return err
		}
		if err := trigger.Refuse(p.Doc.LambdaConfig, triggerevent.PostConfirmation); err != nil {
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
	return &cognitoidp.AdminConfirmSignUpResponse{}, nil
}

func confirm(tx *db.Tx, p *pool.Pool, u *user.User, force bool) error {
	u.Status = cognitoidp.UserStatusTypeConfirmed
	u.Touch(tx.Now)
	return account.Save(tx, p, u, force)
}

func unconfirmable(u *user.User) error {
	return cognitoidp.NotAuthorized("User cannot be confirmed. Current status is " + u.Status)
}
