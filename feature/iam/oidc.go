package iam

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"cardea/engine/iamentity"
	"cardea/platform/db"
	"cardea/record/trustprovider"
	"cardea/spec/awsjson"
	"cardea/spec/iam"
)

// mostThumbprints is how many thumbprints an OIDC provider may have.
const mostThumbprints = 5

// clientIDs is how many client ids an OIDC provider may have.
var clientIDs = iamentity.Quota{Name: "ClientIdsPerOpenIdConnectProvider", Most: 100}

// CreateOpenIDConnectProvider registers an OIDC provider.
func (s *Service) CreateOpenIDConnectProvider(ctx context.Context, in *iam.CreateOpenIDConnectProviderRequest) (*iam.CreateOpenIDConnectProviderResponse, error) {
	issuer, err := s.issuer(in.Url)
	if err != nil {
		return nil, err
	}
	if err := checkThumbprints(in.ThumbprintList); err != nil {
		return nil, err
	}
	clients, err := addClients(nil, in.ClientIDList...)
	if err != nil {
		return nil, err
	}
	tags, err := iamentity.ExactKeys.Merge(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	p := &trustprovider.Provider{
		ARN: s.Account.IAM("oidc-provider/" + issuer), Kind: trustprovider.OIDC,
		Doc: trustprovider.Doc{URL: issuer, ClientIDs: clients, Thumbprints: in.ThumbprintList, Tags: tags},
	}
	err = s.insertProvider(ctx, p, iamentity.OIDCProviders)
	if errors.Is(err, db.ErrExists) {
		return nil, iam.EntityAlreadyExists("Provider with url " + in.Url + " already exists.")
	}
	if err != nil {
		return nil, err
	}
	return &iam.CreateOpenIDConnectProviderResponse{OpenIDConnectProviderArn: p.ARN, Tags: tags}, nil
}

// issuerForm is what an address may consist of that stands in an ARN, without its scheme.
var issuerForm = regexp.MustCompile(`^[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~%@+=:,/-]*)?$`)

// issuer is the address of an OIDC provider without its scheme, which is https.
func (s *Service) issuer(address string) (string, error) {
	u, err := url.Parse(address)
	plain := err == nil && u.Scheme == "http" && s.PlainHTTP
	if err != nil || u.Scheme != "https" && !plain || u.Hostname() == "" {
		return "", invalidURL()
	}
	_, issuer, _ := strings.Cut(address, "://")
	if !issuerForm.MatchString(issuer) {
		return "", invalidURL()
	}
	return issuer, nil
}

func invalidURL() error {
	return &awsjson.Problem{Kind: awsjson.ErrConstraint, Text: "Invalid Open ID Connect Provider URL"}
}

func checkThumbprints(list []string) error {
	if len(list) > mostThumbprints {
		return iam.InvalidInput("Thumbprint list must contain fewer than 5 entries.") // as IAM says it of more than five
	}
	return nil
}

// addClients is a list of client ids with others that are not on it yet.
func addClients(list []string, add ...string) ([]string, error) {
	for _, client := range add {
		if slices.Contains(list, client) {
			continue
		}
		if err := clientIDs.Check(len(list)); err != nil {
			return nil, err
		}
		list = append(list, client)
	}
	return list, nil
}

// insertProvider adds a provider, as long as its quota has room.
func (s *Service) insertProvider(ctx context.Context, p *trustprovider.Provider, quota iamentity.Quota) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		list, err := trustprovider.List(tx, p.Kind)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(list, func(other *trustprovider.Provider) bool { return other.ARN == p.ARN }) {
			return db.ErrExists
		}
		if err := quota.Check(len(list)); err != nil {
			return err
		}
		return trustprovider.Insert(tx, p)
	})
}

// GetOpenIDConnectProvider describes an OIDC provider.
func (s *Service) GetOpenIDConnectProvider(ctx context.Context, in *iam.GetOpenIDConnectProviderRequest) (*iam.GetOpenIDConnectProviderResponse, error) {
	p, err := s.provider(ctx, trustprovider.OIDC, in.OpenIDConnectProviderArn)
	if err != nil {
		return nil, err
	}
	return &iam.GetOpenIDConnectProviderResponse{
		Url:            p.Doc.URL,
		ClientIDList:   some(p.Doc.ClientIDs),
		ThumbprintList: some(p.Doc.Thumbprints),
		CreateDate:     awsjson.At(p.Created),
		Tags:           some(p.Doc.Tags),
	}, nil
}

// some is a list that is not nil: answers have empty lists, too.
func some[T any](list []T) []T { return append([]T{}, list...) }

// ListOpenIDConnectProviders lists the ARNs of all OIDC providers.
func (s *Service) ListOpenIDConnectProviders(ctx context.Context, _ *iam.ListOpenIDConnectProvidersRequest) (*iam.ListOpenIDConnectProvidersResponse, error) {
	list, err := s.providers(ctx, trustprovider.OIDC)
	if err != nil {
		return nil, err
	}
	one := func(p *trustprovider.Provider) iam.OpenIDConnectProviderListEntry {
		return iam.OpenIDConnectProviderListEntry{Arn: p.ARN}
	}
	return &iam.ListOpenIDConnectProvidersResponse{OpenIDConnectProviderList: describe(list, one)}, nil
}

// AddClientIDToOpenIDConnectProvider adds a client id, unless it is there.
func (s *Service) AddClientIDToOpenIDConnectProvider(ctx context.Context, in *iam.AddClientIDToOpenIDConnectProviderRequest) error {
	return s.changeProvider(ctx, trustprovider.OIDC, in.OpenIDConnectProviderArn, func(doc *trustprovider.Doc) (err error) {
		doc.ClientIDs, err = addClients(doc.ClientIDs, in.ClientID)
		return err
	})
}

// RemoveClientIDFromOpenIDConnectProvider removes a client id, if it is there.
func (s *Service) RemoveClientIDFromOpenIDConnectProvider(ctx context.Context, in *iam.RemoveClientIDFromOpenIDConnectProviderRequest) error {
	return s.changeProvider(ctx, trustprovider.OIDC, in.OpenIDConnectProviderArn, func(doc *trustprovider.Doc) error {
		doc.ClientIDs = slices.DeleteFunc(doc.ClientIDs, func(client string) bool { return client == in.ClientID })
		return nil
	})
}

// UpdateOpenIDConnectProviderThumbprint puts other thumbprints in the place of the present ones.
func (s *Service) UpdateOpenIDConnectProviderThumbprint(ctx context.Context, in *iam.UpdateOpenIDConnectProviderThumbprintRequest) error {
	if err := checkThumbprints(in.ThumbprintList); err != nil {
		return err
	}
	return s.changeProvider(ctx, trustprovider.OIDC, in.OpenIDConnectProviderArn, func(doc *trustprovider.Doc) error {
		doc.Thumbprints = in.ThumbprintList
		return nil
	})
}

// DeleteOpenIDConnectProvider removes an OIDC provider. Roles whose trust policies name it stay, and nobody gets into them by it.
func (s *Service) DeleteOpenIDConnectProvider(ctx context.Context, in *iam.DeleteOpenIDConnectProviderRequest) error {
	err := s.deleteProvider(ctx, trustprovider.OIDC, in.OpenIDConnectProviderArn)
	if errors.Is(err, db.ErrNotFound) {
		return iam.NoSuchEntity("OpenId connect Provider " + in.OpenIDConnectProviderArn + " cannot be found.")
	}
	return err
}
