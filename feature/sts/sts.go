package sts

import (
	"context"
	"errors"

	"cardea/engine/authorization"
	"cardea/engine/federated"
	"cardea/engine/principaltoken"
	"cardea/engine/temporary"
	"cardea/engine/throttle"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/record/accesskey"
	"cardea/spec/arn"
	"cardea/spec/awsjson"
	"cardea/spec/id"
	"cardea/spec/sts"
)

// Service answers the operations of sts.
type Service struct {
	DB         *db.DB
	Account    arn.Account
	Authorizer *authorization.Authorizer
	Sessions   *temporary.Issuer
	Logins     *federated.Verifier
	Tokens     *principaltoken.Minter
	// Strangers bounds the operations that need no signature.
	Strangers *throttle.Throttle
	// AnyKey says that the server accepts access keys which it does not know, as development servers do.
	AnyKey bool
}

// GetCallerIdentity answers who signed the request. It needs no permission.
func (s *Service) GetCallerIdentity(ctx context.Context, _ *sts.GetCallerIdentityRequest) (*sts.GetCallerIdentityResponse, error) {
	p, err := signer(ctx)
	if err != nil {
		return nil, err
	}
	out := &sts.GetCallerIdentityResponse{UserId: p.UserID, Account: p.Account, Arn: p.ARN}
	if p.Entity == nil && p.ARN == s.Account.Root() { // the root user is of every partition: the Region that was called says which is meant
		out.Arn = id.RootARN(caller.From(ctx).Region, p.Account)
	}
	return out, nil
}

// GetAccessKeyInfo answers whose account an access key is of. Temporary ones are nowhere but with their owners: what looks like one of this
// server's is.
func (s *Service) GetAccessKeyInfo(ctx context.Context, in *sts.GetAccessKeyInfoRequest) (*sts.GetAccessKeyInfoResponse, error) {
	if temporary.IsID(in.AccessKeyId) {
		return &sts.GetAccessKeyInfoResponse{Account: s.Account.ID}, nil
	}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		_, err := accesskey.Get(tx, in.AccessKeyId)
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return nil, invalid("The access key " + in.AccessKeyId + " is not known.")
	}
	if err != nil {
		return nil, err
	}
	return &sts.GetAccessKeyInfoResponse{Account: s.Account.ID}, nil
}

// errUnsigned is a failure of the server: what needs a signature is never asked without one.
var errUnsigned = errors.New("sts: the operation was asked without a signature")

// signer is who signed the request.
func signer(ctx context.Context) (*authorization.Principal, error) {
	p := authorization.From(ctx)
	if p == nil {
		return nil, errUnsigned
	}
	return p, nil
}

// answered are credentials as operations answer them.
func answered(c temporary.Credentials) *sts.Credentials {
	return &sts.Credentials{AccessKeyId: c.AccessKeyID, SecretAccessKey: c.Secret, SessionToken: c.Token, Expiration: awsjson.At(c.Expires)}
}

// invalid is a value that the operation does not accept.
func invalid(message string) error { return awsjson.Refuse("ValidationError", message) }

// denied is a refusal that no policy could change.
func denied(message string) error {
	return &awsjson.Fault{Code: "AccessDenied", Message: message, Status: 403}
}
