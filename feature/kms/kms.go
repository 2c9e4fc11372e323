package kms

import (
	"context"

	"cardea/engine/authorization"
	"cardea/engine/kmskey"
	"cardea/platform/caller"
	"cardea/spec/iampolicy"
	"cardea/spec/kms"
)

// Service answers the operations of KMS.
type Service struct {
	Keys *kmskey.Keys
	// Authorizer decides whether policies allow the caller what they do with a key; nil allows everything, on a development server.
	Authorizer *authorization.Authorizer
}

// Decrypt unwraps what GenerateDataKey has wrapped under one of this server's keys, and the same encryption context.
func (s *Service) Decrypt(ctx context.Context, in *kms.DecryptRequest) (*kms.DecryptResponse, error) {
	if err := symmetric(in.EncryptionAlgorithm); err != nil {
		return nil, err
	}
	var want kmskey.ARN
	if in.KeyId != "" {
		var err error
		if want, err = s.key(ctx, "kms:Decrypt", in.KeyId); err != nil {
			return nil, err
		}
	}

	plain, key, err := s.Keys.Unwrap(ctx, in.CiphertextBlob, in.EncryptionContext)
	if err := s.allowed(ctx, "kms:Decrypt", key, err); err != nil {
		return nil, err
	}
	if _, err := s.Keys.Local(key); err != nil {
		return nil, err // the operator has taken the key away
	}
	if in.KeyId != "" && key != want {
		return nil, kms.IncorrectKey("The key ID in the request does not identify a CMK that can perform this operation.")
	}
	if err := dry(in.DryRun); err != nil {
		return nil, err
	}
	return &kms.DecryptResponse{KeyId: key.String(), Plaintext: plain, EncryptionAlgorithm: kms.EncryptionAlgorithmSpecSymmetricDefault}, nil
}

// GenerateDataKey makes a data key and wraps it under one of this server's keys.
func (s *Service) GenerateDataKey(ctx context.Context, in *kms.GenerateDataKeyRequest) (*kms.GenerateDataKeyResponse, error) {
	size, err := sizeOf(in)
	if err != nil {
		return nil, err
	}
	key, err := s.key(ctx, "kms:GenerateDataKey", in.KeyId)
	if err != nil {
		return nil, err
	}
	if err := dry(in.DryRun); err != nil {
		return nil, err
	}
	plain, wrapped, err := s.Keys.Generate(ctx, key, in.EncryptionContext, size)
	if err != nil {
		return nil, err
	}
	return &kms.GenerateDataKeyResponse{CiphertextBlob: wrapped, Plaintext: plain, KeyId: key.String()}, nil
}

// DescribeKey tells the ARN of one of this server's keys.
func (s *Service) DescribeKey(ctx context.Context, in *kms.DescribeKeyRequest) (*kms.DescribeKeyResponse, error) {
	key, err := s.key(ctx, "kms:DescribeKey", in.KeyId)
	if err != nil {
		return nil, err
	}
	return &kms.DescribeKeyResponse{KeyMetadata: &kms.KeyMetadata{
		AWSAccountId: key.Account, KeyId: key.ID(), Arn: key.String(),
		Enabled: true, KeyState: kms.KeyStateEnabled, KeyUsage: kms.KeyUsageTypeEncryptDecrypt,
		Origin: kms.OriginTypeAwsKms, KeyManager: kms.KeyManagerTypeCustomer,
		KeySpec: kms.KeySpecSymmetricDefault, CustomerMasterKeySpec: kms.KeySpecSymmetricDefault,
		EncryptionAlgorithms: []string{kms.EncryptionAlgorithmSpecSymmetricDefault},
		MultiRegion:          new(bool),
	}}, nil
}

// key is the key that the caller names, by ARN, id or alias, in their own account and Region, if they may do what they want with it.
func (s *Service) key(ctx context.Context, action, name string) (kmskey.ARN, error) {
	from := caller.From(ctx)
	asked, err := kmskey.ParseIn(name, from.Region, from.Account)
	if err == nil {
		asked, err = s.Keys.Local(asked)
	}
	return asked, s.allowed(ctx, action, asked, err)
}

// allowed asks whether policies allow the caller an action on a key. If the key was not found, wrong says why; only those who
// may use any key are told.
func (s *Service) allowed(ctx context.Context, action string, key kmskey.ARN, wrong error) error {
	if s.Authorizer == nil {
		return wrong
	}
	resource := "*"
	if wrong == nil {
		resource = key.String()
	}
	if err := s.Authorizer.Authorize(ctx, authorization.From(ctx), &iampolicy.Request{Action: action, Resource: resource}); err != nil {
		return err
	}
	return wrong
}

// sizeOf is how long a data key is to be, in bytes.
func sizeOf(in *kms.GenerateDataKeyRequest) (int, error) {
	switch {
	case (in.NumberOfBytes == 0) == (in.KeySpec == ""):
		return 0, kms.Validation("Please specify either number of bytes or key spec.")
	case in.KeySpec == kms.DataKeySpecAes128:
		return 16, nil
	case in.KeySpec == kms.DataKeySpecAes256:
		return 32, nil
	}
	return int(in.NumberOfBytes), nil
}

// symmetric refuses algorithms that this server's keys do not have.
func symmetric(algorithm string) error {
	if algorithm != "" && algorithm != kms.EncryptionAlgorithmSpecSymmetricDefault {
		return kms.InvalidKeyUsage("Algorithm " + algorithm + " and key spec SYMMETRIC_DEFAULT do not match.")
	}
	return nil
}

// dry is how KMS answers a request that would have succeeded and was only to be tried.
func dry(run *bool) error {
	if run != nil && *run {
		return kms.DryRunOperation("The request would have succeeded, but the DryRun option is set.")
	}
	return nil
}
