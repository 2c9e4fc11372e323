package sts

import (
	"context"

	"cardea/spec/awsjson"
	"cardea/spec/id"
	"cardea/spec/sts"
)

// Service answers the operations of sts.
type Service struct{}

// GetCallerIdentity tells a caller who they are. Every access key is one of its account's root: in production they all
// are root keys, and a development server believes any. Root's UserId is the account's number, as in AWS.
func (Service) GetCallerIdentity(ctx context.Context, _ *sts.GetCallerIdentityRequest) (*sts.GetCallerIdentityResponse, error) {
	caller := awsjson.CallerFrom(ctx)
	return &sts.GetCallerIdentityResponse{
		UserId:  caller.Account,
		Account: caller.Account,
		Arn:     id.RootARN(caller.Region, caller.Account),
	}, nil
}
