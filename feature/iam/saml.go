package iam

import (
	"context"
	"errors"
	"time"

	"cardea/engine/iamentity"
	"cardea/platform/db"
	"cardea/record/trustprovider"
	"cardea/spec/awsjson"
	"cardea/spec/iam"
	"cardea/spec/id"
	"cardea/spec/saml"
)

// allowed is the one mode of encryption of a provider that has no private key: assertions need not be encrypted.
const allowed = "Allowed"

// unlimited is how many years metadata are valid that do not say how long.
const unlimited = 100

const uuidAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// CreateSAMLProvider registers a SAML provider by its metadata.
func (s *Service) CreateSAMLProvider(ctx context.Context, in *iam.CreateSAMLProviderRequest) (*iam.CreateSAMLProviderResponse, error) {
	if err := checkEncryption(in.AssertionEncryptionMode, in.AddPrivateKey); err != nil {
		return nil, err
	}
	doc := trustprovider.Doc{UUID: "SAMLSP" + id.Random(uuidAlphabet, 16)}
	if err := s.readMetadata(&doc, in.SAMLMetadataDocument); err != nil {
		return nil, err
	}
	var err error
	if doc.Tags, err = iamentity.ExactKeys.Merge(nil, in.Tags); err != nil {
		return nil, err
	}
	p := &trustprovider.Provider{ARN: s.Account.IAM("saml-provider/" + in.Name), Kind: trustprovider.SAML, Doc: doc}
	err = s.insertProvider(ctx, p, iamentity.SAMLProviders)
	if errors.Is(err, db.ErrExists) {
		return nil, iam.EntityAlreadyExists("Provider with name " + in.Name + " already exists.")
	}
	if err != nil {
		return nil, err
	}
	return &iam.CreateSAMLProviderResponse{SAMLProviderArn: p.ARN, Tags: doc.Tags}, nil
}

// checkEncryption refuses what only a provider with a private key can do: this server does not decrypt the assertions by which
// roles are assumed.
func checkEncryption(mode, privateKey string) error {
	if privateKey != "" || mode != "" && mode != allowed {
		return iam.InvalidInput("This server does not decrypt SAML assertions: AssertionEncryptionMode can only be Allowed, and there are no private keys.")
	}
	return nil
}

// readMetadata puts metadata into a provider's document, or refuses them.
func (s *Service) readMetadata(doc *trustprovider.Doc, metadata string) error {
	now := s.DB.Now()
	idp, err := saml.ParseMetadata([]byte(metadata), now)
	if problem, ok := errors.AsType[*saml.Error](err); ok {
		return iam.InvalidInput("Could not parse metadata: " + problem.Detail)
	}
	if err != nil {
		return err
	}
	until := idp.ValidUntil
	if until.IsZero() {
		until = now.AddDate(unlimited, 0, 0)
	}
	doc.Metadata, doc.ValidUntil = metadata, db.Millis(until)
	return nil
}

// UpdateSAMLProvider puts other metadata in the place of a provider's, if there are any in the request.
func (s *Service) UpdateSAMLProvider(ctx context.Context, in *iam.UpdateSAMLProviderRequest) (*iam.UpdateSAMLProviderResponse, error) {
	if err := checkEncryption(in.AssertionEncryptionMode, in.AddPrivateKey+in.RemovePrivateKey); err != nil {
		return nil, err
	}
	var read trustprovider.Doc
	if in.SAMLMetadataDocument != "" {
		if err := s.readMetadata(&read, in.SAMLMetadataDocument); err != nil {
			return nil, err
		}
	}
	err := s.changeProvider(ctx, trustprovider.SAML, in.SAMLProviderArn, func(doc *trustprovider.Doc) error {
		if read.Metadata != "" {
			doc.Metadata, doc.ValidUntil = read.Metadata, read.ValidUntil
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &iam.UpdateSAMLProviderResponse{SAMLProviderArn: in.SAMLProviderArn}, nil
}

// GetSAMLProvider describes a SAML provider.
func (s *Service) GetSAMLProvider(ctx context.Context, in *iam.GetSAMLProviderRequest) (*iam.GetSAMLProviderResponse, error) {
	p, err := s.provider(ctx, trustprovider.SAML, in.SAMLProviderArn)
	if err != nil {
		return nil, err
	}
	return &iam.GetSAMLProviderResponse{
		SAMLProviderUUID:        p.Doc.UUID,
		SAMLMetadataDocument:    p.Doc.Metadata,
		CreateDate:              awsjson.At(p.Created),
		ValidUntil:              awsjson.At(validUntil(p)),
		Tags:                    some(p.Doc.Tags),
		AssertionEncryptionMode: allowed,
		PrivateKeyList:          []iam.SAMLPrivateKey{},
	}, nil
}

// ListSAMLProviders lists all SAML providers.
func (s *Service) ListSAMLProviders(ctx context.Context, _ *iam.ListSAMLProvidersRequest) (*iam.ListSAMLProvidersResponse, error) {
	list, err := s.providers(ctx, trustprovider.SAML)
	if err != nil {
		return nil, err
	}
	one := func(p *trustprovider.Provider) iam.SAMLProviderListEntry {
		return iam.SAMLProviderListEntry{Arn: p.ARN, ValidUntil: awsjson.At(validUntil(p)), CreateDate: awsjson.At(p.Created)}
	}
	return &iam.ListSAMLProvidersResponse{SAMLProviderList: describe(list, one)}, nil
}

func validUntil(p *trustprovider.Provider) time.Time { return db.Time(p.Doc.ValidUntil) }

// DeleteSAMLProvider removes a SAML provider. Roles whose trust policies name it stay, and nobody gets into them by it.
func (s *Service) DeleteSAMLProvider(ctx context.Context, in *iam.DeleteSAMLProviderRequest) error {
	err := s.deleteProvider(ctx, trustprovider.SAML, in.SAMLProviderArn)
	return noProvider(err, trustprovider.SAML, in.SAMLProviderArn)
}
