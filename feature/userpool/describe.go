package userpool

import (
	"context"
	"fmt"

	"cardea/engine/access"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// DescribeUserPool shows a pool with all its settings and the number of its users.
func (s *Service) DescribeUserPool(ctx context.Context, in *cognitoidp.DescribeUserPoolRequest) (*cognitoidp.DescribeUserPoolResponse, error) {
	out := &cognitoidp.DescribeUserPoolResponse{}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := access.Pool(tx, in.UserPoolId)
		if err != nil {
			return err
		}
		users, err := user.Count(tx, p.ID)
		if err != nil {
			return fmt.Errorf("count users: %w", err)
		}
		out.UserPool = described(p)
		out.UserPool.EstimatedNumberOfUsers = users
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// described is a copy of a pool's document as operations show it. A pool without a recovery setting shows Cognito's default,
// although the order that AWS documents for the absence of a setting is in force (COMPATIBILITY.md).
func described(p *pool.Pool) *cognitoidp.UserPoolType {
	doc := p.Doc
	if doc.AccountRecoverySetting == nil {
		doc.AccountRecoverySetting = &cognitoidp.AccountRecoverySettingType{RecoveryMechanisms: []cognitoidp.RecoveryOptionType{
			{Name: cognitoidp.RecoveryOptionNameTypeVerifiedEmail, Priority: 1},
			{Name: cognitoidp.RecoveryOptionNameTypeVerifiedPhoneNumber, Priority: 2},
		}}
	}
	return &doc
}

// ListUserPools shows the pools of the request's Region, in the order of their ids.
func (s *Service) ListUserPools(ctx context.Context, in *cognitoidp.ListUserPoolsRequest) (*cognitoidp.ListUserPoolsResponse, error) {
	region := s.region(ctx)
	binding := "ListUserPools/" + region
	after, err := s.Pages.Decode(binding, in.NextToken)
	if err != nil {
		return nil, cognitoidp.InvalidParameter("Invalid pagination token.")
	}

	var found []*pool.Pool
	limit := int(in.MaxResults)
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		found, err = pool.List(tx, region, after, limit+1) // one more tells whether there is a next page
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list pools: %w", err)
	}

	out := &cognitoidp.ListUserPoolsResponse{UserPools: []cognitoidp.UserPoolDescriptionType{}}
	if len(found) > limit {
		found = found[:limit]
		out.NextToken = s.Pages.Encode(binding, string(found[limit-1].ID))
	}
	for _, p := range found {
		out.UserPools = append(out.UserPools, cognitoidp.UserPoolDescriptionType{
			Id:               string(p.ID),
			Name:             p.Doc.Name,
			LambdaConfig:     p.Doc.LambdaConfig,
			Status:           cognitoidp.StatusTypeEnabled,
			LastModifiedDate: p.Doc.LastModifiedDate,
			CreationDate:     p.Doc.CreationDate,
		})
	}
	return out, nil
}
