package signup

import (
	"context"

	"cardea/engine/message"
	"cardea/engine/verification"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// ResendConfirmationCode sends a new sign-up code, which takes the place of the former.
func (s *Service) ResendConfirmationCode(ctx context.Context, in *cognitoidp.ResendConfirmationCodeRequest) (*cognitoidp.ResendConfirmationCodeResponse, error) {
	if _, err := s.admit(ctx, in.ClientId, in.Username, in.SecretHash); err != nil {
		return nil, err
	}

	out := &cognitoidp.ResendConfirmationCodeResponse{}
	err := verification.Write(ctx, s.DB, func(tx *db.Tx) (err error) {
		out.CodeDeliveryDetails, err = s.resend(tx, in)
		return err
	})
	if err != nil {
		return nil, err
	}

	s.Codes.Outbox.Kick()
	return out, nil
}

func (s *Service) resend(tx *db.Tx, in *cognitoidp.ResendConfirmationCodeRequest) (*cognitoidp.CodeDeliveryDetailsType, error) {
	a, err := s.app(tx, in.ClientId)
	if err != nil {
		return nil, err
	}
	u, err := a.find(tx, in.Username)
	if err != nil {
		return nil, err
	}
	if len(a.Pool.Doc.AutoVerifiedAttributes) == 0 {
		return nil, cognitoidp.InvalidParameter("Cannot resend codes. Auto verification not turned on.")
	}
	if u != nil && u.Status != cognitoidp.UserStatusTypeUnconfirmed {
		return nil, cognitoidp.InvalidParameter("User is already confirmed.")
	}
	t := a.target(u, in.Username)
	t.Kind = message.ResendCode
	if u == nil {
		t.Attribute = usual(a.Pool)
	} else if t.Attribute = verifiedFirst(a.Pool, u.Attributes); t.Attribute == "" {
		if !a.Client.HidesUsers() {
			return nil, cognitoidp.InvalidParameter("Cannot resend codes. The user has no attribute that is verified automatically.")
		}
		t.User, t.Attribute = nil, usual(a.Pool)
	}

	if err := s.Codes.Allow(tx, a.Pool.ID, t.Key(a.Box), verification.ResendCode); err != nil {
		return nil, err
	}
	return s.Codes.Send(tx, a.Box, t)
}

// usual is the attribute that the codes of most users go to.
func usual(p *pool.Pool) string {
	if p.AutoVerifies(user.NameEmail) {
		return user.NameEmail
	}
	return user.NamePhoneNumber
}
