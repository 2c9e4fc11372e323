package signin

import (
	"context"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/factor"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// GetUserAuthFactors tells a signed-in user what they can sign in with.
func (s *Service) GetUserAuthFactors(
	ctx context.Context, in *cognitoidp.GetUserAuthFactorsRequest,
) (*cognitoidp.GetUserAuthFactorsResponse, error) {
	var who *access.Subject
	var passkeys bool
	err := s.Authenticator.Read(ctx, in.AccessToken, func(tx *db.Tx, b *access.Subject) (err error) {
		who = b
		passkeys, err = s.hasPasskeys(tx, who.Pool, who.User, who.Page)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.GetUserAuthFactorsResponse{
		Username: who.User.Username, PreferredMfaSetting: who.User.MFA.Preferred, UserMFASettingList: factor.Listed(who.User.MFA),
		ConfiguredUserAuthFactors: factor.Configured(who.Pool, who.User, passkeys),
	}, nil
}

// AdminGetUserAuthFactors tells an administrator what a user can sign in with.
func (s *Service) AdminGetUserAuthFactors(
	ctx context.Context, in *cognitoidp.AdminGetUserAuthFactorsRequest,
) (*cognitoidp.AdminGetUserAuthFactorsResponse, error) {
	var p *pool.Pool
	var u *user.User
	var passkeys bool
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if p, u, err = account.Admin(tx, in.UserPoolId, in.Username); err != nil {
			return err
		}
		passkeys, err = s.hasPasskeys(tx, p, u, "")
		return err
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.AdminGetUserAuthFactorsResponse{
		Username: u.Username, PreferredMfaSetting: u.MFA.Preferred, UserMFASettingList: factor.Listed(u.MFA),
		ConfiguredUserAuthFactors: factor.Configured(p, u, passkeys),
	}, nil
}

func (s *Service) hasPasskeys(tx *db.Tx, p *pool.Pool, u *user.User, page string) (bool, error) {
	list, err := s.Parties.Usable(tx, p, u.Sub, page)
	return len(list) > 0, err
}
