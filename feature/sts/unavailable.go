package sts

import (
	"context"

	"cardea/spec/sts"
)

// AssumeRoot answers credentials of another account's root user at AWS, where the management account of an organization may ask.
func (s *Service) AssumeRoot(context.Context, *sts.AssumeRootRequest) (*sts.AssumeRootResponse, error) {
	return nil, denied("AssumeRoot is for accounts of an AWS organization. This server has one account, and no organization.")
}

// GetDelegatedAccessToken answers credentials in another account at AWS, whose owner has delegated access to a product of a partner.
func (s *Service) GetDelegatedAccessToken(context.Context, *sts.GetDelegatedAccessTokenRequest) (*sts.GetDelegatedAccessTokenResponse, error) {
	return nil, denied("GetDelegatedAccessToken is for partners of AWS. This server has one account, and no delegation of access.")
}

// DecodeAuthorizationMessage decodes the details of a refusal that some services of AWS encode into their answers. No service
// here does so: refusals say in words which action was refused, on what and by which kind of policy.
func (s *Service) DecodeAuthorizationMessage(context.Context, *sts.DecodeAuthorizationMessageRequest) (*sts.DecodeAuthorizationMessageResponse, error) {
	return nil, sts.InvalidAuthorizationMessage("The specified message is not valid.")
}
