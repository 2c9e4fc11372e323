package signin

import (
	"context"
	"slices"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// GetUserAuthFactors tells a signed-in user what they can sign in with.
func (s *Service) GetUserAuthFactors(
	ctx context.Context, in *cognitoidp.GetUserAuthFactorsRequest,
) (*cognitoidp.GetUserAuthFactorsResponse, error) {
	var who *access.Bearer
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		who, err = s.Desk.Bearer(tx, in.AccessToken)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.GetUserAuthFactorsResponse{
		Username: who.User.Username, ConfiguredUserAuthFactors: factors(who.Pool, who.User),
	}, nil
}

// AdminGetUserAuthFactors tells an administrator what a user can sign in with.
func (s *Service) AdminGetUserAuthFactors(
	ctx context.Context, in *cognitoidp.AdminGetUserAuthFactorsRequest,
) (*cognitoidp.AdminGetUserAuthFactorsResponse, error) {
	var p *pool.Pool
	var u *user.User
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		p, u, err = account.Admin(tx, in.UserPoolId, in.Username)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.AdminGetUserAuthFactorsResponse{
		Username: u.Username, ConfiguredUserAuthFactors: factors(p, u),
	}, nil
}

// factors are the first factors that the pool's sign-in policy allows and the user has what it takes for.
func factors(p *pool.Pool, u *user.User) []string {
	allowed := []string{cognitoidp.AuthFactorTypePassword}
	if p.Doc.Policies != nil && p.Doc.Policies.SignInPolicy != nil && p.Doc.Policies.SignInPolicy.AllowedFirstAuthFactors != nil {
		allowed = p.Doc.Policies.SignInPolicy.AllowedFirstAuthFactors
	}
	list := []string{}
	for factor, has := range map[string]bool{
		cognitoidp.AuthFactorTypePassword: u.Password != nil,
		cognitoidp.AuthFactorTypeEmailOtp: u.Attributes["email"] != "",
		cognitoidp.AuthFactorTypeSmsOtp:   u.Attributes["phone_number"] != "",
	} {
		if has && slices.Contains(allowed, factor) {
			list = append(list, factor)
		}
	}
	slices.Sort(list)
	return list
}
