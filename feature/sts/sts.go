package sts

import (
	"context"

	"cardea/platform/caller"
	"cardea/spec/id"
	"cardea/spec/sts"
)

// Service answers the operations of sts.
type Service struct{}

// GetCallerIdentity answers the caller's account and ARN. Every access key is a root key of its account: in production only
// such keys exist, and a development server accepts any key. Root's UserId is the account's number, as in AWS.
func (Service) GetCallerIdentity(ctx context.Context, _ *sts.GetCallerIdentityRequest) (*sts.GetCallerIdentityResponse, error) {
	from := caller.From(ctx)
	return &sts.GetCallerIdentityResponse{
		UserId:  from.Account,
		Account: from.Account,
		Arn:     id.RootARN(from.Region, from.Account),
	}, nil
}
