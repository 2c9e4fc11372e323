package signup

import (
	"context"
	"errors"

	"cardea/engine/message"
	"cardea/engine/verification"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// ResendConfirmationCode sends a new sign-up code, which takes the place of the former.
func (s *Service) ResendConfirmationCode(ctx context.Context, in *cognitoidp.ResendConfirmationCodeRequest) (*cognitoidp.ResendConfirmationCodeResponse, error) {
	if _, err := s.proven(ctx, in.ClientId, in.Username, in.SecretHash); err != nil {
		return nil, err
	}

	details, err := s.Codes.Send(ctx, verification.ResendCode, func(tx *db.Tx) (verification.Target, error) {
		return s.resendable(tx, in)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.ResendConfirmationCodeResponse{CodeDeliveryDetails: details}, nil
}

// resendable finds the user that a new sign-up code is for.
func (s *Service) resendable(tx *db.Tx, in *cognitoidp.ResendConfirmationCodeRequest) (t verification.Target, err error) {
	a, err := s.app(tx, in.ClientId, in.UserContextData)
	if err != nil {
		return t, err
	}
	if t, err = a.find(tx, in.Username); err != nil {
		return t, err
	}
	u := t.User
	if len(a.Pool.Doc.AutoVerifiedAttributes) == 0 {
		return t, errors.Join(ErrNoCode, cognitoidp.InvalidParameter("Cannot resend codes. Auto verification not turned on."))
	}
	if u != nil && u.Status != cognitoidp.UserStatusTypeUnconfirmed && a.Pool.HidesSignUps() {
		t, u = a.target(nil, in.Username), nil // as if they were unknown
	}
	if u != nil && u.Status != cognitoidp.UserStatusTypeUnconfirmed {
		return t, errors.Join(ErrSettled, cognitoidp.InvalidParameter("User is already confirmed."))
	}

	t.Kind, t.Metadata = message.ResendCode, in.ClientMetadata
	if u == nil {
		t.Attribute = usual(a.Pool)
		return t, nil
	}
	if t.Attribute = reachable(a.Pool, u); t.Attribute != "" {
		return t, nil
	}
	if !a.Client.HidesUsers() {
		const why = "Cannot resend codes. The user has no attribute that is verified automatically."
		return t, errors.Join(ErrNoCode, cognitoidp.InvalidParameter(why))
	}
	t.User, t.Attribute = nil, usual(a.Pool)
	return t, nil
}

// reachable is the attribute that another sign-up code goes to: the one that SignUp's went to or, of a user whose contacts are
// all verified and who must be confirmed all the same, a verified one. Empty when there is none.
func reachable(p *pool.Pool, u *user.User) string {
	if name := unverified(p, u); name != "" {
		return name
	}
	for _, name := range contacts {
		if p.AutoVerifies(name) && u.Attributes[name] != "" {
			return name
		}
	}
	return ""
}

// usual is the attribute that most users' codes go to.
func usual(p *pool.Pool) string {
	if p.AutoVerifies(user.NameEmail) {
		return user.NameEmail
	}
	return user.NamePhoneNumber
}
