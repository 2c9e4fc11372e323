package sts

import (
	"context"

	"cardea/spec/awsjson"
	"cardea/spec/id"
	"cardea/spec/sts"
)

// Service answers the operations of sts.
type Service struct{}

// GetCallerIdentity answers the caller's account and ARN. Every access key is a root key of its account: in production only
// such keys exist, and a development server accepts any key. Root's UserId is the account's number, as in AWS.
func (Service) GetCallerIdentity(ctx context.Context, _ *sts.GetCallerIdentityRequest) (*sts.GetCallerIdentityResponse, error) {
	caller := awsjson.CallerFrom(ctx)
	return &sts.GetCallerIdentityResponse{
		UserId:  caller.Account,
		Account: caller.Account,
		Arn:     id.RootARN(caller.Region, caller.Account),
	}, nil
}
